import { byId, fill, say } from "./dom.js";

/**
 * @import { Reader } from "./names.js"
 * @typedef {{start: string, end: string, now: string, zone: string, layout: "host" | "school", timed: boolean,
 *   ends: {name: string, end: string}[]}} Times
 */

/** What time it is, how much is left, and whether the line to the server stands. */
export class Clock {
  #reader;
  #times;
  #offset;
  #phase = byId("phase", HTMLElement);
  #remaining = byId("remaining", HTMLElement);
  #progress = byId("progress", HTMLProgressElement);
  #clock = byId("clock", HTMLElement);
  #connection = byId("connection", HTMLElement);
  #downSince = 0;
  #wasUp = false;

  /** @param {{reader: Reader, times: Times}} options */
  constructor({ reader, times }) {
    this.#reader = reader;
    this.#times = times;
    // The server's clock rules: receiving sets are often minutes off.
    this.#offset = Date.parse(times.now) - Date.now();
  }

  /** Whether the time of the room is up. */
  get isOver() {
    return this.#times.timed && Date.now() + this.#offset >= Date.parse(this.#times.end);
  }

  /** ms; 0 while the line to the server stands. */
  get downSince() {
    return this.#downSince;
  }

  up() {
    this.#downSince = 0;
    this.#wasUp = true;
  }

  down() {
    this.#downSince ||= Date.now();
  }

  render() {
    const now = Date.now() + this.#offset;
    const [start, end] = [Date.parse(this.#times.start), Date.parse(this.#times.end)];
    const { words } = this.#reader;
    const phase = now < start ? "soon" : now < end ? "live" : "over";
    this.#phase.dataset.phase = phase;
    say(this.#phase, words[phase]);
    say(this.#remaining, this.#left(phase, now, start, end));
    this.#progress.value = Math.max(0, Math.min(100, ((now - start) / (end - start)) * 100));
    this.#progress.hidden = phase !== "live" || !this.#times.timed;
    say(this.#clock, this.#at(now));
    this.#sayConnection();
    // The practice room is open all day: nothing begins or ends in it.
    this.#phase.hidden = !this.#times.timed;
    if (!this.#times.timed) say(this.#remaining, "");
  }

  /**
   * @param {string} phase
   * @param {number} now
   * @param {number} start
   * @param {number} end
   */
  #left(phase, now, start, end) {
    const { words } = this.#reader;
    const minutes = (/** @type {number} */ until) => Math.max(0, Math.ceil((until - now) / 60_000));
    if (phase === "soon") return fill(words.begins_in, { n: minutes(start) });
    if (phase === "over") return fill(words.ended_at, { time: this.#at(end) });
    const sentence = this.#times.layout === "school" ? words.left_until : words.left;
    const [earlier] = this.#times.ends
      .map((side) => ({ name: side.name, m: minutes(Date.parse(side.end)) }))
      .filter(({ m }) => m > 0 && m < minutes(end))
      .sort((one, other) => one.m - other.m);
    if (earlier && this.#times.layout === "host")
      return fill(words.left_earlier, { n: minutes(end), ...earlier });
    return fill(sentence, { n: minutes(end), time: this.#at(end) });
  }

  #sayConnection() {
    const { words } = this.#reader;
    const n = Math.max(1, Math.round((Date.now() - this.#downSince) / 1000));
    const state = this.#downSince ? "broken" : this.#wasUp ? "ok" : "connecting";
    this.#connection.dataset.state = state;
    const text = {
      broken: fill(words.reconnecting, { n }),
      ok: words.connected,
      connecting: words.connecting,
    };
    say(this.#connection, text[state]);
  }

  /** @param {number} at */
  #at(at) {
    const options = /** @type {const} */ ({ hour: "numeric", minute: "2-digit", hourCycle: "h23" });
    return new Date(at)
      .toLocaleTimeString("en", { ...options, timeZone: this.#times.zone })
      .replace(/^0/, "");
  }
}
