import { byId, fill, Icons, say } from "./dom.js";
import { VOICE } from "./names.js";
import { fresh, judge } from "./voice.js";

/**
 * @import { Call } from "./call.js"
 * @import { Member } from "./member.js"
 * @import { Reader } from "./names.js"
 * @import { Judgement, Listener, Microphone } from "./voice.js"
 * @typedef {{get: () => boolean, set: () => void}} Met Whether somebody was here to whom we always speak, for
 *   a guest of a lesson whoever leads; over a reload.
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
  #met;

  /** @param {{call: Call, reader: Reader, icons: Icons, met: Met}} options */
  constructor({ call, reader, icons, met }) {
    this.#call = call;
    this.#reader = reader;
    this.#icons = icons;
    this.#met = met;
  }

  /**
   * @param {Microphone} microphone
   * @param {boolean} isUp Whether we are joined.
   */
  render(microphone, isUp) {
    const now = Date.now();
    this.#wasUp ||= isUp;
    const line = isUp ? "up" : this.#wasUp ? "down" : "connecting";
    const members = this.#call.listeners;
    const listeners = members.map(asListener);
    const level = Math.max(0, ...listeners.map(({ heard }) => fresh(heard, now)?.level ?? 0));
    if (level > VOICE / 2) this.#voiceAt = now;
    const facts = { now, microphone, listeners, wasMet: this.#met.get(), voiceAt: this.#voiceAt };
    this.#show(judge({ ...facts, line }), members, level);
    if (listeners.some(({ isPresent }) => isPresent)) this.#met.set();
    this.#countSchools(members, now);
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

/**
 * @param {Member} member
 * @returns {Listener}
 */
function asListener({ awaySince, heard, fault }) {
  return { isPresent: awaySince === 0, heard, unheardSince: fault.outgoing ? fault.since : 0 };
}
