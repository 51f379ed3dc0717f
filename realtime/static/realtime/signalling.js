import { BEAT_EVERY_MS, DEAD_AFTER_MS, FINAL_CODES, VERSION } from "./protocol.js";

/**
 * @import { ClientMessage, ErrorMessage, Joined, ServerMessage } from "./protocol.js"
 * @typedef {{get: () => string, set: (token: string) => void}} TokenStore
 */

const FIRST_RETRY_MS = 300;
const LAST_RETRY_MS = 3000;
/** A handshake into a black hole is given up, so that the next one may start. */
const CONNECT_WITHIN_MS = 6000;
const LOOK_EVERY_MS = 500;

/**
 * The socket of one room: joins, beats, notices silence, and comes back by itself.
 *
 * Events: one per message of the server, named by its `t`, with the message as `detail`; `down`
 * when the connection is lost (once until it is back); `refused` with `{code, error}` when the
 * server will not have us and no retry is made.
 */
export class Signalling extends EventTarget {
  #url;
  #store;
  /** Of this load of the page, and kept nowhere: by it a reload is told from a lost line. */
  #page = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  #makeSocket;
  /** @type {WebSocket | null} */
  #socket = null;
  #isJoined = false;
  #isStarted = false;
  #isStopped = false;
  #failures = 0;
  #heardAt = 0;
  #every = BEAT_EVERY_MS;
  #dead = DEAD_AFTER_MS;
  /** @type {ErrorMessage | null} */
  #error = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #beat;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #watch;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #connecting;

  /**
   * @param {{url: string, store: TokenStore, makeSocket?: (url: string) => WebSocket}} options
   */
  constructor({ url, store, makeSocket = (address) => new WebSocket(address) }) {
    super();
    this.#url = url;
    this.#store = store;
    this.#makeSocket = makeSocket;
  }

  get isJoined() {
    return this.#isJoined;
  }

  /** Once is enough. */
  start() {
    if (this.#isStarted || this.#isStopped) return;
    this.#isStarted = true;
    this.#connect();
  }

  /**
   * Whether the message went out. Nothing is kept for later: after a rejoin everybody looks anew.
   * @param {ClientMessage} message
   */
  send(message) {
    if (!this.#isJoined || this.#socket === null) return false;
    return this.#write(message);
  }

  /** The network has changed: what is waiting is tried at once, what is open is checked. */
  nudge() {
    if (this.#isStopped || !this.#isStarted) return;
    if (this.#socket === null) this.#connect();
    else if (this.#isJoined) this.#ping();
  }

  /** Leaves for good; the others are told. */
  leave() {
    this.#isStopped = true;
    this.send({ t: "leave" });
    this.#drop(1000);
  }

  #connect() {
    clearTimeout(this.#retry);
    const socket = this.#makeSocket(this.#url);
    this.#socket = socket;
    this.#error = null;
    socket.onopen = () => {
      const resume = this.#store.get();
      this.#write({ t: "join", v: VERSION, page: this.#page, ...(resume && { resume }) });
    };
    socket.onmessage = (event) => this.#take(socket, String(event.data));
    socket.onclose = (event) => this.#closed(socket, event.code);
    this.#connecting = setTimeout(() => this.#closed(socket, 1006), CONNECT_WITHIN_MS);
  }

  /**
   * @param {WebSocket} socket
   * @param {string} text
   */
  #take(socket, text) {
    if (socket !== this.#socket) return;
    this.#heardAt = Date.now();
    /** @type {ServerMessage} */
    const message = JSON.parse(text);
    if (message.t === "joined") this.#joined(message);
    if (message.t === "error" && message.fatal) this.#error = message;
    this.dispatchEvent(new CustomEvent(message.t, { detail: message }));
  }

  /** @param {Joined} message */
  #joined(message) {
    clearTimeout(this.#connecting);
    this.#store.set(message.resume);
    this.#every = message.hb.every;
    this.#dead = message.hb.dead;
    this.#failures = 0;
    this.#isJoined = true;
    clearInterval(this.#beat);
    clearInterval(this.#watch);
    this.#beat = setInterval(() => this.#ping(), this.#every);
    this.#watch = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /**
   * A socket into a black hole never closes by itself, and when the line is back TCP tries it again
   * only after as long as it was dead. A new one takes a moment: made at half the silence after
   * which the server gives us up, it is there before that.
   */
  #look() {
    if (Date.now() - this.#heardAt >= this.#dead / 2 && this.#socket) this.#closed(this.#socket, 1006);
  }

  #ping() {
    this.send({ t: "ping", ts: Date.now() });
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code
   */
  #closed(socket, code) {
    if (socket !== this.#socket) return;
    const wasJoined = this.#isJoined;
    this.#drop(code);
    if (this.#isStopped) return;
    if (FINAL_CODES.includes(code)) {
      this.#isStopped = true;
      this.dispatchEvent(new CustomEvent("refused", { detail: { code, error: this.#error } }));
      return;
    }
    if (wasJoined) this.dispatchEvent(new CustomEvent("down", { detail: { code } }));
    const ceiling = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures);
    this.#failures += 1;
    this.#retry = setTimeout(() => this.#connect(), ceiling * (0.5 + Math.random() / 2));
  }

  /** @param {number} code */
  #drop(code) {
    clearTimeout(this.#connecting);
    clearTimeout(this.#retry);
    clearInterval(this.#beat);
    clearInterval(this.#watch);
    const socket = this.#socket;
    this.#socket = null;
    this.#isJoined = false;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    if (socket.readyState <= 1) socket.close(code === 1000 ? 1000 : 4408);
  }

  /** @param {ClientMessage} message */
  #write(message) {
    if (this.#socket === null || this.#socket.readyState !== 1) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }
}
