/**
 * The four checks as a page shows them: camera, microphone, speaker and line, each a sign and a word.
 */

import { checkLine, judgeCamera, judgeMicrophone } from "./checks.js";
import { byId, fill, say } from "./dom.js";
import { Loudness, playTone } from "./hearing.js";
import { Held } from "./held.js";

/**
 * @import { Finding, Verdict } from "./checks.js"
 * @import { Devices, Kind } from "./devices.js"
 * @import { Icons } from "./dom.js"
 * @typedef {"camera" | "microphone" | "speaker" | "line"} Name
 */

const SIGNS = { "": "clock", ok: "check", bad: "error" };
const NAMES = /** @type {const} */ ({ audio: "microphone", video: "camera" });
const LOOKS_EVERY_MS = 1000;
/** For so long a sound that came in still says that the microphone works. */
const HEARD_FOR_MS = 10_000;

/** Fires `change` whenever one of its findings changed. */
export class CheckPanel extends EventTarget {
  #held;
  #icons;
  #words;
  #line;
  #preview = byId("preview", HTMLVideoElement);
  #meter = byId("loudness", HTMLMeterElement);
  /** @type {Loudness | null} */
  #loudness = null;
  /** @type {{at: number, rms: number}[]} */
  #heard = [];
  #openedAt = { audio: 0, video: 0 };
  #frames = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #looking;
  /** @type {Record<Name, Verdict>} */
  verdicts = { camera: "", microphone: "", speaker: "", line: "" };
  /** ms at which one of them was last made; 0 before the first. */
  checkedAt = 0;

  /** @param {{devices: Devices, icons: Icons, words: Record<string, string>, line: string}} options */
  constructor({ devices, icons, words, line }) {
    super();
    this.#held = new Held(devices);
    this.#icons = icons;
    this.#words = words;
    this.#line = line;
    const count = () => {
      this.#frames += 1;
      this.#preview.requestVideoFrameCallback(count);
    };
    this.#preview.requestVideoFrameCallback(count);
    byId("speaker-try", HTMLButtonElement).addEventListener("click", () => void this.trySpeaker());
    for (const answer of /** @type {const} */ (["ok", "bad"])) {
      byId(`speaker-${answer}`, HTMLButtonElement).addEventListener("click", () => {
        this.#ask(false);
        this.#find("speaker", { verdict: answer, words: `speaker_${answer}` });
      });
    }
    this.#find("speaker", { verdict: "", words: "speaker_" });
  }

  /** The devices in use, by kind. */
  get tracks() {
    return this.#held.tracks;
  }

  /** @param {Kind[]} kinds */
  async open(kinds) {
    this.#held.release(kinds);
    for (const kind of kinds) {
      const name = NAMES[kind];
      this.#find(name, { verdict: this.verdicts[name], words: `${name}_busy_now` });
    }
    const { arrived, problems } = await this.#held.open(kinds);
    for (const kind of arrived) {
      const problem = problems[kind];
      this.#openedAt[kind] = Date.now();
      if (problem) this.#find(NAMES[kind], { verdict: "bad", words: problem });
    }
    if (arrived.includes("video")) this.#show(this.tracks.video);
    if (arrived.includes("audio")) this.#listen(this.tracks.audio);
    if (arrived.length === 0) return;
    clearInterval(this.#looking);
    this.#looking = setInterval(() => this.#look(), LOOKS_EVERY_MS);
  }

  /** Lets camera and microphone go; what was found stays. */
  close() {
    clearInterval(this.#looking);
    this.#held.release(["audio", "video"]);
    this.#show(null);
    this.#listen(null);
  }

  async measureLine() {
    if (this.verdicts.line === "") this.#write("line", this.#words.line_busy_now);
    this.#find(
      "line",
      await checkLine({ url: this.#line, fetch: fetch.bind(window), clock: () => performance.now() }),
    );
  }

  /** What was measured before no longer holds: the centre cannot be reached. */
  loseLine() {
    this.#find("line", { verdict: "bad", words: "line_lost" });
  }

  async trySpeaker() {
    this.#ask(false);
    this.#write("speaker", this.#words.speaker_playing);
    const microphone = this.tracks.audio?.getSettings().deviceId ?? "";
    const isHeard = await playTone(navigator.mediaDevices, microphone);
    if (isHeard) return this.#find("speaker", { verdict: "ok", words: "speaker_ok" });
    this.#write("speaker", this.#words.speaker_ask);
    return this.#ask(true);
  }

  /** @param {MediaStreamTrack | null} track */
  #show(track) {
    this.#frames = 0;
    this.#preview.srcObject = track ? new MediaStream([track]) : null;
    this.#preview.hidden = track === null;
  }

  /** @param {MediaStreamTrack | null} track */
  #listen(track) {
    this.#loudness?.close();
    this.#heard = [];
    this.#meter.value = 0;
    this.#meter.hidden = track === null;
    this.#loudness = track
      ? new Loudness(track, (rms) => {
          const at = Date.now();
          this.#heard = [...this.#heard.filter((one) => at - one.at < HEARD_FOR_MS), { at, rms }];
          // Speech fills the lower third of the scale; the root spreads it.
          this.#meter.value = Math.min(1, Math.sqrt(rms) * 1.4);
        })
      : null;
  }

  #look() {
    const now = Date.now();
    const { audio, video } = this.tracks;
    if (video) {
      const seconds = (now - this.#openedAt.video) / 1000;
      this.#find("camera", judgeCamera({ frames: this.#frames, brightness: this.#brightness(), seconds }));
    }
    if (audio) {
      const facts = {
        loudest: Math.max(0, ...this.#heard.map(({ rms }) => rms)),
        seconds: (now - this.#openedAt.audio) / 1000,
        isHeard: this.#loudness?.isHeard ?? false,
        isMuted: audio.muted || audio.readyState === "ended",
      };
      this.#find("microphone", judgeMicrophone(facts));
    }
  }

  /** Mean brightness of the picture, 0 to 255. */
  #brightness() {
    const canvas = document.createElement("canvas");
    canvas.width = 32;
    canvas.height = 18;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (!context || this.#preview.videoWidth === 0) return 255;
    context.drawImage(this.#preview, 0, 0, canvas.width, canvas.height);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let sum = 0;
    for (let n = 0; n < data.length; n += 4) sum += data[n] + data[n + 1] + data[n + 2];
    return sum / ((data.length / 4) * 3);
  }

  /** @param {boolean} isAsked */
  #ask(isAsked) {
    byId("speaker-asks", HTMLElement).hidden = !isAsked;
    byId("speaker-try", HTMLElement).hidden = isAsked;
  }

  /**
   * @param {Name} name
   * @param {Finding} finding
   */
  #find(name, { verdict, words, ms }) {
    const before = this.verdicts[name];
    this.verdicts[name] = verdict;
    if (verdict) this.checkedAt = Date.now();
    const row = this.#row(name);
    row.dataset.verdict = verdict;
    this.#icons.set(row.querySelector("svg"), SIGNS[verdict]);
    this.#write(name, fill(this.#words[words] ?? "", { ms: ms ?? 0 }));
    if (before !== verdict) this.dispatchEvent(new Event("change"));
  }

  /**
   * @param {Name} name
   * @param {string} text
   */
  #write(name, text) {
    const place = this.#row(name).querySelector("[data-words]");
    if (place) say(place, text);
  }

  /** @param {Name} name */
  #row(name) {
    return byId(`check-${name}`, HTMLElement);
  }
}
