import assert from "node:assert/strict";
import { test } from "node:test";

import { limits } from "../../realtime/static/realtime/encodings.js";
import { Ladder, way } from "../../realtime/static/realtime/ladder.js";

const CAPS = { video_kbps: 300, fps: 15, w: 640, h: 360 };

/** The steps of a line over so many seconds. */
function climb(ladder, seconds, line, from = 0) {
  for (let second = 1; second <= seconds; second += 1) {
    ladder.look({ lost: 0, kbps: 1000, ...line }, 300, (from + second) * 1000);
  }
  return ladder.step;
}

test("a good line keeps the whole picture", () => {
  assert.equal(climb(new Ladder(), 120, {}), 0);
});

test("a moment of weakness changes nothing", () => {
  assert.equal(climb(new Ladder(), 5, { kbps: 40 }), 0);
});

for (const [line, step] of [
  [{ kbps: 150 }, 1],
  [{ kbps: 80 }, 2],
  [{ kbps: 40 }, 3],
  [{ lost: 0.12 }, 1],
  [{ lost: 0.25 }, 2],
  [{ lost: 0.5 }, 3],
]) {
  test(`a line of ${JSON.stringify(line)} ends at step ${step}`, () => {
    assert.equal(climb(new Ladder(), 60, line), step);
  });
}

test("the picture comes back by trial, and more rarely the more often that failed", () => {
  const ladder = new Ladder();
  climb(ladder, 7, { kbps: 150 });
  assert.equal(ladder.step, 1);

  assert.equal(climb(ladder, 38, {}, 7), 1);
  assert.equal(climb(ladder, 4, {}, 45), 0);
  climb(ladder, 7, { kbps: 150 }, 49);
  assert.equal(climb(ladder, 60, {}, 56), 1);
});

test("what the line bears is read from the way that was chosen", () => {
  const reports = [
    { type: "candidate-pair", nominated: false, state: "succeeded", availableOutgoingBitrate: 9 },
    { type: "candidate-pair", nominated: true, state: "succeeded", availableOutgoingBitrate: 120_000 },
    { type: "remote-inbound-rtp", kind: "video", fractionLost: 0.9 },
    { type: "remote-inbound-rtp", kind: "audio", fractionLost: 0.1 },
  ];

  assert.deepEqual(way(reports), { lost: 0.1, kbps: 120 });
  assert.deepEqual(way([]), { lost: null, kbps: null });
});

test("the voice is never lowered, the picture at every step", () => {
  const steps = [0, 1, 2, 3].map((step) => limits({ caps: CAPS, isSharing: false, step }));

  assert.deepEqual(
    steps.map(({ audio }) => audio.kbps),
    [40, 40, 40, 40],
  );
  assert.deepEqual(
    steps.map(({ video }) => [video.kbps, video.fps, video.h, video.isActive]),
    [
      [300, 15, 360, true],
      [150, 15, 180, true],
      [40, 1, 180, true],
      [40, 1, 180, false],
    ],
  );
});

test("a shared screen takes its share from the camera", () => {
  const { video, screen } = limits({ caps: CAPS, isSharing: true, step: 0 });

  assert.deepEqual([video.kbps, screen.kbps, screen.fps, screen.h], [100, 200, 5, 720]);
});
