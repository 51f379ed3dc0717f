/**
 * What getStats says about one peer's media, reduced to what the room shows and reports.
 *
 * @typedef {{at: number, frames: number, height: number, packets: number, energy: number,
 *   duration: number}} Sample Totals since the connection began; `at` in ms.
 * @typedef {"good" | "coarse" | "still" | "voice" | "listening" | "broken"} Rung
 * @typedef {{fps: number, height: number, packets: number, level: number, rung: Rung}} Measure
 */

/** @type {Readonly<Sample>} */
const NOTHING = { at: 0, frames: 0, height: 0, packets: 0, energy: 0, duration: 0 };

/**
 * @param {Iterable<any>} reports
 * @param {number} at
 * @returns {Sample}
 */
export function sample(reports, at) {
  const found = { ...NOTHING, at };
  for (const report of reports) {
    if (report.type !== "inbound-rtp") continue;
    if (report.kind === "video") {
      found.frames += report.framesDecoded ?? 0;
      found.height = Math.max(found.height, report.frameHeight ?? 0);
    } else {
      found.packets += report.packetsReceived ?? 0;
      found.energy += report.totalAudioEnergy ?? 0;
      found.duration += report.totalSamplesDuration ?? 0;
    }
  }
  return found;
}

/**
 * What happened between two samples of one connection.
 * @param {Sample} before
 * @param {Sample} after
 * @param {{audio: boolean, video: boolean}} sending What the other says it sends.
 * @returns {Measure}
 */
export function measure(before, after, sending) {
  // Totals fall to nothing when the connection was replaced: then everything is new.
  const start = after.frames < before.frames || after.packets < before.packets ? NOTHING : before;
  const seconds = Math.max(0.001, (after.at - before.at) / 1000);
  const fps = (after.frames - start.frames) / seconds;
  const packets = after.packets - start.packets;
  const duration = after.duration - start.duration;
  // totalAudioEnergy is the integral of the squared level, so its root over time is the RMS.
  const level =
    duration > 0 ? Math.min(1, Math.sqrt(Math.max(0, after.energy - start.energy) / duration)) : 0;
  return { fps, height: after.height, packets, level, rung: rung(fps, after.height, packets, sending) };
}

/**
 * @param {number} fps
 * @param {number} height
 * @param {number} packets
 * @param {{audio: boolean, video: boolean}} sending
 * @returns {Rung}
 */
function rung(fps, height, packets, sending) {
  // A microphone that is off still sends silence.
  if (!sending.audio && !sending.video) return "listening";
  if (packets === 0 && fps < 0.5) return "broken";
  if (!sending.video) return "voice";
  if (fps < 2) return "still";
  return fps >= 8 && height >= 240 ? "good" : "coarse";
}
