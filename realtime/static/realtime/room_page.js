import { Call } from "./call.js";
import { Devices } from "./devices.js";
import { byId, Icons, make, say } from "./dom.js";
import { ChatPanel, People } from "./panels.js";
import { Signalling } from "./signalling.js";
import { Clock, VoiceLine } from "./status_lines.js";
import { Tiles } from "./tiles.js";

/**
 * @import { ErrorMessage } from "./protocol.js"
 * @import { Kind, Why } from "./devices.js"
 * @import { Tracks } from "./peer.js"
 * @import { Reader } from "./names.js"
 * @import { Times } from "./status_lines.js"
 * @typedef {Reader & Times & {socket: string, room: string, icons: string, today: string}} PageFacts
 */

/** @type {PageFacts} */
const facts = JSON.parse(byId("page", HTMLScriptElement).textContent ?? "{}");
const { words } = facts;
const icons = new Icons(facts.icons);

const signalling = new Signalling({
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${facts.socket}`,
  // Per tab: a second tab is a second peer, and a reload the same one.
  store: {
    get: () => sessionStorage.getItem(`room ${facts.room}`) ?? "",
    set: (token) => sessionStorage.setItem(`room ${facts.room}`, token),
  },
});
const call = new Call({ signalling });
const devices = new Devices({
  media: navigator.mediaDevices,
  store: {
    get: () => ({ audio: "", video: "", ...JSON.parse(localStorage.getItem("devices") ?? "{}") }),
    set: (choice) => localStorage.setItem("devices", JSON.stringify(choice)),
  },
});
const tiles = new Tiles({
  call,
  reader: facts,
  icons,
  places: {
    list: byId("tiles", HTMLUListElement),
    stage: byId("stage", HTMLVideoElement),
    stageWords: byId("stage-words", HTMLElement),
    stageName: byId("stage-name", HTMLElement),
    sounds: byId("sounds", HTMLElement),
  },
});
const people = new People({ call, reader: facts });
const chat = new ChatPanel({ call, reader: facts, signalling, zone: facts.zone });
const voice = new VoiceLine({ call, reader: facts, icons });
const clock = new Clock({ reader: facts, times: facts });

/** @type {Tracks} */
let tracks = { audio: null, video: null };
/** @type {Partial<Record<Kind, Why>>} */
let problems = {};
/** What we have switched off comes back switched off after a reload. */
const switchedOff = {
  key: `off ${facts.room}`,
  /** @returns {Kind[]} */
  get: () => JSON.parse(sessionStorage.getItem(switchedOff.key) ?? "[]"),
  /**
   * @param {Kind} kind
   * @param {boolean} isOff
   */
  set(kind, isOff) {
    const others = switchedOff.get().filter((other) => other !== kind);
    sessionStorage.setItem(switchedOff.key, JSON.stringify(isOff ? [...others, kind] : others));
  },
};

// Ourselves

const buttons = {
  audio: byId("audio", HTMLButtonElement),
  video: byId("video", HTMLButtonElement),
  hand: byId("hand", HTMLButtonElement),
};

/** @param {Kind[]} kinds */
async function openDevices(kinds) {
  const opened = await devices.open(kinds);
  for (const kind of kinds) {
    const track = opened.tracks[kind];
    tracks = { ...tracks, [kind]: track };
    if (track) track.enabled = !switchedOff.get().includes(kind);
    track?.addEventListener("ended", () => void openDevices([kind]));
    problems = { ...problems, [kind]: opened.problems[kind] };
  }
  complain();
  byId("self-video", HTMLVideoElement).srcObject = tracks.video ? new MediaStream([tracks.video]) : null;
  call.setTracks(tracks);
  render();
}

/** @param {Kind} kind */
async function toggle(kind) {
  const track = tracks[kind];
  switchedOff.set(kind, track?.enabled ?? false);
  if (track === null) await openDevices([kind]);
  else {
    track.enabled = !track.enabled;
    call.tellState();
  }
  render();
}

/** What cannot be used gets words that help; everything else goes on. */
function complain() {
  const { audio, video } = problems;
  const isOne = audio !== undefined && audio === video;
  notice(
    "both",
    isOne ? words[`both_${audio}`] : undefined,
    words.try_again,
    () => void openDevices(["audio", "video"]),
  );
  for (const kind of /** @type {const} */ (["audio", "video"])) {
    const text = isOne || !problems[kind] ? undefined : words[`${kind}_${problems[kind]}`];
    notice(kind, text, words.try_again, () => void openDevices([kind]));
  }
}

/**
 * @param {string} key
 * @param {string | undefined} text Nothing removes the notice.
 * @param {string} way
 * @param {() => void} act
 */
function notice(key, text, way, act) {
  const list = byId("notices", HTMLUListElement);
  list.querySelector(`[data-key="${key}"]`)?.remove();
  if (!text) return;
  const button = make("button", { text: way });
  button.type = "button";
  button.addEventListener("click", act);
  const item = make("li", {}, icons.make("warning"), make("p", { text }), button);
  item.dataset.key = key;
  item.setAttribute("role", "status");
  list.append(item);
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} icon
 * @param {string} text
 */
function label(button, icon, text) {
  icons.set(button.querySelector("svg"), icon);
  const span = button.querySelector("span");
  if (span) say(span, text);
}

function renderControls() {
  const hears = tracks.audio?.enabled ?? false;
  const sees = tracks.video?.enabled ?? false;
  const isUp = call.hands.includes(call.id);
  label(buttons.audio, hears ? "microphone" : "microphone-off", hears ? words.audio_off : words.audio_on);
  label(buttons.video, sees ? "camera" : "camera-off", sees ? words.video_off : words.video_on);
  label(buttons.hand, "hand", isUp ? words.hand_down : words.hand_up);
  buttons.audio.classList.toggle("is-off", !hears);
  buttons.video.classList.toggle("is-off", !sees);
  buttons.hand.classList.toggle("is-up", isUp);
  // A hand raised while nobody can see it would be lost.
  buttons.hand.disabled = !signalling.isJoined;
  buttons.hand.setAttribute("aria-pressed", String(isUp));
  byId("self", HTMLElement).classList.toggle("is-dark", !sees);
  say(byId("self-name", HTMLElement), facts.layout === "school" ? words.this_room : words.me);
}

function render() {
  tiles.render();
  people.render();
  voice.render(tracks, signalling.isJoined);
  clock.render();
  renderControls();
}

// The end

/** @param {{code: number, error: ErrorMessage | null}} detail */
function refused({ code }) {
  const isElsewhere = code === 4409;
  call.close();
  for (const track of [tracks.audio, tracks.video]) track?.stop();
  say(byId("over-words", HTMLElement), words[`closed_${code}`] ?? words.closed_other);
  byId("over-again", HTMLAnchorElement).hidden = !isElsewhere && code !== 4400 && code !== 4429;
  byId("over", HTMLElement).hidden = false;
  byId("over-today", HTMLAnchorElement).focus();
}

// Wiring

buttons.audio.addEventListener("click", () => void toggle("audio"));
buttons.video.addEventListener("click", () => void toggle("video"));
buttons.hand.addEventListener("click", () => call.raiseHand(!call.hands.includes(call.id)));
byId("leave", HTMLButtonElement).addEventListener("click", () => {
  sessionStorage.removeItem(`room ${facts.room}`);
  signalling.leave();
  location.assign(facts.today);
});
tiles.addEventListener("silent", () =>
  notice("sound", words.sound_blocked, words.play_sound, () => {
    notice("sound", undefined, "", () => {});
    void tiles.play();
  }),
);
call.addEventListener("change", render);
signalling.addEventListener("joined", () => clock.up());
signalling.addEventListener("down", () => {
  clock.down();
  render();
});
signalling.addEventListener("refused", (event) => refused(/** @type {CustomEvent} */ (event).detail));
addEventListener("online", () => {
  signalling.nudge();
  call.mend();
});
setInterval(() => clock.render(), 1000);

// The devices first, for a moment: the first offer then carries them. Nobody waits for them longer.
const opening = openDevices(["audio", "video"]);
await Promise.race([opening, new Promise((resolve) => setTimeout(resolve, 1500))]);
signalling.start();
void chat;
