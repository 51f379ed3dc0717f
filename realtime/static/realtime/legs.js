/**
 * Whether media arrives on one connection, in both directions, and when it is to be made anew.
 *
 * @typedef {{packets: number, frames: number, at: number}} Report What the other measured last, and when.
 * @typedef {Object} Look
 * @property {number} now ms
 * @property {boolean} isHere The other can be reached.
 * @property {string} state Of the connection.
 * @property {string} link Its id: another id is another connection.
 * @property {"sound" | "picture" | null} sends
 * @property {"sound" | "picture" | null} expects What the other says it sends to us.
 * @property {{packets: number, frames: number}} arrived Since the last look.
 * @property {Report | null} report
 * @property {boolean} isFirst Of the two, the one that acts first.
 * @typedef {{incoming: boolean, outgoing: boolean, since: number, isDue: boolean}} Fault `since` in ms, 0
 *   when all is well; `isDue`: make the connection anew, now.
 */

/** Silence is named when it has been measured for six seconds; a report covers two of them. */
const SILENT_FOR_MS = 6000;
const REPORTED_FOR_MS = 4000;
/** A connection that has just been made takes longer to carry anything. */
const FIRST_FOR_MS = 12_000;
/** What was on its way when the connection stood is no report about it. */
const SETTLED_AFTER_MS = 2500;
const AGAIN_AFTER_MS = 15_000;
/** Not before both ends have named it. Whoever does not act first acts when the other does not. */
const FIRST_AFTER_MS = 3000;
const SECOND_AFTER_MS = 9000;
/** A connection that is being made, or looks for a new way by itself, is left to it for so long. */
const MENDS_ITSELF_MS = { new: 20_000, connecting: 30_000, disconnected: 30_000, failed: 30_000 };

/** @type {Fault} */
const WELL = Object.freeze({ incoming: false, outgoing: false, since: 0, isDue: false });

/**
 * @param {"sound" | "picture" | null} what
 * @param {{packets: number, frames: number}} counted
 */
const came = (what, { packets, frames }) => (what === "picture" ? frames : packets) > 0;

/** One connection over time. Whatever makes it anew afterwards, it stays the same leg. */
export class Leg {
  #silentSince = 0;
  #deafSince = 0;
  #faultSince = 0;
  #hasCarried = false;
  #link = "";
  /** Since when the connection with this id stands and we send on it. */
  #readySince = 0;
  #renewedAt = 0;
  #isDeaf = false;

  /**
   * @param {Look} look
   * @returns {Fault}
   */
  look(look) {
    const { now, isHere, state, link } = look;
    if (!isHere) {
      this.#silentSince = this.#deafSince = this.#faultSince = this.#readySince = 0;
      this.#isDeaf = false;
      return WELL;
    }
    if (link !== this.#link) {
      this.#link = link;
      this.#renewedAt = now;
      this.#readySince = this.#deafSince = 0;
    }
    if (look.sends === null || state !== "connected") this.#readySince = 0;
    else this.#readySince ||= now;
    const incoming = this.#isSilent(look);
    const outgoing = this.#isUnheard(look);
    if (!incoming && !outgoing) {
      this.#faultSince = 0;
      return WELL;
    }
    this.#faultSince ||= now;
    return { incoming, outgoing, since: this.#faultSince, isDue: this.#isDue(look) };
  }

  /** @param {Look} look */
  #isSilent({ now, expects, arrived }) {
    if (expects !== null && came(expects, arrived)) this.#hasCarried = true;
    if (expects === null || came(expects, arrived)) this.#silentSince = 0;
    else this.#silentSince ||= now;
    const patience = this.#hasCarried ? SILENT_FOR_MS : FIRST_FOR_MS;
    return this.#silentSince > 0 && now - this.#silentSince >= patience;
  }

  /** @param {Look} look */
  #isUnheard({ now, sends, report }) {
    if (sends === null) this.#isDeaf = false;
    const isSettled =
      this.#readySince > 0 && report !== null && report.at - this.#readySince >= SETTLED_AFTER_MS;
    if (sends === null || report === null || !isSettled) this.#deafSince = 0;
    else if (came(sends, report)) {
      this.#deafSince = 0;
      this.#isDeaf = false;
    } else this.#deafSince ||= report.at;
    if (this.#deafSince > 0 && now - this.#deafSince >= REPORTED_FOR_MS) this.#isDeaf = true;
    return this.#isDeaf;
  }

  /** @param {Look} look */
  #isDue({ now, state, isFirst }) {
    const own = MENDS_ITSELF_MS[/** @type {keyof typeof MENDS_ITSELF_MS} */ (state)] ?? 0;
    const wait = own + (isFirst ? FIRST_AFTER_MS : SECOND_AFTER_MS);
    if (now - this.#faultSince < wait || now - this.#renewedAt < AGAIN_AFTER_MS) return false;
    this.#renewedAt = now;
    return true;
  }
}
