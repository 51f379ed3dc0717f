/**
 * A receiving room's device tells the centre how it is and is told what to do. Lines of schools
 * break: then it asks again, ever more slowly, and at once when the line is back.
 *
 * @typedef {{go: string, every: number, at: string}} Orders `go` is an address or "", `every` in ms.
 * @typedef {Object} Options
 * @property {string} url
 * @property {string} csrf
 * @property {() => Record<string, unknown>} say What it tells each time.
 * @property {typeof fetch} fetch
 * @property {(work: () => void, ms: number) => unknown} later
 * @property {(handle: any) => void} stop Takes back what `later` gave.
 */

const FIRST_WAIT_MS = 3000;
const LONGEST_WAIT_MS = 30_000;
const GIVES_UP_MS = 8000;

/** Events: `heard` (detail: Orders), `lost` (each failed attempt), `signed-out`. */
export class Reports extends EventTarget {
  #options;
  #failures = 0;
  /** @type {unknown} */
  #waiting = null;
  #isBusy = false;
  #isOpen = true;

  /** @param {Options} options */
  constructor(options) {
    super();
    this.#options = options;
  }

  /** Reports now, whatever was planned. */
  async report() {
    if (this.#isBusy || !this.#isOpen) return;
    this.#isBusy = true;
    this.#options.stop(this.#waiting);
    const orders = await this.#send();
    this.#isBusy = false;
    if (!this.#isOpen) return;
    this.#failures = orders ? 0 : this.#failures + 1;
    this.#waiting = this.#options.later(() => void this.report(), orders?.every ?? this.#wait());
    if (orders) this.dispatchEvent(new CustomEvent("heard", { detail: orders }));
    else this.dispatchEvent(new Event("lost"));
  }

  close() {
    this.#isOpen = false;
    this.#options.stop(this.#waiting);
  }

  #wait() {
    return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (this.#failures - 1));
  }

  /** @returns {Promise<Orders | null>} */
  async #send() {
    const { url, csrf, fetch, say } = this.#options;
    try {
      const answer = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrf },
        body: JSON.stringify(say()),
        redirect: "manual",
        signal: AbortSignal.timeout(GIVES_UP_MS),
      });
      // Sent to the sign-in page, or no device any more: the page itself says which.
      if (answer.type === "opaqueredirect" || answer.status === 403 || answer.status === 404) {
        this.close();
        this.dispatchEvent(new Event("signed-out"));
        return null;
      }
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }
}
