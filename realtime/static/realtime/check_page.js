import { Devices } from "./devices.js";
import { byId, make, say } from "./dom.js";

/**
 * @import { Kind } from "./devices.js"
 */

const words = byId("check", HTMLElement).dataset;
const preview = byId("preview", HTMLVideoElement);
const loudness = byId("loudness", HTMLMeterElement);
const devices = new Devices({
  media: navigator.mediaDevices,
  store: {
    get: () => ({ audio: "", video: "", ...JSON.parse(localStorage.getItem("devices") ?? "{}") }),
    set: (choice) => localStorage.setItem("devices", JSON.stringify(choice)),
  },
});
const lists = { audio: byId("microphone", HTMLSelectElement), video: byId("camera", HTMLSelectElement) };
const states = { audio: byId("microphone-state", HTMLElement), video: byId("camera-state", HTMLElement) };
/** @type {Partial<Record<Kind, MediaStreamTrack | null>>} */
const open = {};
/** @type {AudioContext | null} */
let hearing = null;

/** @param {Kind[]} kinds */
async function start(kinds) {
  for (const kind of kinds) open[kind]?.stop();
  const { tracks, problems } = await devices.open(kinds);
  for (const kind of kinds) {
    const problem = problems[kind];
    open[kind] = tracks[kind];
    say(states[kind], (problem ? words[problem] : words.works) ?? "");
    states[kind].classList.toggle("is-bad", problem !== undefined);
  }
  if (kinds.includes("video")) preview.srcObject = tracks.video ? new MediaStream([tracks.video]) : null;
  if (kinds.includes("audio") && tracks.audio) listen(tracks.audio);
}

/** @param {MediaStreamTrack} track */
function listen(track) {
  void hearing?.close();
  hearing = new AudioContext();
  const analyser = hearing.createAnalyser();
  hearing.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const context = hearing;
  const look = () => {
    if (context !== hearing) return;
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
    loudness.value = Math.min(1, Math.sqrt(Math.sqrt(power)) * 1.4);
    setTimeout(look, 100);
  };
  look();
}

async function fillLists() {
  const there = await devices.list();
  for (const kind of /** @type {const} */ (["audio", "video"])) {
    const used = open[kind]?.getSettings().deviceId;
    const options = there[kind].map((device) => {
      const option = make("option", { text: device.label });
      option.value = device.deviceId;
      option.selected = device.deviceId === used;
      return option;
    });
    lists[kind].replaceChildren(...options);
    lists[kind].disabled = options.length === 0;
  }
}

for (const kind of /** @type {const} */ (["audio", "video"])) {
  lists[kind].addEventListener("change", () => {
    devices.choose({ [kind]: lists[kind].value });
    void start([kind]);
  });
}
await start(["audio", "video"]);
await fillLists();
