import { byId, fill, say } from "./dom.js";
import { fresh } from "./voice.js";

/** @import { Call } from "./call.js" */

/** Tells a school that it has the floor, and at how many others its voice arrives. */
export class FloorLine {
  #call;
  #words;
  #line = byId("floor-line", HTMLElement);
  #text = byId("floor-words", HTMLElement);
  /** What was put away: that we are heard, or that we are not; another turn says it anew. */
  #closed = "";

  /** @param {{call: Call, words: Record<string, string>}} options */
  constructor({ call, words }) {
    this.#call = call;
    this.#words = words;
    byId("floor-close", HTMLButtonElement).addEventListener("click", () => {
      this.#closed = this.#line.dataset.state ?? "";
      this.#line.hidden = true;
    });
  }

  /** @param {boolean} isHeard Whether our microphone is on. */
  render(isHeard) {
    const { floor, id, partners } = this.#call;
    const isOurs = id !== "" && floor === id;
    const state = isHeard ? "ok" : "warn";
    if (!isOurs || state !== this.#closed) this.#closed = "";
    this.#line.hidden = !isOurs || this.#closed !== "";
    this.#line.dataset.state = state;
    if (this.#line.hidden) return;
    const others = partners.filter(
      ({ duty, awaySince, facts }) => duty === "send" && awaySince === 0 && !facts.observer,
    );
    const now = Date.now();
    const reached = others.filter(({ heard }) => (fresh(heard, now)?.packets ?? 0) > 0);
    const isReaching = isHeard && reached.length > 0;
    const sentence = isReaching ? this.#words.floor_reaches : this.#words.floor_mine;
    say(
      this.#text,
      fill(isHeard ? sentence : this.#words.floor_muted, { n: reached.length, m: others.length }),
    );
  }
}
