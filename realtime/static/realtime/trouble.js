import { byId, fill, make, say } from "./dom.js";
import { calledAmong, condition } from "./names.js";

/**
 * @import { Call } from "./call.js"
 * @import { Clock } from "./clock.js"
 * @import { Member } from "./member.js"
 * @import { Reader } from "./names.js"
 * @import { Notices } from "./notices.js"
 */

/** More faults than this are one trouble, and it is ours. */
const NAMED_SINGLY = 2;

/** What is wrong with which connection, in words, at both of its ends; and what to do until it is back. */
export class Trouble {
  #call;
  #reader;
  #notices;
  #clock;
  #pill = byId("trouble", HTMLElement);
  #outage = byId("outage", HTMLElement);
  #seconds = byId("outage-seconds", HTMLElement);
  /** @type {Set<string>} */
  #shown = new Set();

  /** @param {{call: Call, reader: Reader, notices: Notices, clock: Clock}} options */
  constructor({ call, reader, notices, clock }) {
    this.#call = call;
    this.#reader = reader;
    this.#notices = notices;
    this.#clock = clock;
  }

  render() {
    this.#nameBroken();
    this.#sayWhatToDo();
    this.#nameSilent();
  }

  /** In the header of whoever leads: which school is being reconnected, and for how long. */
  #nameBroken() {
    const broken = this.#call.listeners.filter(
      (member) => condition(member, this.#reader).state === "broken",
    );
    const [first] = broken;
    this.#pill.hidden = first === undefined;
    if (!first) return;
    const { words } = this.#reader;
    const { text } = condition(first, this.#reader);
    const sentence = broken.length === 1 ? words.trouble_of : words.trouble_of_many;
    say(this.#pill, fill(sentence, { name: this.#name(first), m: broken.length - 1, text }));
  }

  /** Each connection on which something does not arrive, and that it alone is being made anew. */
  #nameSilent() {
    const { words } = this.#reader;
    // What to do while nothing arrives says more, and stands in the same place.
    const faulty = this.#outage.hidden ? this.#call.partners.filter(({ fault }) => fault.since > 0) : [];
    /** @type {Map<string, string>} */
    const said = new Map();
    if (faulty.length > NAMED_SINGLY) said.set("legs", fill(words.legs_many, { n: faulty.length }));
    else {
      for (const member of faulty) {
        const sentence = member.fault.incoming ? words.leg_silent : words.leg_unheard;
        said.set(`leg ${member.facts.id}`, fill(sentence, { name: this.#name(member) }));
      }
    }
    for (const key of this.#shown) if (!said.has(key)) this.#notices.set(key, undefined);
    for (const [key, text] of said) this.#notices.set(key, text);
    this.#shown = new Set(said.keys());
  }

  /** For a school whose connection to whoever leads has broken: how long, and what to do meanwhile. */
  #sayWhatToDo() {
    const hosts = this.#call.listeners.filter(({ facts }) => facts.role === "host");
    const since = Math.max(0, ...hosts.map((member) => brokenSince(member, this.#clock.downSince)));
    const isBroken = this.#call.role === "guest" && since > 0 && !hosts.some((member) => isFlowing(member));
    this.#outage.hidden = !isBroken;
    if (!isBroken) return;
    const n = Math.max(1, Math.round((Date.now() - since) / 1000));
    say(this.#seconds, fill(this.#reader.words.outage, { n }));
  }

  /** @param {Member} member */
  #name({ facts }) {
    const others = [...this.#call.members.values()].map((other) => other.facts);
    return calledAmong(facts, others, this.#reader);
  }
}

/** @param {Member} member */
const isFlowing = ({ peer, brokenSince }) => peer?.isConnected === true && brokenSince === 0;

/**
 * Since when nothing comes from there: a line to the server that is down alone breaks nothing.
 * @param {Member} member
 * @param {number} downSince
 */
const brokenSince = (member, downSince) => member.brokenSince || (isFlowing(member) ? 0 : downSince);

/** The register, once the time is up: to press here, or to photograph with a telephone. */
export class Ending {
  #panel = document.getElementById("ending");
  #clock;
  #isClosed = false;

  /** @param {{clock: Clock, words: Record<string, string>}} options */
  constructor({ clock, words }) {
    this.#clock = clock;
    const close = make("button", { class: "close", text: words.close });
    close.type = "button";
    close.addEventListener("click", () => {
      this.#isClosed = true;
      this.render();
    });
    this.#panel?.append(close);
  }

  render() {
    if (this.#panel) this.#panel.hidden = !this.#clock.isOver || this.#isClosed;
  }
}
