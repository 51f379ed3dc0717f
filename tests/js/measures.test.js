import assert from "node:assert/strict";
import { test } from "node:test";

import { measure, sample } from "../../realtime/static/realtime/measures.js";

const at = (ms, facts = {}) => ({
  at: ms,
  frames: 0,
  height: 360,
  packets: 0,
  energy: 0,
  duration: 0,
  screen: 0,
  ...facts,
});
const ON = { audio: true, video: true };

const rungs = [
  ["good", { frames: 15, packets: 50 }, ON],
  ["coarse", { frames: 5, packets: 50 }, ON],
  ["coarse", { frames: 15, packets: 50, height: 180 }, ON],
  ["still", { frames: 1, packets: 50 }, ON],
  ["voice", { packets: 50 }, { audio: true, video: false }],
  ["broken", {}, ON],
  ["listening", {}, { audio: false, video: false }],
  ["listening", { packets: 50 }, { audio: false, video: false }],
];
for (const [rung, facts, sending] of rungs) {
  test(`a second of ${JSON.stringify(facts)} from ${JSON.stringify(sending)} is ${rung}`, () => {
    assert.equal(measure(at(0), at(1000, facts), sending).rung, rung);
  });
}

test("the level is the root of the energy over the sound's own time", () => {
  const { level } = measure(at(0), at(2000, { packets: 100, energy: 0.5, duration: 2 }), ON);

  assert.equal(level, 0.5);
});

test("a replaced connection begins anew instead of counting backwards", () => {
  const before = at(0, { frames: 900, packets: 3000, energy: 9, duration: 60 });
  const after = at(1000, { frames: 10, packets: 40, energy: 0.04, duration: 1 });

  const { fps, packets, level } = measure(before, after, ON);

  assert.deepEqual([fps, packets, level], [10, 40, 0.2]);
});

test("stills come rarely, and a picture that has stopped leaves the voice alone", () => {
  const still = measure(at(4000), at(5000, { packets: 50 }), ON, 3000);
  const voice = measure(at(9000), at(10_000, { packets: 50 }), ON, 3000);

  assert.deepEqual([still.rung, still.pictureAt, voice.rung], ["still", 3000, "voice"]);
});

test("a shared screen is counted apart from the camera", () => {
  const reports = [
    { type: "inbound-rtp", kind: "video", trackIdentifier: "camera", framesDecoded: 7, frameHeight: 180 },
    { type: "inbound-rtp", kind: "video", trackIdentifier: "screen", framesDecoded: 4, frameHeight: 720 },
  ];

  const { frames, screen, height } = sample(reports, 5, "screen");

  assert.deepEqual([frames, screen, height], [7, 4, 180]);
  assert.equal(measure(at(0), { ...at(1000, { packets: 50 }), frames, screen }, ON).frames, 11);
});

test("only what comes in is counted", () => {
  const reports = [
    { type: "outbound-rtp", kind: "video", framesDecoded: 9 },
    { type: "inbound-rtp", kind: "video", framesDecoded: 7, frameHeight: 180 },
    { type: "inbound-rtp", kind: "audio", packetsReceived: 3, totalAudioEnergy: 1, totalSamplesDuration: 2 },
  ];

  const { frames, height, packets, energy, duration } = sample(reports, 5);
  assert.deepEqual([frames, height, packets, energy, duration], [7, 180, 3, 1, 2]);
});
