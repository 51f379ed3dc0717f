import { byId, fill, make, say } from "./dom.js";
import { condition, introduced } from "./names.js";

/**
 * @import { Call } from "./call.js"
 * @import { ChatLine } from "./protocol.js"
 * @import { Reader } from "./names.js"
 * @import { Signalling } from "./signalling.js"
 */

/**
 * Replaces a list only when its words have changed.
 * @param {HTMLElement} list
 * @param {HTMLElement[]} items
 */
function relist(list, items) {
  const before = [...list.children].map((child) => child.textContent).join("\n");
  if (before !== items.map((item) => item.textContent).join("\n")) list.replaceChildren(...items);
}

/** Who is here, and whose hand is up in which order. */
export class People {
  #call;
  #reader;
  #people = byId("people", HTMLUListElement);
  #hands = byId("hands", HTMLOListElement);
  #peopleCount = byId("people-count", HTMLElement);
  #handCount = byId("hand-count", HTMLElement);

  /** @param {{call: Call, reader: Reader}} options */
  constructor({ call, reader }) {
    this.#call = call;
    this.#reader = reader;
  }

  render() {
    const { members, hands, id: me } = this.#call;
    const { words } = this.#reader;
    const others = [...members.values()].map((member) => {
      const { text } = condition(member, this.#reader);
      const name = introduced(member.facts, this.#reader);
      return make("li", {}, make("b", { text: name }), make("span", { text }));
    });
    relist(this.#people, [make("li", {}, make("b", { text: words.me })), ...others]);
    const present = [...members.values()].filter(({ awaySince }) => awaySince === 0);
    say(this.#peopleCount, String(present.length + 1));
    const queue = hands.map((id) => {
      const member = members.get(id);
      if (member) return introduced(member.facts, this.#reader);
      return id === me ? words.me : "";
    });
    const rows = queue.map((name) => make("li", {}, make("b", { text: name })));
    relist(this.#hands, rows.length > 0 ? rows : [make("li", { class: "empty", text: words.hands_none })]);
    say(this.#handCount, String(hands.length));
  }
}

/** What is written in the room: everybody reads all of it. */
export class ChatPanel {
  #call;
  #reader;
  #signalling;
  #zone;
  #unread = 0;
  #isEntering = true;
  /** @type {Set<string>} */
  #known = new Set();
  #panel = byId("chat-panel", HTMLElement);
  #people = byId("people-panel", HTMLElement);
  #log = byId("chat-log", HTMLElement);
  #lines = byId("chat-lines", HTMLOListElement);
  #text = byId("chat-text", HTMLTextAreaElement);
  #button = byId("chat", HTMLButtonElement);

  /** @param {{call: Call, reader: Reader, signalling: Signalling, zone: string}} options */
  constructor({ call, reader, signalling, zone }) {
    this.#call = call;
    this.#reader = reader;
    this.#signalling = signalling;
    this.#zone = zone;
    this.#button.addEventListener("click", () => this.#open(this.#panel.hidden !== false));
    byId("chat-close", HTMLButtonElement).addEventListener("click", () => this.#open(false));
    byId("chat-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#write();
    });
    this.#text.addEventListener("keydown", (event) => {
      // Enter that ends a kana conversion is not meant for us.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#write();
    });
    signalling.addEventListener("chat", (event) => this.#add(/** @type {CustomEvent} */ (event).detail));
    signalling.addEventListener("joined", (event) => {
      // What was written before the page was opened is history; what was missed while away is news.
      for (const line of /** @type {CustomEvent} */ (event).detail.chat) this.#add(line, this.#isEntering);
      this.#isEntering = false;
    });
    this.#empty();
  }

  #write() {
    const text = this.#text.value.trim();
    if (!text) return;
    const cid = crypto.randomUUID().slice(0, 8);
    if (this.#signalling.send({ t: "chat", cid, text })) this.#text.value = "";
  }

  #empty() {
    this.#lines.replaceChildren(make("li", { class: "empty", text: this.#reader.words.chat_none }));
  }

  /**
   * @param {ChatLine} line
   * @param {boolean} isHistory
   */
  #add(line, isHistory = false) {
    const key = `${line.from} ${line.cid}`;
    if (this.#known.has(key)) return;
    if (this.#known.size === 0) this.#lines.replaceChildren();
    this.#known.add(key);
    const { language, words } = this.#reader;
    const at = new Date(line.at).toLocaleTimeString(language, {
      hour: "numeric",
      minute: "2-digit",
      timeZone: this.#zone,
    });
    const isMine = line.from === this.#call.id;
    const who = isMine ? words.me : introduced({ ...line, role: "guest" }, this.#reader);
    const head = make("p", { class: "who" }, make("b", { text: who }), make("time", { text: at }));
    this.#lines.append(make("li", { class: isMine ? "mine" : "" }, head, make("p", { text: line.text })));
    this.#log.scrollTop = this.#log.scrollHeight;
    if (this.#panel.hidden && !isMine && !isHistory) this.#count(this.#unread + 1);
  }

  /** @param {boolean} isOpen */
  #open(isOpen) {
    this.#panel.hidden = !isOpen;
    this.#people.hidden = isOpen;
    this.#button.setAttribute("aria-expanded", String(isOpen));
    this.#count(0);
    this.#log.scrollTop = this.#log.scrollHeight;
    if (!isOpen) return this.#button.focus();
    this.#text.focus({ preventScroll: true });
    // On a phone the panel stands below the pictures; its margin keeps it clear of the controls.
    this.#panel.scrollIntoView({ block: "end" });
  }

  /** @param {number} unread */
  #count(unread) {
    this.#unread = unread;
    const { words } = this.#reader;
    const label = this.#button.querySelector("span");
    if (label) say(label, unread > 0 ? fill(words.chat_unread, { n: unread }) : words.chat);
    this.#button.classList.toggle("is-waiting", unread > 0);
  }
}
