import { byId, fill, Icons, say } from "./dom.js";
import { VOICE } from "./names.js";
import { fresh, judge } from "./voice.js";

/**
 * @import { Call, Member } from "./call.js"
 * @import { Reader } from "./names.js"
 * @import { Tracks } from "./peer.js"
 * @import { Judgement, Listener } from "./voice.js"
 * @typedef {{start: string, end: string, now: string, zone: string, layout: "host" | "school", timed: boolean,
 *   ends: {name: string, end: string}[]}} Times
 */

/** Shows whether our voice arrives: measured where it should arrive, never guessed here. */
export class VoiceLine {
  #call;
  #reader;
  #icons;
  #line = byId("voice", HTMLElement);
  #level = byId("voice-level", HTMLMeterElement);
  #count = byId("voice-count", HTMLElement);
  #voiceAt = 0;
  #wasUp = false;
  #wasMet = false;
  /** @type {Map<string, number>} since when our voice should arrive at whom */
  #readySince = new Map();

  /** @param {{call: Call, reader: Reader, icons: Icons}} options */
  constructor({ call, reader, icons }) {
    this.#call = call;
    this.#reader = reader;
    this.#icons = icons;
  }

  /**
   * @param {Tracks} tracks
   * @param {boolean} isUp Whether we are joined.
   */
  render(tracks, isUp) {
    const now = Date.now();
    this.#wasUp ||= isUp;
    const line = isUp ? "up" : this.#wasUp ? "down" : "connecting";
    const microphone = tracks.audio === null ? "none" : tracks.audio.enabled ? "on" : "off";
    const { partners } = this.#call;
    const listeners = partners.map((member) => this.#listener(member, isUp && microphone === "on", now));
    const level = Math.max(0, ...listeners.map(({ heard }) => fresh(heard, now)?.level ?? 0));
    if (level > VOICE / 2) this.#voiceAt = now;
    const facts = { now, line, microphone, listeners, wasMet: this.#wasMet, voiceAt: this.#voiceAt };
    this.#show(judge(/** @type {Parameters<typeof judge>[0]} */ (facts)), partners, level);
    this.#wasMet ||= listeners.some(({ isPresent }) => isPresent);
    this.#countSchools(partners, now);
  }

  /**
   * @param {Member} member
   * @param {boolean} isSending
   * @param {number} now
   * @returns {Listener}
   */
  #listener({ facts, peer, awaySince, heard }, isSending, now) {
    const isPresent = awaySince === 0;
    if (!isSending || !isPresent || !peer?.isConnected) this.#readySince.delete(facts.id);
    else if (!this.#readySince.has(facts.id)) this.#readySince.set(facts.id, now);
    return { isPresent, readySince: this.#readySince.get(facts.id) ?? 0, heard };
  }

  /**
   * @param {Judgement} judgement
   * @param {Member[]} partners
   * @param {number} level
   */
  #show({ state, words, icon }, partners, level) {
    this.#line.dataset.state = state;
    this.#icons.set(this.#line.querySelector("svg"), icon);
    const [main, side] = [this.#line.querySelector("b"), this.#line.querySelector("span")];
    if (main) say(main, this.#reader.words[words]);
    const isCoarse = partners.some(({ measure }) => measure?.rung === "coarse" || measure?.rung === "still");
    if (side) say(side, state === "ok" && isCoarse ? this.#reader.words.voice_coarse : "");
    this.#level.hidden = state !== "ok";
    // Speech fills the lower third of the scale; the root spreads it.
    this.#level.value = Math.min(1, Math.sqrt(level) * 1.4);
  }

  /**
   * Of the schools with a microphone that is on, at how many our voice arrives. A school with
   * several devices is one school.
   * @param {Member[]} partners
   * @param {number} now
   */
  #countSchools(partners, now) {
    const { words } = this.#reader;
    const schools = partners.filter(({ facts }) => facts.school);
    const open = schools.filter(({ facts }) => facts.audio);
    const reached = open.filter(({ heard }) => (fresh(heard, now)?.packets ?? 0) > 0);
    const count = (/** @type {Member[]} */ members) => new Set(members.map(({ facts }) => facts.org.ja)).size;
    const [n, m] = [count(reached), count(open)];
    const k = count(schools) - m;
    const sentence = k === 0 ? words.voice_checked : words.voice_checked_some;
    this.#count.hidden = schools.length === 0;
    this.#count.dataset.state = n === m ? "ok" : "warn";
    const counted = fill(sentence, { n, m, k });
    say(this.#count, m > 0 ? counted : words.voice_all_muted);
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
