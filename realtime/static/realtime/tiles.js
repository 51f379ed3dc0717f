import { fill, Icons, make, say, show } from "./dom.js";
import { calledAmong, condition } from "./names.js";
import { onStage } from "./stage.js";

/**
 * @import { Call, Member } from "./call.js"
 * @import { Reader } from "./names.js"
 * @typedef {{list: HTMLElement, stage: HTMLVideoElement, stageWords: HTMLElement, stageName: HTMLElement,
 *   sounds: HTMLElement}} Places
 * @typedef {{item: HTMLLIElement, button: HTMLButtonElement, video: HTMLVideoElement, sound: HTMLAudioElement,
 *   name: HTMLElement, rung: HTMLElement, flag: HTMLElement, mic: Element, blank: HTMLElement}} Tile
 */

/**
 * Everybody's picture and sound: one tile each, one of them large on the stage.
 * Event: `silent`, when the browser plays no sound before somebody has pressed something.
 */
export class Tiles extends EventTarget {
  #call;
  #reader;
  #icons;
  #places;
  /** @type {Map<string, Tile>} */
  #tiles = new Map();
  /** The member somebody chose to see large, or "". */
  #pinned = "";
  #shown = "";

  /** @param {{call: Call, reader: Reader, icons: Icons, places: Places}} options */
  constructor({ call, reader, icons, places }) {
    super();
    this.#call = call;
    this.#reader = reader;
    this.#icons = icons;
    this.#places = places;
  }

  render() {
    const { members } = this.#call;
    for (const id of [...this.#tiles.keys()]) if (!members.has(id)) this.#remove(id);
    this.#stage();
    for (const [id, member] of members) this.#update(this.#tiles.get(id) ?? this.#add(id), id, member);
  }

  /** Plays what the browser held back; called when somebody has pressed a button. */
  async play() {
    for (const { sound } of this.#tiles.values()) await this.#play(sound);
  }

  /** @param {string} id */
  #add(id) {
    const tile = {
      item: make("li"),
      button: make("button", { class: "tile" }),
      video: make("video"),
      sound: make("audio"),
      name: make("b"),
      rung: make("span", { class: "rung" }),
      flag: make("span", { class: "flag" }),
      mic: this.#icons.make("microphone"),
      blank: make("span", { class: "blank" }),
    };
    tile.button.type = "button";
    tile.video.muted = tile.video.autoplay = tile.video.playsInline = true;
    tile.sound.autoplay = true;
    const caption = make("span", { class: "caption" }, tile.mic, tile.name, tile.rung);
    tile.button.append(tile.video, tile.blank, tile.flag, caption);
    tile.button.addEventListener("click", () => {
      this.#pinned = this.#pinned === id ? "" : id;
      this.render();
    });
    tile.item.append(tile.button);
    this.#places.list.append(tile.item);
    this.#places.sounds.append(tile.sound);
    this.#tiles.set(id, tile);
    return tile;
  }

  /** @param {string} id */
  #remove(id) {
    const tile = this.#tiles.get(id);
    tile?.item.remove();
    tile?.sound.remove();
    this.#tiles.delete(id);
  }

  /**
   * @param {Tile} tile
   * @param {string} id
   * @param {Member} member
   */
  #update(tile, id, member) {
    const { words } = this.#reader;
    const { state, text } = condition(member, this.#reader);
    const name = this.#name(member);
    const place = this.#call.hands.indexOf(id) + 1;
    show(tile.video, member.tracks.video);
    if (show(tile.sound, member.tracks.audio)) void this.#play(tile.sound);
    say(tile.name, name);
    say(tile.rung, text);
    say(tile.blank, member.facts.video ? "" : words.camera_is_off);
    tile.blank.hidden = member.peer === null || member.facts.video || state === "broken";
    tile.video.hidden = !member.facts.video;
    tile.flag.hidden = place === 0;
    if (place > 0) {
      const label = fill(words.place, { n: place });
      if (tile.flag.textContent !== label) tile.flag.replaceChildren(this.#icons.make("hand"), label);
    }
    this.#icons.set(tile.mic, member.facts.audio ? "microphone" : "microphone-off");
    tile.button.dataset.state = place > 0 && state === "plain" ? "hand" : state;
    tile.button.dataset.peer = id;
    tile.button.disabled = member.peer === null;
    tile.button.classList.toggle("tile--name", member.peer === null);
    tile.button.setAttribute("aria-pressed", String(id === this.#shown));
    tile.button.title = member.peer === null ? "" : fill(words.enlarge, { name });
  }

  /** @param {Member} member */
  #name({ facts }) {
    const others = [...this.#call.members.values()].map((other) => other.facts);
    return calledAmong(facts, others, this.#reader);
  }

  #stage() {
    const { stage, stageWords, stageName } = this.#places;
    const id = onStage(this.#call.partners, { pinned: this.#pinned, shown: this.#shown });
    const member = this.#call.members.get(id);
    this.#shown = id;
    const { words } = this.#reader;
    const hasPicture = Boolean(member?.facts.video && member.tracks.video);
    show(stage, hasPicture && member ? member.tracks.video : null);
    stage.hidden = !hasPicture;
    const { state, text } = member ? condition(member, this.#reader) : { state: "plain", text: "" };
    stage.classList.toggle("dimmed", state === "broken");
    stageWords.hidden = hasPicture;
    stageName.hidden = member === undefined;
    stageName.dataset.state = state;
    if (member) {
      const name = make("b", { text: this.#name(member) });
      const line = make("span", {}, name, make("span", { text }));
      if (stageName.textContent !== line.textContent) stageName.replaceChildren(...line.childNodes);
    }
    say(stageWords, this.#stageWords(member, words));
  }

  /**
   * @param {Member | undefined} member
   * @param {Record<string, string>} words
   */
  #stageWords(member, words) {
    if (member) return member.facts.video ? words.connecting : words.camera_is_off;
    return this.#call.role === "guest" && this.#call.members.size > 0 ? words.voice_alone : words.nobody;
  }

  /** @param {HTMLAudioElement} sound */
  async #play(sound) {
    if (!sound.srcObject) return;
    try {
      await sound.play();
    } catch (error) {
      const isHeldBack = error instanceof DOMException && error.name === "NotAllowedError";
      if (isHeldBack) this.dispatchEvent(new Event("silent"));
    }
  }
}
