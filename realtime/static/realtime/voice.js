/**
 * Whether our voice arrives, judged from what the listeners have measured.
 *
 * @typedef {"none" | "off" | "on" | "elsewhere"} Microphone `elsewhere`: our school's device has it.
 * @typedef {"connecting" | "up" | "down"} Line The line to the server, on which measurements come.
 * @typedef {Object} Listener
 * @property {boolean} isPresent
 * @property {number} unheardSince ms since which it has been measured there that nothing of ours comes;
 *   0 while something does, or nobody knows.
 * @property {{level: number, packets: number, at: number} | null} heard What was measured there last.
 * @typedef {{state: "ok" | "waiting" | "warn" | "bad", words: string, icon: string}} Judgement
 */

const REPORT_LASTS_MS = 8000;
/** For so long the line is being made anew; then somebody may look at the microphone. */
const MENDED_WITHIN_MS = 25_000;
/** Between two sentences nobody wonders whether the line is dead. */
const VOICE_LASTS_MS = 20_000;

/**
 * The report that still says something about now.
 * @param {Listener["heard"]} heard
 * @param {number} now
 */
export const fresh = (heard, now) => (heard && now - heard.at < REPORT_LASTS_MS ? heard : null);

/**
 * What the line about our voice says. Only a measurement says that the voice does not arrive:
 * without one nobody is told to look for a cable.
 * @param {{now: number, line: Line, microphone: Microphone, listeners: Listener[], wasMet: boolean,
 *   voiceAt: number}} facts `wasMet`: somebody was there before; `voiceAt`: when a voice last arrived.
 * @returns {Judgement}
 */
export function judge({ now, line, microphone, listeners, wasMet, voiceAt }) {
  if (microphone === "none") return { state: "warn", words: "voice_missing", icon: "microphone-off" };
  if (microphone === "elsewhere") return { state: "waiting", words: "voice_elsewhere", icon: "sound" };
  if (line !== "up") {
    return { state: "waiting", words: line === "down" ? "voice_down" : "connecting", icon: "clock" };
  }
  const present = listeners.filter(({ isPresent }) => isPresent);
  if (present.length === 0) {
    return { state: "waiting", words: wasMet ? "voice_gone" : "voice_alone", icon: "clock" };
  }
  if (microphone === "off") return { state: "waiting", words: "voice_muted", icon: "microphone-off" };
  if (present.some(({ heard }) => (fresh(heard, now)?.packets ?? 0) > 0)) {
    if (now - voiceAt > VOICE_LASTS_MS) return { state: "waiting", words: "voice_ready", icon: "microphone" };
    return { state: "ok", words: "voice_arrives", icon: "check" };
  }
  const since = Math.min(...present.map(({ unheardSince }) => unheardSince || Number.POSITIVE_INFINITY));
  if (Number.isFinite(since)) {
    const words = now - since < MENDED_WITHIN_MS ? "voice_mending" : "voice_lost";
    return { state: "bad", words, icon: "warning" };
  }
  return { state: "waiting", words: "voice_checking", icon: "clock" };
}
