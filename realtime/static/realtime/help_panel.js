import { byId, fill, say } from "./dom.js";

/**
 * @typedef {{open: boolean, told: number, answered_by: string, symptom: string, at: string | null}} Answer
 */

const ASK_EVERY_MS = 5000;

/** Calls the centre for help, and says who was told and who comes. */
export class HelpPanel {
  #url;
  #words;
  #telephone;
  #button = byId("help", HTMLButtonElement);
  #panel = byId("help-panel", HTMLElement);
  #form = byId("help-form", HTMLFormElement);
  #state = byId("help-state", HTMLElement);
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #asking;

  /** @param {{url: string, words: Record<string, string>, telephone: string}} options */
  constructor({ url, words, telephone }) {
    this.#url = url;
    this.#words = words;
    this.#telephone = telephone;
    this.#button.hidden = url === "";
    if (url === "") return;
    this.#button.addEventListener("click", () => this.#open(this.#panel.hidden !== false));
    byId("help-close", HTMLButtonElement).addEventListener("click", () => this.#open(false));
    this.#panel.addEventListener("keydown", (event) => event.key === "Escape" && this.#open(false));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#call();
    });
    void this.#ask();
  }

  /** @param {boolean} isOpen */
  #open(isOpen) {
    this.#panel.hidden = !isOpen;
    this.#button.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) return this.#button.focus();
    const first = this.#form.hidden
      ? byId("help-close", HTMLButtonElement)
      : this.#form.querySelector("input");
    first?.focus();
  }

  async #call() {
    await this.#exchange({ method: "POST", body: new FormData(this.#form) });
  }

  async #ask() {
    await this.#exchange({});
  }

  /** @param {RequestInit} request */
  async #exchange(request) {
    try {
      const response = await fetch(this.#url, { ...request, headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(String(response.status));
      this.#show(await response.json());
    } catch {
      // Only who called is told that nobody was: a question that got no answer is asked again.
      if (request.method) this.#say(this.#words.help_failed, "bad");
    }
  }

  /** @param {Answer} answer */
  #show({ open, told, answered_by }) {
    const isCalled = open || answered_by !== "";
    this.#form.hidden = open;
    this.#button.classList.toggle("is-waiting", open);
    if (answered_by) this.#say(fill(this.#words.help_answered, { name: answered_by }), "ok");
    else if (open)
      this.#say(told > 0 ? fill(this.#words.help_told, { n: told }) : this.#words.help_nobody, "waiting");
    this.#state.hidden = !isCalled;
    clearInterval(this.#asking);
    if (isCalled) this.#asking = setInterval(() => void this.#ask(), ASK_EVERY_MS);
  }

  /**
   * @param {string} sentence
   * @param {"ok" | "waiting" | "bad"} state
   */
  #say(sentence, state) {
    this.#state.hidden = false;
    this.#state.dataset.state = state;
    say(this.#state, fill(sentence, { telephone: this.#telephone }));
  }
}
