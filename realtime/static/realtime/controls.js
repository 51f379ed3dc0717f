import { byId, closeOnEscape, say } from "./dom.js";

/**
 * @import { Call } from "./call.js"
 * @import { Icons } from "./dom.js"
 * @import { OwnMedia } from "./own_media.js"
 * @import { Tiles } from "./tiles.js"
 */

/** The buttons below: each says what will be true after it is pressed. */
export class Controls {
  #call;
  #media;
  #tiles;
  #icons;
  #words;
  #footer = byId("controls", HTMLElement);
  #buttons = {
    audio: byId("audio", HTMLButtonElement),
    video: byId("video", HTMLButtonElement),
    hand: byId("hand", HTMLButtonElement),
    screen: byId("screen", HTMLButtonElement),
    muteAll: byId("mute-all", HTMLButtonElement),
    large: byId("large", HTMLButtonElement),
    more: byId("more", HTMLButtonElement),
  };

  /**
   * @param {{call: Call, media: OwnMedia, tiles: Tiles, icons: Icons, words: Record<string, string>}} options
   */
  constructor({ call, media, tiles, icons, words }) {
    this.#call = call;
    this.#media = media;
    this.#tiles = tiles;
    this.#icons = icons;
    this.#words = words;
    const { audio, video, hand, screen, muteAll, large, more } = this.#buttons;
    audio.addEventListener("click", () => void media.toggle("audio"));
    video.addEventListener("click", () => void media.toggle("video"));
    hand.addEventListener("click", () => call.raiseHand(!call.hands.includes(call.id)));
    screen.addEventListener("click", () => void media.toggleScreen());
    muteAll.addEventListener("click", () => call.askToMute(null));
    large.addEventListener("click", () => tiles.enlarge(this.#leader()));
    const isOpen = () => this.#footer.classList.contains("is-open");
    more.addEventListener("click", () => this.#open(!isOpen()));
    const close = () => {
      this.#open(false);
      more.focus();
    };
    closeOnEscape([this.#footer], { isOpen, close });
  }

  /** @param {boolean} isOpen */
  #open(isOpen) {
    const { more } = this.#buttons;
    this.#footer.classList.toggle("is-open", isOpen);
    more.setAttribute("aria-expanded", String(isOpen));
    say(more.querySelector(".label") ?? more, isOpen ? this.#words.less : this.#words.more);
  }

  /** @param {boolean} isUp Whether we are joined: a hand raised while nobody can see it would be lost. */
  render(isUp) {
    const { audio, video, hand, screen, muteAll } = this.#buttons;
    const words = this.#words;
    const [hears, sees] = [this.#media.isOn("audio"), this.#media.isOn("video")];
    const isRaised = this.#call.hands.includes(this.#call.id);
    const isSharing = Boolean(this.#media.tracks.screen);
    const leads = this.#call.role === "host" || this.#call.mode === "mesh";
    this.#label(audio, hears ? "microphone" : "microphone-off", hears ? words.audio_off : words.audio_on);
    this.#label(video, sees ? "camera" : "camera-off", sees ? words.video_off : words.video_on);
    this.#label(hand, "hand", isRaised ? words.hand_down : words.hand_up);
    this.#label(screen, "screen", isSharing ? words.share_end : words.share);
    audio.classList.toggle("is-off", !hears);
    video.classList.toggle("is-off", !sees);
    screen.classList.toggle("is-off", isSharing);
    hand.classList.toggle("is-up", isRaised);
    hand.disabled = !isUp;
    hand.setAttribute("aria-pressed", String(isRaised));
    audio.hidden = this.#media.isListening;
    hand.hidden = this.#call.role === "host" && this.#call.mode === "star";
    screen.hidden = !leads || !this.#media.canShare;
    muteAll.hidden = this.#call.role !== "host";
    muteAll.disabled = !isUp || this.#call.members.size === 0;
    this.#renderLarge();
  }

  #renderLarge() {
    const { large } = this.#buttons;
    const leader = this.#leader();
    const { id, source, isChosen } = this.#tiles.large;
    const isLarge = id === leader && source === "video";
    large.hidden = this.#call.role === "host" || this.#call.mode === "mesh";
    large.disabled = leader === "" || (isLarge && !isChosen);
    this.#label(large, "camera", isLarge && isChosen ? this.#words.leader_usual : this.#words.leader_large);
  }

  #leader() {
    return this.#call.partners.find(({ facts }) => facts.role === "host")?.facts.id ?? "";
  }

  /**
   * @param {HTMLButtonElement} button
   * @param {string} icon
   * @param {string} text
   */
  #label(button, icon, text) {
    this.#icons.set(button.querySelector("svg"), icon);
    const span = button.querySelector("span");
    if (span) say(span, text);
  }
}
