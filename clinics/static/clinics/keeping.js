// When a draft is sent to be kept: a moment after it changed, one sending at a time, until somebody else
// has kept other words or the server takes no more. Knows no page and no server; both are passed in.

const AFTER_MS = 1_500;
const AGAIN_MS = 5_000;

/** @param {number} status */
function outcome(status) {
  if (status === 409) return "stale";
  return status === 200 ? "kept" : "refused";
}

/** @typedef {{ status: number, state: Record<string, string> }} Answer */

/**
 * @template Body
 * @typedef {object} Ways
 * @property {() => Body} read What is typed now.
 * @property {(sending: { body: Body, isTyped: boolean }) => Promise<Answer>} send Throws when no answer
 *   comes. `isTyped`: somebody typed since the last sending.
 * @property {(callback: () => void, ms: number) => () => void} wait Gives what calls it off.
 */

/**
 * Tells `kept`, `stale` and `refused` with the server's answer as `detail`, and `away` when there was none.
 *
 * @template Body
 */
export class Keeper extends EventTarget {
  /** @type {Ways<Body>} */
  #ways;
  /** @type {Body | null} */
  #unanswered = null;
  /** @type {Promise<void> | null} */
  #sending = null;
  #isChanged = false;
  #isStopped = false;
  #isRefused = false;
  #callOff = () => {};

  /** @param {Ways<Body>} ways */
  constructor(ways) {
    super();
    this.#ways = ways;
  }

  /** Something was typed. */
  changed() {
    this.#isChanged = true;
    this.#later(AFTER_MS);
  }

  /** At once, where something is not kept yet. */
  flush() {
    if (this.#isChanged) this.#now();
  }

  /** No more by itself; resolves when a sending that is under way has its answer. */
  async stop() {
    this.#isStopped = true;
    this.#callOff();
    await this.#sending;
  }

  /** Whether something stands on the page that the server has not said it has. */
  get isUnkept() {
    return this.#isChanged || this.#isRefused || this.#unanswered !== null || this.#sending !== null;
  }

  /** Sends what is not kept yet; whether all of it is, once there is an answer or none comes. */
  async settled() {
    while (this.isUnkept && !this.#isStopped) {
      if (!this.#sending) this.#now();
      await this.#sending;
      if (this.#unanswered !== null) return false;
    }
    return !this.isUnkept;
  }

  get isSending() {
    return this.#sending !== null;
  }

  /** @param {number} ms */
  #later(ms) {
    this.#callOff();
    if (!this.#isStopped) this.#callOff = this.#ways.wait(() => this.#now(), ms);
  }

  #now() {
    if (this.#isStopped) return;
    if (this.#sending) return this.#later(AFTER_MS);
    this.#callOff();
    this.#sending = this.#send().finally(() => {
      this.#sending = null;
    });
  }

  async #send() {
    // What had no answer may be kept all the same. The same words again are no change; newer ones would
    // look like another window's.
    const isAgain = this.#unanswered !== null;
    const body = this.#unanswered ?? this.#ways.read();
    const isTyped = this.#isChanged;
    if (!isAgain) this.#isChanged = false;
    try {
      const { status, state } = await this.#ways.send({ body, isTyped });
      this.#unanswered = null;
      const said = outcome(status);
      if (said !== "kept") this.#isStopped = this.#isRefused = true;
      this.dispatchEvent(new CustomEvent(said, { detail: state }));
      if (this.#isChanged) this.#later(isAgain ? 0 : AFTER_MS);
    } catch {
      this.#unanswered = body;
      this.dispatchEvent(new Event("away"));
      this.#later(AGAIN_MS);
    }
  }
}
