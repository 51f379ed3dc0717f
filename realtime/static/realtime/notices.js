import { make } from "./dom.js";

/** @import { Icons } from "./dom.js" */

/** What needs somebody's attention, below what is seen: each with words, some with one way out. */
export class Notices {
  #list;
  #icons;

  /** @param {{list: HTMLUListElement, icons: Icons}} options */
  constructor({ list, icons }) {
    this.#list = list;
    this.#icons = icons;
  }

  /**
   * Shows a notice, or removes it when there is no text. The same text again changes nothing.
   * @param {string} key
   * @param {string | undefined} text
   * @param {{way: string, act: () => void, close?: string}} [button] `close`: the word of the button that
   *   puts the notice away.
   */
  set(key, text, button) {
    const before = this.#list.querySelector(`[data-key="${key}"]`);
    if (text && before?.querySelector("p")?.textContent === text) return;
    before?.remove();
    if (!text) return;
    const words = make("p", { text });
    words.setAttribute("role", "status");
    const item = make("li", {}, this.#icons.make("warning"), words);
    if (button) {
      const way = make("button", { text: button.way });
      way.type = "button";
      way.addEventListener("click", button.act);
      item.append(way);
      if (button.close) item.append(this.#close(item, button.close));
    }
    item.dataset.key = key;
    this.#list.append(item);
  }

  /**
   * @param {HTMLLIElement} item
   * @param {string} text
   */
  #close(item, text) {
    const close = make("button", { text });
    close.type = "button";
    close.addEventListener("click", () => item.remove());
    return close;
  }
}
