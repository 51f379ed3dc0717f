import { Call } from "./call.js";
import { ChatPanel } from "./chat_panel.js";
import { Clock } from "./clock.js";
import { Controls } from "./controls.js";
import { Devices } from "./devices.js";
import { byId, fill, Icons, say, show } from "./dom.js";
import { DoorPanel } from "./door_panel.js";
import { FloorLine } from "./floor_line.js";
import { HelpPanel } from "./help_panel.js";
import { calledAmong } from "./names.js";
import { Notices } from "./notices.js";
import { OwnMedia } from "./own_media.js";
import { People } from "./people_panel.js";
import { Signalling } from "./signalling.js";
import { Tiles } from "./tiles.js";
import { Ending, Trouble } from "./trouble.js";
import { VoiceLine } from "./voice_line.js";

/**
 * @import { Kind } from "./devices.js"
 * @import { ErrorMessage } from "./protocol.js"
 * @import { Reader } from "./names.js"
 * @import { Times } from "./clock.js"
 * @typedef {Reader & Times & {socket: string, room: string, icons: string, today: string, help: string,
 *   telephone: string, csrf: string, observes: boolean, door: import("./door_panel.js").Ways | null}} PageFacts
 */

/** @type {PageFacts} */
const facts = JSON.parse(byId("page", HTMLScriptElement).textContent ?? "{}");
const { words } = facts;
const icons = new Icons(facts.icons);
/** Switched off stays switched off over a reload; whoever looks on begins with both off. */
const OFF = `off ${facts.room}`;
/** @type {Kind[]} */
const KINDS = ["audio", "video"];
const off = {
  /** @returns {Kind[]} */
  get: () => JSON.parse(sessionStorage.getItem(OFF) ?? "null") ?? (facts.observes ? KINDS : []),
  /** @param {Kind[]} kinds */
  set: (kinds) => sessionStorage.setItem(OFF, JSON.stringify(kinds)),
};

