import { byId, closeOnEscape, fill, make, say } from "./dom.js";
import { called, introduced } from "./names.js";

/**
 * @import { Call } from "./call.js"
 * @import { ChatLine } from "./protocol.js"
 * @import { Reader } from "./names.js"
 * @import { Signalling } from "./signalling.js"
 */

/** So long the newest line stands on the edge of the large picture. */
const NEWEST_FOR_MS = 10_000;

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
  #newest = byId("chat-newest", HTMLButtonElement);
  #more = byId("more-new", HTMLElement);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #passing;

  /** @param {{call: Call, reader: Reader, signalling: Signalling, zone: string}} options */
  constructor({ call, reader, signalling, zone }) {
    this.#call = call;
    this.#reader = reader;
    this.#signalling = signalling;
    this.#zone = zone;
    this.#button.addEventListener("click", () => this.#open(this.#panel.hidden !== false));
    this.#newest.addEventListener("click", () => this.#open(true));
    byId("chat-close", HTMLButtonElement).addEventListener("click", () => this.#open(false));
    closeOnEscape([this.#panel, this.#button], {
      isOpen: () => !this.#panel.hidden,
      close: () => this.#open(false),
    });
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
    if (!this.#panel.hidden || isMine || isHistory) return;
    this.#count(this.#unread + 1);
    this.#tell(line);
  }

  /**
   * On a large display the chat is behind a button: its newest line is read without one.
   * @param {ChatLine} line
   */
  #tell(line) {
    const who = this.#call.members.get(line.from)?.facts ?? { ...line, role: "guest" };
    const { words } = this.#reader;
    say(this.#newest, fill(words.chat_line, { name: called(who, this.#reader), text: line.text }));
    this.#newest.hidden = false;
    clearTimeout(this.#passing);
    this.#passing = setTimeout(() => (this.#newest.hidden = true), NEWEST_FOR_MS);
  }

  /** @param {boolean} isOpen */
  #open(isOpen) {
    this.#panel.hidden = !isOpen;
    this.#people.hidden = isOpen;
    this.#button.setAttribute("aria-expanded", String(isOpen));
    this.#count(0);
    this.#newest.hidden = true;
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
    this.#more.hidden = unread === 0;
    say(this.#more.querySelector("span") ?? this.#more, fill(words.chat_new, { n: unread }));
  }
}
