/**
 * @import { Tracks } from "./senders.js"
 * @typedef {"audio" | "video"} Kind
 * @typedef {"blocked" | "none" | "busy"} Why
 * @typedef {{audio: string, video: string}} Choice Device ids, "" for whatever the system prefers.
 * @typedef {{get: () => Choice, set: (choice: Choice) => void}} ChoiceStore
 */

/** What a room needs; more would only be scaled down again before sending. */
const VIDEO = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 15, max: 30 } };
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/**
 * Our camera and microphone, the remembered ones if they are there.
 *
 * What cannot be had is missing from `tracks` and named in `problems`; the rest goes on.
 */
export class Devices {
  #media;
  #store;

  /** @param {{media: MediaDevices | undefined, store: ChoiceStore}} options */
  constructor({ media, store }) {
    this.#media = media;
    this.#store = store;
  }

  /**
   * @param {Kind[]} kinds
   * @returns {Promise<{tracks: Tracks, problems: Partial<Record<Kind, Why>>}>}
   */
  async open(kinds = ["audio", "video"]) {
    /** @type {Tracks} */
    const tracks = { audio: null, video: null };
    /** @type {Partial<Record<Kind, Why>>} */
    const problems = {};
    try {
      this.#take(tracks, await this.#ask(kinds));
    } catch (error) {
      if (kinds.length === 1) return { tracks, problems: { [kinds[0]]: why(error) } };
      // One of the two is missing or blocked: each is asked for alone, so that the other stays.
      for (const kind of kinds) {
        try {
          this.#take(tracks, await this.#ask([kind]));
        } catch (alone) {
          problems[kind] = why(alone);
        }
      }
    }
    this.#remember(tracks);
    return { tracks, problems };
  }

  /** The devices there are; labels are known only once one of them has been opened. */
  async list() {
    const all = (await this.#media?.enumerateDevices()) ?? [];
    return {
      audio: all.filter((device) => device.kind === "audioinput"),
      video: all.filter((device) => device.kind === "videoinput"),
    };
  }

  /** @param {Partial<Choice>} choice */
  choose(choice) {
    this.#store.set({ ...this.#store.get(), ...choice });
  }

  /** @param {Kind[]} kinds */
  #ask(kinds) {
    if (!this.#media) throw new DOMException("no devices outside a secure page", "NotFoundError");
    const { audio, video } = this.#store.get();
    return this.#media.getUserMedia({
      audio: kinds.includes("audio") && { ...AUDIO, ...(audio && { deviceId: { ideal: audio } }) },
      video: kinds.includes("video") && { ...VIDEO, ...(video && { deviceId: { ideal: video } }) },
    });
  }

  /**
   * @param {Tracks} tracks
   * @param {MediaStream} stream
   */
  #take(tracks, stream) {
    tracks.audio ??= stream.getAudioTracks()[0] ?? null;
    tracks.video ??= stream.getVideoTracks()[0] ?? null;
  }

  /** @param {Tracks} tracks */
  #remember({ audio, video }) {
    const known = this.#store.get();
    this.#store.set({
      audio: audio?.getSettings().deviceId ?? known.audio,
      video: video?.getSettings().deviceId ?? known.video,
    });
  }
}

/**
 * @param {unknown} error
 * @returns {Why}
 */
export function why(error) {
  const name = error instanceof Error || error instanceof DOMException ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "blocked";
  return name === "NotReadableError" || name === "AbortError" ? "busy" : "none";
}