const signalling = new Signalling({
  url: `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${facts.socket}`,
  // Per tab: a second tab is a second peer, and a reload the same one.
  store: {
    get: () => sessionStorage.getItem(`room ${facts.room}`) ?? "",
    set: (token) => sessionStorage.setItem(`room ${facts.room}`, token),
  },
});
const call = new Call({ signalling });
const media = new OwnMedia({
  devices: new Devices({
    media: navigator.mediaDevices,
    store: {
      get: () => ({ audio: "", video: "", ...JSON.parse(localStorage.getItem("devices") ?? "{}") }),
      set: (choice) => localStorage.setItem("devices", JSON.stringify(choice)),
    },
  }),
  off,
  share: navigator.mediaDevices?.getDisplayMedia?.bind(navigator.mediaDevices),
});
const MET = `met ${facts.room}`;
const met = {
  get: () => sessionStorage.getItem(MET) !== null,
  set: () => sessionStorage.setItem(MET, "1"),
};
const tiles = new Tiles({
  call,
  met,
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
const notices = new Notices({ list: byId("notices", HTMLUListElement), icons });
const clock = new Clock({ reader: facts, times: facts });
const controls = new Controls({ call, media, tiles, icons, words });
const people = new People({ call, reader: facts });
const voice = new VoiceLine({ call, reader: facts, icons, met });
const floorLine = new FloorLine({ call, words });
const trouble = new Trouble({ call, reader: facts, notices, clock });
const ending = new Ending({ clock, words });
new ChatPanel({ call, reader: facts, signalling, zone: facts.zone });
new HelpPanel({ url: facts.help, words, telephone: facts.telephone });
const door = facts.door && new DoorPanel({ call, ways: facts.door, words, csrf: facts.csrf });

/** What everybody reads on entering a conference, until they put it away. */
const ROLL = `roll ${facts.room}`;
if (words.roll && sessionStorage.getItem(ROLL) === null) {
  const act = () => {
    sessionStorage.setItem(ROLL, "1");
    notices.set("roll", undefined);
  };
  notices.set("roll", words.roll, { way: words.close, act });
}

const SPEAK = { way: words.audio_on, act: () => void media.toggle("audio"), close: words.close };

/** What cannot be used gets words that help; everything else goes on. */
function complain() {
  const { audio, video } = media.problems;
  const isOne = audio !== undefined && audio === video;
  const again = (/** @type {Kind[]} */ kinds) => ({
    way: words.try_again,
    act: () => void media.open(kinds),
  });
  notices.set("both", isOne ? words[`both_${audio}`] : undefined, again(["audio", "video"]));
  for (const kind of /** @type {const} */ (["audio", "video"])) {
    const text = isOne || !media.problems[kind] ? undefined : words[`${kind}_${media.problems[kind]}`];
    notices.set(kind, text, again([kind]));
  }
}

function microphone() {
  if (media.isListening) return "elsewhere";
  // Whoever looks on has asked for none yet, so nothing is missing.
  if (media.tracks.audio === null) return facts.observes && !media.problems.audio ? "off" : "none";
  return media.isOn("audio") ? "on" : "off";
}

const mine = facts.observes ? words.me_observing : words.me;
const ownName = facts.layout === "school" ? words.this_room : mine;

function render() {
  tiles.render();
  people.render();
  voice.render(microphone(), signalling.isJoined);
  clock.render();
  floorLine.render(media.isOn("audio"));
  trouble.render();
  ending.render();
  controls.render(signalling.isJoined);
  door?.render();
  byId("self", HTMLElement).classList.toggle("is-dark", !media.isOn("video"));
  say(byId("self-name", HTMLElement), ownName);
}

/** @param {string} from Whoever leads has asked us to be quiet: we are, and know who asked. */
function mute(from) {
  if (!media.muteAsAsked()) return;
  const others = [...call.members.values()].map((member) => member.facts);
  const asker = call.members.get(from)?.facts;
  const name = asker ? calledAmong(asker, others, facts) : "";
  notices.set("muted", fill(words.muted_by, { name }), SPEAK);
}

/** Our school's device brings the microphone, or has gone: then ours is there again, and off. */
function listen() {
  const isBack = media.listen(call.isListening);
  if (isBack) notices.set("muted", words.microphone_back, SPEAK);
  else if (media.isListening) notices.set("muted", undefined);
}

/** @param {{code: number, error: ErrorMessage | null}} detail */
function refused({ code }) {
  const isElsewhere = code === 4409;
  const isFull = code === 4424;
  call.close();
  media.stop();
  // The host has sent us back: this address is the waiting room's now.
  if (code === 4423) return location.reload();
  say(byId("over-words", HTMLElement), words[`closed_${code}`] ?? words.closed_other);
  const again = byId("over-again", HTMLAnchorElement);
  again.hidden = !isElsewhere && !isFull && code !== 4400 && code !== 4429;
  if (isFull) say(again, words.try_again);
  byId("over", HTMLElement).hidden = false;
  byId("over-today", HTMLAnchorElement).focus();
}

media.addEventListener("change", () => {
  const { video, screen } = media.tracks;
  complain();
  if (media.isOn("audio")) notices.set("muted", undefined);
  show(byId("self-video", HTMLVideoElement), video);
  tiles.ownScreen = screen ?? null;
  call.setTracks(media.tracks);
  render();
});
byId("leave", HTMLButtonElement).addEventListener("click", () => {
  sessionStorage.removeItem(`room ${facts.room}`);
  signalling.leave();
  location.assign(facts.today);
});
tiles.addEventListener("silent", () =>
  notices.set("sound", words.sound_blocked, {
    way: words.play_sound,
    act: () => {
      notices.set("sound", undefined);
      void tiles.play();
    },
  }),
);
call.addEventListener("change", render);
signalling.addEventListener("joined", () => clock.up());
for (const type of ["joined", "listen"]) {
  signalling.addEventListener(type, listen);
}
signalling.addEventListener("mute", (event) => mute(/** @type {CustomEvent} */ (event).detail.from));
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

document.body.dataset.started = "";
// The devices first, for a moment: the first offer then carries them. Nobody waits for them longer,
// and whatever is the matter with them keeps nobody out of the room.
setTimeout(() => signalling.start(), 1500);
await media.open(facts.observes ? KINDS.filter((kind) => !off.get().includes(kind)) : KINDS);
signalling.start();
