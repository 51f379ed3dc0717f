/**
 * Listening to a microphone, and playing a tone through the speaker that the microphone may hear.
 */

import { isToneHeard } from "./checks.js";

const TONE_HZ = 880;
const TONE_MS = 900;
const BEFORE_MS = 400;

/** How loud a track is, again and again, until it is closed. */
export class Loudness {
  #context = new AudioContext();
  #isOpen = true;

  /**
   * @param {MediaStreamTrack} track
   * @param {(rms: number) => void} told ten times a second
   */
  constructor(track, told) {
    const analyser = this.#context.createAnalyser();
    this.#context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const look = () => {
      if (!this.#isOpen) return;
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
      told(Math.sqrt(power));
      setTimeout(look, 100);
    };
    look();
  }

  /** A browser listens only once somebody has pressed something on this page, or its set-up allows it. */
  get isHeard() {
    return this.#context.state === "running";
  }

  close() {
    this.#isOpen = false;
    void this.#context.close();
  }
}

/**
 * Plays a soft tone. True when our own microphone heard it: then nobody need be asked.
 * @param {MediaDevices | undefined} media
 * @param {string} microphone The device's id, "" for whatever the system prefers.
 */
export async function playTone(media, microphone) {
  const context = new AudioContext();
  // As it arrives: the browser's own echo canceller would take out exactly this tone.
  const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const audio = microphone ? { ...raw, deviceId: { ideal: microphone } } : raw;
  const stream = await media?.getUserMedia({ audio }).catch(() => null);
  try {
    await context.resume();
    const strength = stream ? strengthOf(context, stream) : () => Number.NEGATIVE_INFINITY;
    const before = await collect(strength, BEFORE_MS);
    const oscillator = context.createOscillator();
    const volume = context.createGain();
    oscillator.frequency.value = TONE_HZ;
    volume.gain.setValueAtTime(0, context.currentTime);
    volume.gain.linearRampToValueAtTime(0.2, context.currentTime + 0.05);
    volume.gain.linearRampToValueAtTime(0, context.currentTime + TONE_MS / 1000);
    oscillator.connect(volume).connect(context.destination);
    oscillator.start();
    oscillator.stop(context.currentTime + TONE_MS / 1000);
    return isToneHeard(before, await collect(strength, TONE_MS));
  } finally {
    for (const track of stream?.getTracks() ?? []) track.stop();
    void context.close();
  }
}

/**
 * @param {AudioContext} context
 * @param {MediaStream} stream
 * @returns {() => number} dB at the tone's pitch
 */
function strengthOf(context, stream) {
  const analyser = context.createAnalyser();
  analyser.fftSize = 4096;
  analyser.smoothingTimeConstant = 0;
  context.createMediaStreamSource(stream).connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  const bin = Math.round((TONE_HZ * analyser.fftSize) / context.sampleRate);
  return () => {
    analyser.getFloatFrequencyData(bins);
    return Math.max(bins[bin - 1], bins[bin], bins[bin + 1]);
  };
}

/**
 * @param {() => number} strength
 * @param {number} ms
 */
async function collect(strength, ms) {
  const found = [];
  for (let left = ms; left > 0; left -= 50) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    found.push(strength());
  }
  return found.filter(Number.isFinite);
}
