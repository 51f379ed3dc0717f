/**
 * When the picture gives way to the voice: a line that is too weak for both carries the voice.
 *
 * @import { Step } from "./encodings.js"
 * @typedef {{lost: number | null, kbps: number | null}} Way What getStats says of the way out: the share of
 *   sound lost, 0 to 1, as the other end reports it, and what the browser thinks the line carries.
 */

/** Below what a step cannot be kept, by step: a line of 100 kbit/s carries the voice and stills. */
const LOST = [0.08, 0.2, 0.3];
const KBPS = [0, 100, 55];
const BAD_FOR_MS = 6000;
/** The browser does not find out by itself that a line got better: it is tried, ever more rarely. */
const TRY_AFTER_MS = 20_000;
const TRY_AT_LEAST_EVERY_MS = 160_000;
const FINE = 0.03;

/** The step of one connection. */
export class Ladder {
  /** @type {Step} */
  step = 0;
  #badSince = 0;
  #fineSince = 0;
  #patience = TRY_AFTER_MS;

  /**
   * @param {Way} way
   * @param {number} wanted The picture's kbit/s at step 0.
   * @param {number} now ms
   */
  look({ lost, kbps }, wanted, now) {
    const least = this.step === 0 ? wanted * 0.6 : KBPS[this.step];
    const isBad = this.step < 3 && ((lost ?? 0) > LOST[this.step] || (kbps !== null && kbps < least));
    this.#badSince = isBad ? this.#badSince || now : 0;
    this.#fineSince = (lost ?? 0) < FINE && !isBad ? this.#fineSince || now : 0;
    if (isBad && now - this.#badSince >= BAD_FOR_MS) this.#move(1, now);
    else if (this.step > 0 && this.#fineSince > 0 && now - this.#fineSince >= this.#patience)
      this.#move(-1, now);
  }

  /**
   * @param {1 | -1} by
   * @param {number} now
   */
  #move(by, now) {
    this.step = /** @type {Step} */ (this.step + by);
    if (by === 1) this.#patience = Math.min(TRY_AT_LEAST_EVERY_MS, this.#patience * 2);
    this.#badSince = 0;
    this.#fineSince = now;
  }
}

/**
 * @param {Iterable<any>} reports
 * @returns {Way}
 */
export function way(reports) {
  /** @type {Way} */
  const found = { lost: null, kbps: null };
  for (const report of reports) {
    if (report.type === "remote-inbound-rtp" && report.kind === "audio")
      found.lost = report.fractionLost ?? null;
    if (report.type === "candidate-pair" && report.nominated && report.state === "succeeded") {
      found.kbps = report.availableOutgoingBitrate ? report.availableOutgoingBitrate / 1000 : null;
    }
  }
  return found;
}
