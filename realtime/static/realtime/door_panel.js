import { byId, closeOnEscape, fill, make, say } from "./dom.js";
import { button, relist } from "./people_panel.js";

/**
 * @import { Call } from "./call.js"
 * @typedef {{key: string, name: string, org: string, since: string}} Caller
 * @typedef {{waiting: Caller[], admitted: Caller[]}} State
 * @typedef {{door: string, admit: string, return: string, ticks: string, most: number}} Ways
 */

/** Who waits to be let in, for whoever leads: a line over the picture, a panel, a number in the title. */
export class DoorPanel {
  #call;
  #ways;
  #words;
  #csrf;
  /** @type {State} */
  #state = { waiting: [], admitted: [] };
  #title = document.title;
  /** Counts what was asked: an answer that comes after a later one says nothing any more. */
  #asked = 0;
  #shown = 0;
  #hasFailed = false;
  #control = byId("door", HTMLButtonElement);
  #panel = byId("door-panel", HTMLElement);
  #line = byId("door-line", HTMLElement);
  #all = byId("door-all", HTMLButtonElement);

  /** @param {{call: Call, ways: Ways, words: Record<string, string>, csrf: string}} options */
  constructor({ call, ways, words, csrf }) {
    this.#call = call;
    this.#ways = ways;
    this.#words = words;
    this.#csrf = csrf;
    this.#control.addEventListener("click", () => this.#open(this.#panel.hidden !== false));
    byId("door-look", HTMLButtonElement).addEventListener("click", () => this.#open(true));
    byId("door-close", HTMLButtonElement).addEventListener("click", () => this.#open(false));
    closeOnEscape([this.#panel, this.#control], {
      isOpen: () => !this.#panel.hidden,
      close: () => this.#open(false),
    });
    this.#all.addEventListener("click", () => this.#admit(this.#state.waiting));
    new Worker(ways.ticks).addEventListener("message", () => void this.#ask(ways.door, {}));
    void this.#ask(ways.door, {});
    this.render();
  }

  render() {
    const { waiting, admitted } = this.#state;
    const words = this.#words;
    const n = waiting.length;
    document.title = n > 0 ? `(${n}) ${this.#title}` : this.#title;
    this.#control.classList.toggle("is-waiting", n > 0);
    say(
      this.#control.querySelector("span") ?? this.#control,
      n > 0 ? fill(words.door_count, { n }) : words.door,
    );
    this.#line.hidden = n === 0;
    if (n > 0) {
      const who = this.#introduced(waiting[0]);
      say(byId("door-words", HTMLElement), fill(n > 1 ? words.door_many : words.door_one, { n, who }));
      say(this.#all, n > 1 ? words.door_admit_all : words.door_admit);
    }
    const calls = waiting.map((one) => this.#caller(one));
    const guests = admitted.map((one) => this.#guest(one));
    if (n > 1) calls.unshift(this.#everybody());
    this.#list("door-waiting", calls, words.door_none);
    this.#list("door-admitted", guests, words.door_inside_none);
    this.#tell();
  }

  #tell() {
    const present = [...this.#call.members.values()].filter(({ awaySince }) => awaySince === 0);
    const isFull = present.length + 1 >= this.#ways.most;
    const full = isFull && this.#state.waiting.length > 0;
    const state = byId("door-state", HTMLElement);
    state.hidden = !full && !this.#hasFailed;
    const sentence = this.#hasFailed ? this.#words.door_failed : this.#words.door_full;
    say(state, fill(sentence, { n: this.#ways.most }));
  }

  /**
   * @param {string} id
   * @param {HTMLElement[]} items
   * @param {string} none
   */
  #list(id, items, none) {
    const list = byId(id, HTMLUListElement);
    relist(list, items.length > 0 ? items : [make("li", { class: "empty", text: none })]);
  }

  /** @param {Caller} one */
  #caller(one) {
    const words = this.#words;
    const name = this.#introduced(one);
    const since = make("span", { text: fill(words.door_since, { time: one.since }) });
    const label = fill(words.door_admit_who, { name });
    const facts = { text: words.door_admit, label, peer: one.key };
    return make(
      "li",
      {},
      make("b", { text: name }),
      since,
      button(facts, () => this.#admit([one])),
    );
  }

  #everybody() {
    const text = this.#words.door_admit_all;
    const act = () => this.#admit(this.#state.waiting);
    return make("li", { class: "all" }, button({ text, label: text, peer: "all" }, act));
  }

  /** @param {Caller} one */
  #guest(one) {
    const words = this.#words;
    const name = this.#introduced(one);
    const label = fill(words.door_return_who, { name });
    const facts = { text: words.door_return, label, peer: one.key };
    const act = () => void this.#send(this.#ways.return, [one]);
    return make("li", {}, make("b", { text: name }), button(facts, act));
  }

  /** @param {Caller} one */
  #introduced({ name, org }) {
    return org ? fill(this.#words.with_org, { name, org }) : name;
  }

  /** @param {boolean} isOpen */
  #open(isOpen) {
    this.#panel.hidden = !isOpen;
    this.#control.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) return this.#control.focus();
    const first = this.#panel.querySelector("#door-waiting button") ?? byId("door-close", HTMLButtonElement);
    if (first instanceof HTMLElement) first.focus();
  }

  /** @param {Caller[]} callers Those whom the host has seen, and nobody else. */
  #admit(callers) {
    void this.#send(this.#ways.admit, callers);
  }

  /**
   * @param {string} url
   * @param {Caller[]} callers
   */
  async #send(url, callers) {
    const body = new FormData();
    for (const { key } of callers) body.append("key", key);
    this.#hasFailed = !(await this.#ask(url, { method: "POST", body }));
    this.#tell();
  }

  /**
   * Whether an answer came. What is only looked at is looked at again soon.
   * @param {string} url
   * @param {RequestInit} request
   */
  async #ask(url, request) {
    this.#asked += 1;
    const turn = this.#asked;
    try {
      const headers = { Accept: "application/json", "X-CSRFToken": this.#csrf };
      const answer = await fetch(url, { ...request, headers, signal: AbortSignal.timeout(8000) });
      if (!answer.ok) return false;
      /** @type {State} */
      const state = await answer.json();
      if (turn < this.#shown) return true;
      this.#shown = turn;
      this.#state = state;
      this.render();
      return true;
    } catch {
      return false;
    }
  }
}
