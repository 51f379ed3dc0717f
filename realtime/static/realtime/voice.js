/**
 * Whether our voice arrives, judged from what the listeners have measured.
 *
 * @typedef {"none" | "off" | "on"} Microphone
 * @typedef {"connecting" | "up" | "down"} Line The line to the server, on which measurements come.
 * @typedef {Object} Listener
 * @property {boolean} isPresent
 * @property {number} readySince ms since which nothing but the microphone could keep our voice from
 *   arriving there; 0 while something could.
 * @property {{level: number, packets: number, at: number} | null} heard What was measured there last.
 * @typedef {{state: "ok" | "waiting" | "warn" | "bad", words: string, icon: string}} Judgement
 */

const REPORT_LASTS_MS = 8000;
/** What was measured sooner may be from before the connection, or from before the microphone was on. */
const SETTLED_AFTER_MS = 6000;
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
  const isLost = present.some(({ heard, readySince }) => {
    const report = fresh(heard, now);
    return report !== null && readySince > 0 && report.at - readySince >= SETTLED_AFTER_MS;
  });
  if (isLost) return { state: "bad", words: "voice_lost", icon: "warning" };
  return { state: "waiting", words: "voice_checking", icon: "clock" };
}
