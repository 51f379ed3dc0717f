/**
 * Taps on a register, kept on this device until the server has taken each of them.
 *
 * Sent one after another in the order in which they were tapped. Each has its own key, so that sending
 * it again has no second effect. What is kept are pupils' row numbers and marks, never names. Knows
 * nothing of the page.
 */

/**
 * `seen` is the last row of the pupil that the page knew of when it was tapped; a note goes without a mark.
 * @typedef {{student: string, mark?: string, note?: string, seen?: string}} Wish
 * @typedef {Wish & {intention: string, order: number}} Tap
 * @typedef {{seen: number, yes: string, no: string}} Question Somebody else's mark is newer: which holds.
 * @typedef {{tap: Tap, words: string, question?: Question}} Refusal
 * @typedef {{version: string, confirmed: boolean, totals: string, short: string, evidence: string,
 *   pupils: Record<string, {mark: string, note: string, last: number, facts: string[]}>}} State
 * @typedef {{outcome: "taken", state: State} | {outcome: "refused", words: string, question?: Question} |
 *   {outcome: "away"} | {outcome: "signed-out"}} Answer
 * @typedef {Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">} Shelf
 */

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 10_000;
const ANSWERS_WITHIN_MS = 10_000;

/**
 * Sends one tap to `url`. `token` is asked each time, because signing in again changes it; `reader` is
 * who tapped, because another account may have signed in in another tab.
 * @param {{fetch: typeof globalThis.fetch, url: string, token: () => string, reader: string}} facts
 * @returns {(tap: Tap) => Promise<Answer>}
 */
export function sender({ fetch, url, token, reader }) {
  return async (tap) => {
    const body = new URLSearchParams({ student: tap.student, intention: tap.intention, reader });
    for (const [name, value] of [
      ["mark", tap.mark],
      ["note", tap.note],
      ["seen", tap.seen],
    ]) {
      if (name !== undefined && value !== undefined) body.set(name, value);
    }
    try {
      const response = await fetch(url, {
        method: "POST",
        body,
        headers: { Accept: "application/json", "X-CSRFToken": token() },
        signal: AbortSignal.timeout(ANSWERS_WITHIN_MS),
      });
      return await answered(response);
    } catch {
      return { outcome: "away" };
    }
  };
}

/**
 * @param {Response} response
 * @returns {Promise<Answer>}
 */
async function answered(response) {
  if (response.status >= 500 || response.status === 429) return { outcome: "away" };
  if (response.status === 403 || response.redirected) return { outcome: "signed-out" };
  const isJson = (response.headers.get("Content-Type") ?? "").startsWith("application/json");
  if (response.ok) return isJson ? { outcome: "taken", state: await response.json() } : { outcome: "away" };
  const said = isJson ? await response.json() : {};
  if (said.signed_out) return { outcome: "signed-out" };
  return { outcome: "refused", words: said.refused ?? "", question: said.question };
}

/**
 * Events: `change` (what is kept, or whether it gets through), `taken` with a State, `refused` with a
 * Refusal. What was refused stays on the device until somebody has read it: a page that is loaded before
 * that sends it again and hears the same.
 */
export class Taps extends EventTarget {
  #shelf;
  #send;
  #prefix;
  #later;
  /** @type {Map<string, Tap>} */
  #kept = new Map();
  /** @type {Map<string, Refusal>} */
  #refused = new Map();
  /** @type {Promise<void> | null} */
  #sending = null;
  #waitMs = FIRST_WAIT_MS;
  /** Why taps wait: "" while they are on their way. */
  /** @type {"" | "away" | "signed-out"} */
  standstill = "";

  /**
   * @param {{shelf: Shelf, send: (tap: Tap) => Promise<Answer>, reader: string, register: string,
   *   later: (run: () => void, ms: number) => void}} facts `reader` keeps one account's taps from
   *   being sent as another's.
   */
  constructor({ shelf, send, reader, register, later }) {
    super();
    this.#shelf = shelf;
    this.#send = send;
    this.#later = later;
    this.#prefix = `register:${reader}:${register}:`;
    for (const tap of this.#found()) this.#kept.set(tap.intention, tap);
  }

  /** What the server has not answered yet, in the order of tapping. */
  get kept() {
    const waiting = [...this.#kept.values()].filter((tap) => !this.#refused.has(tap.intention));
    return waiting.sort((one, other) => one.order - other.order);
  }

  /** What the server did not take and nobody has read yet. */
  get refused() {
    return [...this.#refused.values()];
  }

  /** Somebody has read it. @param {Tap} tap */
  dismiss(tap) {
    this.#drop(tap);
    this.#changed();
  }

  /** The tapped mark holds, though another's is newer. @param {Refusal} refusal */
  insist({ tap, question }) {
    const { intention: _, order: __, ...wish } = tap;
    this.#drop(tap);
    return this.tap({ ...wish, ...(question && { seen: String(question.seen) }) });
  }

  /** @param {Wish} wish */
  tap(wish) {
    const order = Math.max(0, ...[...this.#kept.values()].map((tap) => tap.order)) + 1;
    if (wish.mark !== undefined) this.#settle(wish.student);
    const tap = { ...wish, intention: crypto.randomUUID(), order };
    this.#kept.set(tap.intention, tap);
    try {
      this.#shelf.setItem(this.#prefix + tap.intention, JSON.stringify(tap));
    } catch {
      // A full or closed shelf: the tap lives as long as the page.
    }
    this.#changed();
    return this.flush();
  }

  /** Sends what is kept, until the first that does not get through; that one is tried again later. */
  flush() {
    this.#sending ??= this.#flush().finally(() => {
      this.#sending = null;
    });
    return this.#sending;
  }

  async #flush() {
    for (let [tap] = this.kept; tap; [tap] = this.kept) {
      const answer = await this.#send(tap);
      if (answer.outcome === "away" || answer.outcome === "signed-out") {
        this.standstill = answer.outcome;
        this.#changed();
        this.#later(() => void this.flush(), this.#waitMs);
        this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
        return;
      }
      this.standstill = "";
      this.#waitMs = FIRST_WAIT_MS;
      if (answer.outcome === "taken") {
        this.#drop(tap);
        this.dispatchEvent(new CustomEvent("taken", { detail: answer.state }));
      } else {
        const refusal = { tap, words: answer.words, question: answer.question };
        if (answer.question) this.#settle(tap.student);
        this.#refused.set(tap.intention, refusal);
        this.dispatchEvent(new CustomEvent("refused", { detail: refusal }));
      }
      this.#changed();
    }
  }

  /** A newer tap of the same pupil answers what was asked about an older one. @param {string} student */
  #settle(student) {
    for (const { tap, question } of this.refused) {
      if (question && tap.student === student) this.#drop(tap);
    }
  }

  /** @param {Tap} tap */
  #drop(tap) {
    this.#kept.delete(tap.intention);
    this.#refused.delete(tap.intention);
    try {
      this.#shelf.removeItem(this.#prefix + tap.intention);
    } catch {
      // Sent again by the next page it would change nothing.
    }
  }

  /** @returns {Tap[]} */
  #found() {
    const taps = [];
    try {
      for (let n = 0; n < this.#shelf.length; n += 1) {
        const key = this.#shelf.key(n) ?? "";
        if (key.startsWith(this.#prefix)) taps.push(JSON.parse(this.#shelf.getItem(key) ?? ""));
      }
    } catch {
      // No shelf here, or somebody else's writing on it.
    }
    return taps;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
