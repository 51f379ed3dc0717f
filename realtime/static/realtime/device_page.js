import { left } from "../scheduler/countdown.js";
import { refreshed } from "../scheduler/fresh_parts.js";
import { stayAwake } from "./awake.js";
import { CheckPanel } from "./check_panel.js";
import { Reports } from "./device_reports.js";
import { Devices } from "./devices.js";
import { byId, fill, Icons, say } from "./dom.js";

/**
 * @import { Orders } from "./device_reports.js"
 */

/** A check that nobody asked for lets camera and microphone go after so long. */
const CHECK_LASTS_MS = 15_000;
const LINE_EVERY_MS = 60_000;
const NEWS_EVERY_MS = 20_000;

/** @type {{status: string, line: string, csrf: string, icons: string, words: Record<string, string>}} */
const facts = JSON.parse(byId("page", HTMLScriptElement).textContent ?? "{}");
const clock = byId("clock", HTMLElement);
const contact = byId("contact", HTMLElement);
const icons = new Icons(facts.icons);
const devices = new Devices({
  media: navigator.mediaDevices,
  store: {
    get: () => ({ audio: "", video: "", ...JSON.parse(localStorage.getItem("devices") ?? "{}") }),
    set: (choice) => localStorage.setItem("devices", JSON.stringify(choice)),
  },
});
const panel = new CheckPanel({ devices, icons, words: facts.words, line: facts.line });
/** The server's clock less ours, in ms: the devices' own clocks are often wrong. */
let ahead = Date.parse(clock.dataset.now ?? "") - Date.now();
let heardAt = Date.now();
let closesAt = 0;
let lineAt = 0;
let isLost = false;

const serverNow = () => Date.now() + ahead;
/** @param {number} at ms of the server's clock */
const time = (at) =>
  new Intl.DateTimeFormat("ja", {
    timeZone: clock.dataset.zone,
    hour: "numeric",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(at);

const reports = new Reports({
  url: facts.status,
  csrf: facts.csrf,
  say: () => ({
    ...panel.verdicts,
    age: panel.checkedAt ? Math.round((Date.now() - panel.checkedAt) / 1000) : null,
  }),
  fetch: fetch.bind(window),
  later: (work, ms) => setTimeout(work, ms),
  stop: (handle) => clearTimeout(handle),
});

/** Whether the lesson is so near that the checks run all the time. */
function isNear() {
  const { checksFrom, end } = byId("coming", HTMLElement).dataset;
  if (!checksFrom || !end) return false;
  return Date.parse(checksFrom) <= serverNow() && serverNow() < Date.parse(end);
}

async function check() {
  closesAt = Date.now() + CHECK_LASTS_MS;
  lineAt = Date.now();
  await Promise.all([panel.open(["audio", "video"]), panel.measureLine()]);
}

function keepChecking() {
  const isOpen = panel.tracks.audio !== null || panel.tracks.video !== null;
  if (isNear()) {
    if (!isOpen && Date.now() > closesAt) void check();
    else if (Date.now() - lineAt > LINE_EVERY_MS) {
      lineAt = Date.now();
      void panel.measureLine();
    }
  } else if (isOpen && Date.now() > closesAt) panel.close();
}

function tell() {
  say(clock, time(serverNow()));
  for (const countdown of document.querySelectorAll("#coming [data-until]")) {
    if (!(countdown instanceof HTMLElement)) continue;
    const rest = left(Date.parse(countdown.dataset.until ?? ""), serverNow());
    countdown.hidden = rest === null;
    const figure = countdown.querySelector("b");
    if (rest && figure) say(figure, String(rest.hours * 60 + rest.minutes));
  }
  if (panel.checkedAt)
    say(byId("checked", HTMLElement), fill(facts.words.at, { time: time(panel.checkedAt + ahead) }));
}

reports.addEventListener("heard", (event) => {
  const { go, at } = /** @type {CustomEvent<Orders>} */ (event).detail;
  ahead = Date.parse(at) - Date.now();
  heardAt = Date.now();
  contact.dataset.state = "ok";
  icons.set(contact.querySelector("svg"), "check");
  say(byId("contact-words", HTMLElement), facts.words.heard);
  if (isLost) void panel.measureLine();
  isLost = false;
  if (!go) return;
  reports.close();
  panel.close();
  location.assign(go);
});
reports.addEventListener("lost", () => {
  contact.dataset.state = "bad";
  icons.set(contact.querySelector("svg"), "warning");
  say(byId("contact-words", HTMLElement), fill(facts.words.lost, { time: time(heardAt + ahead) }));
  isLost = true;
  panel.loseLine();
});
reports.addEventListener("signed-out", () => location.reload());
panel.addEventListener("change", () => void reports.report());
byId("again", HTMLButtonElement).addEventListener("click", () => void check());
addEventListener("online", () => void reports.report());
navigator.mediaDevices?.addEventListener("devicechange", () => void check());

document.body.dataset.started = "";
setInterval(tell, 1000);
setInterval(keepChecking, 1000);
setInterval(() => void refreshed(["coming"]).then(tell), NEWS_EVERY_MS);
void stayAwake();
void reports.report();
tell();
await check();
