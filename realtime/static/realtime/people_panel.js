import { byId, fill, make, say } from "./dom.js";
import { calledAmong, condition, introduced } from "./names.js";

/**
 * @import { Call } from "./call.js"
 * @import { Member } from "./member.js"
 * @import { Reader } from "./names.js"
 */

/**
 * Replaces a list only when its words have changed; a button that had the focus keeps it.
 * @param {HTMLElement} list
 * @param {HTMLElement[]} items
 */
export function relist(list, items) {
  const before = [...list.children].map((child) => child.textContent).join("\n");
  if (before === items.map((item) => item.textContent).join("\n")) return;
  const focused = list.contains(document.activeElement) ? document.activeElement : null;
  const key = focused instanceof HTMLElement ? focused.dataset.peer : undefined;
  list.replaceChildren(...items);
  if (key === undefined) return;
  const buttons = [...list.querySelectorAll("button")];
  (buttons.find((button) => button.dataset.peer === key) ?? buttons[0])?.focus();
}

/** Who is here, whose hand is up in which order, and who has the floor. */
export class People {
  #call;
  #reader;
  #people = byId("people", HTMLUListElement);
  #hands = byId("hands", HTMLOListElement);
  #floor = byId("floor", HTMLElement);
  #peopleCount = byId("people-count", HTMLElement);
  #handCount = byId("hand-count", HTMLElement);

  /** @param {{call: Call, reader: Reader}} options */
  constructor({ call, reader }) {
    this.#call = call;
    this.#reader = reader;
  }

  render() {
    this.#renderPeople();
    this.#renderFloor();
    const { hands } = this.#call;
    const rows = hands.map((id) => this.#hand(id));
    const { words } = this.#reader;
    relist(this.#hands, rows.length > 0 ? rows : [make("li", { class: "empty", text: words.hands_none })]);
    say(this.#handCount, String(hands.length));
  }

  #renderPeople() {
    const { members, floor } = this.#call;
    const others = [...members].map(([id, member]) => {
      const { text } = condition(member, this.#reader, { hasFloor: id === floor });
      return make("li", {}, make("b", { text: this.#full(member) }), make("span", { text }));
    });
    relist(this.#people, [make("li", {}, make("b", { text: this.#reader.words.me })), ...others]);
    const present = [...members.values()].filter(({ awaySince }) => awaySince === 0);
    say(this.#peopleCount, String(present.length + 1));
  }

  /** @param {string} id */
  #hand(id) {
    const member = this.#call.members.get(id);
    if (!member)
      return make("li", {}, make("b", { text: id === this.#call.id ? this.#reader.words.me : "" }));
    const name = this.#introduced(member);
    const item = make("li", {}, make("b", { text: name }));
    if (this.#call.role === "host" && this.#call.mode === "star") {
      const { words } = this.#reader;
      const act = () => this.#call.giveFloor(id);
      item.append(
        button({ text: words.give_floor, label: fill(words.give_floor_to, { name }), peer: id }, act),
      );
    }
    return item;
  }

  #renderFloor() {
    const member = this.#call.members.get(this.#call.floor ?? "");
    this.#floor.hidden = member === undefined;
    if (!member) return;
    const { words } = this.#reader;
    const others = [...this.#call.members.values()].map(({ facts }) => facts);
    const name = calledAmong(member.facts, others, this.#reader);
    const items = [make("b", { text: fill(words.floor_of, { name }) })];
    if (this.#call.role === "host") {
      const facts = { text: words.end_floor, label: fill(words.end_floor_of, { name }), peer: "" };
      items.push(button(facts, () => this.#call.giveFloor(null)));
    }
    relist(this.#floor, items);
  }

  /** @param {Member} member With the organisation, where strangers meet as equals. */
  #full(member) {
    const name = this.#introduced(member);
    const { words, language } = this.#reader;
    if (!words.with_org || member.facts.school || member.facts.observer) return name;
    return fill(words.with_org, { name, org: member.facts.org[language] });
  }

  /** @param {Member} member */
  #introduced({ facts }) {
    const others = [...this.#call.members.values()].map((other) => other.facts);
    return facts.school ? introduced(facts, this.#reader) : calledAmong(facts, others, this.#reader);
  }
}

/**
 * @param {{text: string, label: string, peer: string}} facts
 * @param {() => void} act
 */
export function button({ text, label, peer }, act) {
  const made = make("button", { class: "act", text });
  made.type = "button";
  made.dataset.peer = peer;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", act);
  return made;
}
