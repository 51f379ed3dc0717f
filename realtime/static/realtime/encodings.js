/**
 * How much of each kind one connection carries. What a sender's line has is shared out here; the
 * browser's own control stays below these limits.
 *
 * @import { Caps } from "./protocol.js"
 * @typedef {0 | 1 | 2 | 3} Step Of the ladder: everything, half the picture, stills, the voice alone.
 * @typedef {{kbps: number, fps: number, h: number, isActive: boolean}} Picture
 * @typedef {{audio: {kbps: number}, video: Picture, screen: Picture}} Limits
 */

/** Speech in Opus, clear also with one packet in ten lost. */
const VOICE_KBPS = 40;
const SCREEN = { fps: 5, h: 720, leastKbps: 200 };
const LEAST_KBPS = 60;
const STILLS = { kbps: 40, fps: 1, h: 180 };

/**
 * @param {{caps: Caps, isSharing: boolean, step: Step}} facts `caps`: what goes to one receiver.
 * @returns {Limits}
 */
export function limits({ caps, isSharing, step }) {
  const whole = { kbps: caps.video_kbps, fps: caps.fps, h: caps.h };
  // The screen takes its share from the camera's, so that the line carries little more than before.
  const camera = isSharing ? { ...whole, kbps: Math.max(LEAST_KBPS, Math.round(whole.kbps / 3)) } : whole;
  const kbps = Math.max(SCREEN.leastKbps, Math.round((caps.video_kbps * 2) / 3));
  return {
    audio: { kbps: VOICE_KBPS },
    video: { ...lowered(camera, step), isActive: step < 3 },
    // A slide is read, not watched: it gets slower, and goes on when the camera has stopped.
    screen: {
      kbps: step === 0 ? kbps : Math.round(kbps / 2),
      fps: step < 2 ? SCREEN.fps : 1,
      h: SCREEN.h,
      isActive: true,
    },
  };
}

/**
 * @param {{kbps: number, fps: number, h: number}} whole
 * @param {Step} step
 */
function lowered(whole, step) {
  if (step === 0) return whole;
  if (step > 1) return STILLS;
  return { kbps: Math.round(whole.kbps / 2), fps: whole.fps, h: Math.round(whole.h / 2) };
}
