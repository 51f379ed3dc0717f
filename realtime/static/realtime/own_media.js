import { Held } from "./held.js";

/**
 * @import { Kind, Devices, Why } from "./devices.js"
 * @import { Tracks } from "./senders.js"
 * @typedef {{get: () => Kind[], set: (kinds: Kind[]) => void}} OffStore What was switched off, over a reload.
 */

/** A slide is read: sharp rather than smooth. */
const SCREEN = { width: { max: 1280 }, height: { max: 720 }, frameRate: { max: 5 } };

/**
 * What we send: microphone, camera and, while it is shared, a screen.
 * Event: `change`, whenever one of them was opened, switched or ended.
 */
export class OwnMedia extends EventTarget {
  #held;
  #off;
  #share;
  #isListening = false;
  #isStopped = false;

  /** @type {Tracks} */
  tracks = { audio: null, video: null, screen: null };
  /** @type {Partial<Record<Kind, Why>>} */
  problems = {};

  /**
   * @param {{devices: Devices, off: OffStore,
   *   share?: (options: DisplayMediaStreamOptions) => Promise<MediaStream>}} options `share` is missing where
   *   the browser cannot share a screen, as on telephones.
   */
  constructor({ devices, off, share }) {
    super();
    this.#held = new Held(devices);
    this.#off = off;
    this.#share = share;
  }

  get canShare() {
    return this.#share !== undefined;
  }

  /** Another device of our school brings the microphone. */
  get isListening() {
    return this.#isListening;
  }

  /** @param {Kind} kind */
  isOn(kind) {
    return this.tracks[kind]?.enabled ?? false;
  }

  /** @param {Kind[]} kinds */
  async open(kinds) {
    if (this.#isStopped) return;
    const wanted = kinds.filter((kind) => kind !== "audio" || !this.#isListening);
    if (wanted.length > 0) await this.#open(wanted);
    this.#changed();
  }

  /** @param {Kind[]} kinds */
  async #open(kinds) {
    const { arrived, problems } = await this.#held.open(kinds);
    for (const kind of arrived) {
      const track = this.#held.tracks[kind];
      if (track) track.enabled = !this.#off.get().includes(kind);
      track?.addEventListener("ended", () => this.tracks[kind] === track && void this.open([kind]));
      this.tracks = { ...this.tracks, [kind]: track };
      this.problems = { ...this.problems, [kind]: problems[kind] };
    }
  }

  /** @param {Kind} kind */
  async toggle(kind) {
    const track = this.tracks[kind];
    this.#remember(kind, track?.enabled ?? false);
    if (!track) return this.open([kind]);
    track.enabled = !track.enabled;
    this.#changed();
  }

  /**
   * As asked by whoever leads; a microphone that the browser still asks about opens switched off.
   * Whether there was anything to switch off.
   */
  muteAsAsked() {
    const { audio } = this.tracks;
    const isOpening = !audio && !this.#isListening && !this.problems.audio;
    const wasOn = audio ? audio.enabled : isOpening && !this.#off.get().includes("audio");
    this.#remember("audio", true);
    if (!wasOn) return false;
    if (audio) audio.enabled = false;
    this.#changed();
    return true;
  }

  /**
   * While we listen we have no microphone open at all: a second one in a classroom howls. Afterwards
   * it is there again, but off: nobody is heard who has not switched it on.
   * @param {boolean} isListening
   * @returns {boolean} whether there is a microphone again
   */
  listen(isListening) {
    if (isListening === this.#isListening) return false;
    this.#isListening = isListening;
    if (!isListening) {
      this.#remember("audio", true);
      void this.open(["audio"]);
      return true;
    }
    this.#held.release(["audio"]);
    this.tracks = { ...this.tracks, audio: null };
    this.problems = { ...this.problems, audio: undefined };
    this.#changed();
    return false;
  }

  /** Shares a screen, or takes it back. Changing one's mind in the browser's own window is no error. */
  async toggleScreen() {
    if (this.tracks.screen) return this.#endScreen();
    let track;
    try {
      const stream = await this.#share?.({ video: SCREEN, audio: false });
      track = stream?.getVideoTracks()[0];
    } catch {
      return;
    }
    if (track) this.#startScreen(track);
  }

  /** @param {MediaStreamTrack} track */
  #startScreen(track) {
    if (this.#isStopped) return track.stop();
    this.tracks.screen?.stop();
    track.contentHint = "detail";
    track.addEventListener("ended", () => this.tracks.screen === track && this.#endScreen());
    this.tracks = { ...this.tracks, screen: track };
    this.#changed();
  }

  #endScreen() {
    this.tracks.screen?.stop();
    this.tracks = { ...this.tracks, screen: null };
    this.#changed();
  }

  /** For good: what the browser brings later is stopped too. */
  stop() {
    this.#isStopped = true;
    this.#held.release(["audio", "video"]);
    this.tracks.screen?.stop();
  }

  /**
   * @param {Kind} kind
   * @param {boolean} isOff
   */
  #remember(kind, isOff) {
    const others = this.#off.get().filter((other) => other !== kind);
    this.#off.set(isOff ? [...others, kind] : others);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
