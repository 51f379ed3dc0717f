import { byId, fill, Icons, say } from "./dom.js";
import { VOICE } from "./names.js";

/**
 * @import { Call, Member } from "./call.js"
 * @import { Reader } from "./names.js"
 * @import { Tracks } from "./peer.js"
 * @typedef {{start: string, end: string, now: string, zone: string, layout: "host" | "school", timed: boolean,
 *   ends: {name: string, end: string}[]}} Times
 */

const REPORT_LASTS_MS = 8000;
/** Between two sentences nobody wonders whether the line is dead. */
const VOICE_LASTS_MS = 20_000;

/** Whether our voice arrives: measured where it should arrive, never guessed here. */
export class VoiceLine {
  #call;
  #reader;
  #icons;
  #line = byId("voice", HTMLElement);
  #level = byId("voice-level", HTMLMeterElement);
  #count = byId("voice-count", HTMLElement);
  #heardAt = 0;

  /** @param {{call: Call, reader: Reader, icons: Icons}} options */
  constructor({ call, reader, icons }) {
    this.#call = call;
    this.#reader = reader;
    this.#icons = icons;
  }

  /** @param {Tracks} tracks */
  render(tracks) {
    const now = Date.now();
    const listeners = this.#call.partners;
    const reports = listeners
      .map(({ heard }) => heard)
      .filter((heard) => heard && now - heard.at < REPORT_LASTS_MS);
    const arriving = reports.filter((heard) => heard && heard.packets > 0);
    const level = Math.max(0, ...arriving.map((heard) => heard?.level ?? 0));
    if (level > VOICE / 2) this.#heardAt = now;
    const { state, words, icon } = this.#judge(tracks, listeners, arriving.length > 0, now);
    this.#line.dataset.state = state;
    this.#icons.set(this.#line.querySelector("svg"), icon);
    const [main, side] = [this.#line.querySelector("b"), this.#line.querySelector("span")];
    if (main) say(main, this.#reader.words[words]);
    const isCoarse = listeners.some(({ measure }) => measure?.rung === "coarse" || measure?.rung === "still");
    if (side) say(side, state === "ok" && isCoarse ? this.#reader.words.voice_coarse : "");
    this.#level.hidden = state !== "ok";
    // Speech fills the lower third of the scale; the root spreads it.
    this.#level.value = Math.min(1, Math.sqrt(level) * 1.4);
    const schools = listeners.filter(({ facts }) => facts.school);
    const reached = schools.filter(
      ({ heard }) => heard && now - heard.at < REPORT_LASTS_MS && heard.packets > 0,
    );
    this.#count.hidden = schools.length === 0;
    say(this.#count, fill(this.#reader.words.voice_checked, { n: reached.length, m: schools.length }));
    this.#count.dataset.state = reached.length === schools.length ? "ok" : "warn";
  }

  /**
   * @param {Tracks} tracks
   * @param {Member[]} listeners
   * @param {boolean} isArriving
   * @param {number} now
   */
  #judge(tracks, listeners, isArriving, now) {
    if (tracks.audio === null) return { state: "warn", words: "voice_missing", icon: "microphone-off" };
    if (listeners.length === 0) return { state: "waiting", words: "voice_alone", icon: "clock" };
    if (!tracks.audio.enabled) return { state: "waiting", words: "voice_muted", icon: "microphone-off" };
    const isConnecting = listeners.every(({ measure }) => measure === null);
    if (isConnecting) return { state: "waiting", words: "connecting", icon: "clock" };
    if (!isArriving) return { state: "bad", words: "voice_lost", icon: "warning" };
    if (now - this.#heardAt > VOICE_LASTS_MS)
      return { state: "waiting", words: "voice_ready", icon: "microphone" };
    return { state: "ok", words: "voice_arrives", icon: "check" };
  }
}

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
