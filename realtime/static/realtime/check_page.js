import { CheckPanel } from "./check_panel.js";
import { Devices } from "./devices.js";
import { byId, Icons, make } from "./dom.js";

/**
 * @import { Kind } from "./devices.js"
 */

/** @type {{line: string, icons: string, words: Record<string, string>}} */
const facts = JSON.parse(byId("page", HTMLScriptElement).textContent ?? "{}");
const devices = new Devices({
  media: navigator.mediaDevices,
  store: {
    get: () => ({ audio: "", video: "", ...JSON.parse(localStorage.getItem("devices") ?? "{}") }),
    set: (choice) => localStorage.setItem("devices", JSON.stringify(choice)),
  },
});
const lists = { audio: byId("microphone", HTMLSelectElement), video: byId("camera", HTMLSelectElement) };
const panel = new CheckPanel({
  devices,
  icons: new Icons(facts.icons),
  words: facts.words,
  line: facts.line,
});

async function fillLists() {
  const there = await devices.list();
  for (const kind of /** @type {const} */ (["audio", "video"])) {
    const used = panel.tracks[kind]?.getSettings().deviceId;
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

/** @param {Kind[]} kinds */
async function check(kinds) {
  await Promise.all([panel.open(kinds), panel.measureLine()]);
  await fillLists();
}

for (const kind of /** @type {const} */ (["audio", "video"])) {
  lists[kind].addEventListener("change", () => {
    devices.choose({ [kind]: lists[kind].value });
    void check([kind]);
  });
}
byId("again", HTMLButtonElement).addEventListener("click", () => void check(["audio", "video"]));
navigator.mediaDevices?.addEventListener("devicechange", () => void fillLists());
await check(["audio", "video"]);
