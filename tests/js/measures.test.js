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

test("only what comes in is counted", () => {
  const reports = [
    { type: "outbound-rtp", kind: "video", framesDecoded: 9 },
    { type: "inbound-rtp", kind: "video", framesDecoded: 7, frameHeight: 180 },
    { type: "inbound-rtp", kind: "audio", packetsReceived: 3, totalAudioEnergy: 1, totalSamplesDuration: 2 },
  ];

  assert.deepEqual(sample(reports, 5), { at: 5, frames: 7, height: 180, packets: 3, energy: 1, duration: 2 });
});
