/**
 * What getStats says about one peer's media, reduced to what the room shows and reports.
 *
 * @typedef {{at: number, frames: number, height: number, packets: number, energy: number,
 *   duration: number, screen: number}} Sample Totals since the connection began; `at` in ms. `frames`
 *   of the camera, `screen` of a shared screen.
 * @typedef {"good" | "coarse" | "still" | "voice" | "listening" | "broken"} Rung
 * @typedef {{fps: number, height: number, packets: number, frames: number, level: number, pictureAt: number,
 *   rung: Rung}} Measure `frames` of camera and screen; `pictureAt`: when the camera's last one came.
 */

/** @type {Readonly<Sample>} */
const NOTHING = { at: 0, frames: 0, height: 0, packets: 0, energy: 0, duration: 0, screen: 0 };
/** Stills come once a second; without one for so long there is no picture any more. */
const PICTURE_LASTS_MS = 5000;

/**
 * @param {Iterable<any>} reports
 * @param {number} at
 * @param {string} [screen] The id of the track that is a shared screen.
 * @returns {Sample}
 */
export function sample(reports, at, screen = "") {
  const found = { ...NOTHING, at };
  for (const report of reports) {
    if (report.type !== "inbound-rtp") continue;
    if (report.kind === "audio") {
      found.packets += report.packetsReceived ?? 0;
      found.energy += report.totalAudioEnergy ?? 0;
      found.duration += report.totalSamplesDuration ?? 0;
    } else if (screen && report.trackIdentifier === screen) found.screen += report.framesDecoded ?? 0;
    else {
      found.frames += report.framesDecoded ?? 0;
      found.height = Math.max(found.height, report.frameHeight ?? 0);
    }
  }
  return found;
}

/**
 * What happened between two samples of one connection.
 * @param {Sample} before
 * @param {Sample} after
 * @param {{audio: boolean, video: boolean}} sending What the other says it sends.
 * @param {number} [pictureAt] When the camera's last picture came, as the measure before this one has it.
 * @returns {Measure}
 */
export function measure(before, after, sending, pictureAt = 0) {
  // Totals fall to nothing when the connection was replaced: then everything is new.
  const start = after.frames < before.frames || after.packets < before.packets ? NOTHING : before;
  const seconds = Math.max(0.001, (after.at - before.at) / 1000);
  const pictures = after.frames - start.frames;
  const fps = pictures / seconds;
  const packets = after.packets - start.packets;
  const frames = pictures + Math.max(0, after.screen - start.screen);
  const duration = after.duration - start.duration;
  // totalAudioEnergy is the integral of the squared level, so its root over time is the RMS.
  const level =
    duration > 0 ? Math.min(1, Math.sqrt(Math.max(0, after.energy - start.energy) / duration)) : 0;
  const { height, at } = after;
  const lastAt = pictures > 0 ? at : pictureAt;
  const isSeen = at - lastAt < PICTURE_LASTS_MS;
  return {
    ...{ fps, height, packets, frames, level },
    pictureAt: lastAt,
    rung: rung({ fps, height, packets, isSeen }, sending),
  };
}

/**
 * @param {{fps: number, height: number, packets: number, isSeen: boolean}} came
 * @param {{audio: boolean, video: boolean}} sending
 * @returns {Rung}
 */
function rung({ fps, height, packets, isSeen }, sending) {
  // A microphone that is off still sends silence.
  if (!sending.audio && !sending.video) return "listening";
  if (packets === 0 && fps < 0.5) return "broken";
  if (!sending.video || !isSeen) return "voice";
  if (fps < 2) return "still";
  return fps >= 8 && height >= 240 ? "good" : "coarse";
}
