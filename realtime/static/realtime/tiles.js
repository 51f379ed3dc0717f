import { fill, Icons, make, say, show } from "./dom.js";
import { calledAmong, condition } from "./names.js";
import { onStage } from "./stage.js";

/**
 * @import { Call } from "./call.js"
 * @import { Member } from "./member.js"
 * @import { Reader } from "./names.js"
 * @import { Shown } from "./stage.js"
 * @import { Met } from "./voice_line.js"
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
  #met;
  /** @type {Map<string, Tile>} */
  #tiles = new Map();
  /** @type {Shown | null} What somebody chose to see large. */
  #pinned = null;
  /** @type {Shown} */
  #shown = { id: "", source: "video" };

  /** @type {MediaStreamTrack | null} Our own screen while we share it. */
  ownScreen = null;

  /** @param {{call: Call, reader: Reader, icons: Icons, places: Places, met: Met}} options */
  constructor({ call, reader, icons, places, met }) {
    super();
    this.#call = call;
    this.#reader = reader;
    this.#icons = icons;
    this.#places = places;
    this.#met = met;
  }

  render() {
    const { members } = this.#call;
    for (const id of [...this.#tiles.keys()]) if (!members.has(id)) this.#remove(id);
    this.#stage();
    for (const [id, member] of members) this.#update(this.#tiles.get(id) ?? this.#add(id), id, member);
  }

  /** Whether this member's camera is large, and whether somebody chose it. */
  get large() {
    return { ...this.#shown, isChosen: this.#pinned !== null };
  }

  /**
   * Shows this member's camera large; the same again, and it is as before.
   * @param {string} id
   */
  enlarge(id) {
    this.#pinned = this.#pinned?.id === id ? null : { id, source: "video" };
    this.render();
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
    tile.button.addEventListener("click", () => this.enlarge(id));
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
    const { state, text } = condition(member, this.#reader, { hasFloor: id === this.#call.floor });
    const name = this.#name(member);
    // A screen has no tile of its own: it changes places with the camera.
    const isScreen = this.#isLarge(id, "video") && member.facts.screen;
    const hasPicture = isScreen || member.facts.video;
    const hasTile = member.peer !== null && member.duty !== "send" && state !== "gone";
    show(tile.video, isScreen ? (member.tracks.screen ?? null) : member.tracks.video);
    if (show(tile.sound, member.tracks.audio)) void this.#play(tile.sound);
    say(tile.name, name);
    say(tile.rung, text);
    say(tile.blank, hasPicture ? "" : words.camera_is_off);
    tile.blank.hidden = !hasTile || hasPicture || state === "broken";
    tile.video.hidden = !hasPicture || !hasTile;
    this.#flag(tile, id);
    this.#icons.set(tile.mic, member.facts.audio ? "microphone" : "microphone-off");
    const isRaised = this.#call.hands.includes(id);
    tile.button.dataset.state = isRaised && state === "plain" ? "hand" : state;
    tile.button.dataset.peer = id;
    tile.button.disabled = !hasTile;
    tile.button.classList.toggle("tile--name", !hasTile);
    tile.button.setAttribute("aria-pressed", String(this.#isLarge(id, "video") && !isScreen));
    tile.button.title = hasTile ? fill(words.enlarge, { name }) : "";
  }

  /**
   * The place in the queue of raised hands.
   * @param {Tile} tile
   * @param {string} id
   */
  #flag(tile, id) {
    const n = this.#call.hands.indexOf(id) + 1;
    tile.flag.hidden = n === 0;
    const label = fill(this.#reader.words.place, { n });
    if (n > 0 && tile.flag.textContent !== label) tile.flag.replaceChildren(this.#icons.make("hand"), label);
  }

  /**
   * @param {string} id
   * @param {Shown["source"]} source
   */
  #isLarge(id, source) {
    return this.#shown.id === id && this.#shown.source === source;
  }

  /** @param {Member} member */
  #name({ facts }) {
    const others = [...this.#call.members.values()].map((other) => other.facts);
    return calledAmong(facts, others, this.#reader);
  }

  #stage() {
    const { stage, stageWords, stageName } = this.#places;
    const { partners, members, floor } = this.#call;
    const shown = onStage(partners, { pinned: this.#pinned, shown: this.#shown.id, floor });
    const isOwn = this.ownScreen !== null && !this.#pinned;
    const member = isOwn ? undefined : members.get(shown.id);
    this.#shown = isOwn ? { id: "", source: "screen" } : shown;
    const { words } = this.#reader;
    const track = isOwn ? this.ownScreen : pictureOf(member, shown.source);
    show(stage, track);
    stage.hidden = track === null;
    stage.classList.toggle("is-screen", this.#shown.source === "screen");
    const { state, text } = member
      ? condition(member, this.#reader, { hasFloor: shown.id === floor })
      : { state: "plain", text: "" };
    stage.classList.toggle("dimmed", state === "broken" || state === "gone");
    stageWords.hidden = track !== null;
    stageName.hidden = member === undefined;
    stageName.dataset.state = state;
    if (member) {
      const isScreen = shown.source === "screen";
      const name = make("b", {
        text: fill(isScreen ? words.screen_of : "{name}", { name: this.#name(member) }),
      });
      const line = make("span", {}, name, make("span", { text: isScreen ? "" : text }));
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
    const { id, role, mode, members } = this.#call;
    if (id === "") return words.connecting;
    if (role === "guest" && mode === "star" && this.#met.get()) return words.leader_left;
    if (members.size === 0) return words.nobody;
    return role === "guest" ? words.voice_alone : words.only_observers;
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

/**
 * @param {Member | undefined} member
 * @param {Shown["source"]} source
 */
function pictureOf(member, source) {
  if (!member) return null;
  if (source === "screen") return member.tracks.screen ?? null;
  return member.facts.video ? member.tracks.video : null;
}
