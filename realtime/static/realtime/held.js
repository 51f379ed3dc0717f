/**
 * @import { Devices, Kind } from "./devices.js"
 */

/**
 * The camera and the microphone that are open: at most one track of each, and none that nobody shows.
 *
 * A browser may ask for minutes. What arrives after it was let go, or after it was asked for again,
 * is stopped at once: no light of a camera stays on behind a closed page.
 */
export class Held {
  #devices;
  /** How often each was asked for or let go: only the last word counts. */
  #turns = { audio: 0, video: 0 };

  /** @type {Record<Kind, MediaStreamTrack | null>} */
  tracks = { audio: null, video: null };

  /** @param {Devices} devices */
  constructor(devices) {
    this.#devices = devices;
  }

  /**
   * Opens these; one that is open stays so until the other has come. The answer names those that
   * nothing has overtaken meanwhile, and what is the matter with them.
   * @param {Kind[]} kinds
   */
  async open(kinds) {
    const turns = kinds.map((kind) => this.#turn(kind));
    const { tracks, problems } = await this.#devices.open(kinds);
    const isLast = (/** @type {Kind} */ kind, /** @type {number} */ n) => this.#turns[kind] === turns[n];
    const arrived = kinds.filter(isLast);
    for (const kind of kinds) {
      const track = tracks[kind];
      if (!arrived.includes(kind)) {
        track?.stop();
        continue;
      }
      this.tracks[kind]?.stop();
      this.tracks[kind] = track;
    }
    return { arrived, problems };
  }

  /** @param {Kind[]} kinds */
  release(kinds) {
    for (const kind of kinds) {
      this.#turn(kind);
      this.tracks[kind]?.stop();
      this.tracks[kind] = null;
    }
  }

  /** @param {Kind} kind */
  #turn(kind) {
    this.#turns[kind] += 1;
    return this.#turns[kind];
  }
}
