/**
 * What the checks before a lesson find, as facts: no document, no sound, no picture of their own.
 *
 * @typedef {"" | "ok" | "bad"} Verdict "" is not known yet.
 * @typedef {{verdict: Verdict, words: string, ms?: number}} Finding `words` is a key of the page's words.
 */

/** As loud as the noise of any open microphone; digital silence is a cable or a switch. */
const SILENCE = 0.0003;
/** Mean brightness (0 to 255) under which a lens is covered. */
const DARK = 6;
/** A round trip that is felt in talking. */
export const SLOW_MS = 400;
const TRIES = 5;
const GIVES_UP_MS = 4000;

/**
 * @param {{loudest: number, seconds: number, isHeard: boolean, isMuted: boolean}} facts `loudest`: of
 *   the last `seconds`, as RMS; `isHeard`: the browser lets this page listen.
 * @returns {Finding}
 */
export function judgeMicrophone({ loudest, seconds, isHeard, isMuted }) {
  if (isMuted) return { verdict: "bad", words: "microphone_silent" };
  if (!isHeard || loudest > SILENCE) return { verdict: "ok", words: "microphone_ok" };
  if (seconds < 5) return { verdict: "", words: "microphone_busy_now" };
  return { verdict: "bad", words: "microphone_silent" };
}

/**
 * @param {{frames: number, brightness: number, seconds: number}} facts `frames` since it was opened.
 * @returns {Finding}
 */
export function judgeCamera({ frames, brightness, seconds }) {
  if (frames === 0) {
    return seconds < 5
      ? { verdict: "", words: "camera_busy_now" }
      : { verdict: "bad", words: "camera_still" };
  }
  return brightness < DARK ? { verdict: "bad", words: "camera_dark" } : { verdict: "ok", words: "camera_ok" };
}

/**
 * How long a small request takes there and back: the median of five, so one hiccup says nothing.
 * @param {{url: string, fetch: typeof globalThis.fetch, clock: () => number}} tools `clock` in ms.
 * @returns {Promise<Finding>}
 */
export async function checkLine({ url, fetch, clock }) {
  const times = [];
  for (let n = 0; n < TRIES; n += 1) {
    const began = clock();
    try {
      const answer = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(GIVES_UP_MS) });
      if (answer.ok) times.push(clock() - began);
    } catch {
      // Not to be reached: that is what is being found out.
    }
    if (n === 1 && times.length === 0) break;
  }
  if (times.length <= TRIES / 2) return { verdict: "bad", words: "line_bad" };
  const ms = Math.round(times.sort((a, b) => a - b)[Math.floor(times.length / 2)]);
  return ms > SLOW_MS ? { verdict: "bad", words: "line_slow", ms } : { verdict: "ok", words: "line_ok", ms };
}

/**
 * Whether a tone was heard by the microphone, from its strength (dB) before and while it played.
 * @param {number[]} before
 * @param {number[]} during
 */
export function isToneHeard(before, during) {
  if (before.length === 0 || during.length === 0) return false;
  const mean = (/** @type {number[]} */ all) => all.reduce((sum, one) => sum + one, 0) / all.length;
  const loud = Math.max(...during);
  return loud > -75 && loud - Math.max(mean(before), -110) > 15;
}
