import { byId, closeOnEscape, fill, say } from "./dom.js";

/**
 * @typedef {{open: boolean, told: number, answered_by: string, symptom: string, at: string | null,
 *   settles: boolean}} Answer `settles`: this page may take the open call back.
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
  #settle = byId("help-settle", HTMLFormElement);
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
    closeOnEscape([this.#panel, this.#button], {
      isOpen: () => !this.#panel.hidden,
      close: () => this.#open(false),
    });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#call();
    });
    this.#settle.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#takeBack();
    });
    void this.#ask();
  }

  /** @param {boolean} isOpen */
  #open(isOpen) {
    this.#panel.hidden = !isOpen;
    this.#button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) this.#focus();
    else this.#button.focus();
  }

  #focus() {
    const choice = this.#form.querySelector("input[type=radio]");
    const first = this.#form.hidden ? byId("help-close", HTMLButtonElement) : choice;
    if (first instanceof HTMLElement) first.focus();
  }

  async #call() {
    await this.#exchange({ method: "POST", body: new FormData(this.#form) });
  }

  async #takeBack() {
    const hadFocus = this.#settle.contains(document.activeElement);
    await this.#exchange({ method: "POST", body: new FormData(this.#settle) }, this.#settle.action);
    if (hadFocus && this.#settle.hidden) this.#focus();
  }

  async #ask() {
    await this.#exchange({});
  }

  /**
   * @param {RequestInit} request
   * @param {string} [url]
   */
  async #exchange(request, url = this.#url) {
    try {
      const response = await fetch(url, { ...request, headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(String(response.status));
      this.#show(await response.json());
    } catch {
      // Only who pressed is told that nobody was: a question that got no answer is asked again.
      const { help_failed, help_not_settled } = this.#words;
      if (request.method) this.#say(url === this.#url ? help_failed : help_not_settled, "bad");
    }
  }

  /** @param {Answer} answer */
  #show({ open, told, answered_by, settles }) {
    const isCalled = open || answered_by !== "";
    this.#form.hidden = open;
    this.#settle.hidden = !settles;
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
