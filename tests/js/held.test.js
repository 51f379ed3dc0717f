import assert from "node:assert/strict";
import { test } from "node:test";

import { Held } from "../../realtime/static/realtime/held.js";

/** Devices that answer when told to, in any order. */
function slow() {
  const answers = [];
  const open = (kinds) =>
    new Promise((resolve) => {
      answers.push((problems = {}) => {
        const tracks = { audio: null, video: null };
        for (const kind of kinds) if (!problems[kind]) tracks[kind] = track();
        resolve({ tracks, problems });
        return tracks;
      });
    });
  return { devices: { open }, answers };
}

function track() {
  return {
    isStopped: false,
    stop() {
      this.isStopped = true;
    },
  };
}

test("a camera that is let go while the browser asks is stopped when it comes", async () => {
  const { devices, answers } = slow();
  const held = new Held(devices);
  const opening = held.open(["audio", "video"]);

  held.release(["video"]);
  const { audio, video } = answers[0]();

  assert.deepEqual(await opening, { arrived: ["audio"], problems: {} });
  assert.deepEqual([audio.isStopped, video.isStopped], [false, true]);
  assert.deepEqual(held.tracks, { audio, video: null });
});

test("the one that was asked for last stays, whichever comes first", async () => {
  const { devices, answers } = slow();
  const held = new Held(devices);
  const [first, second] = [held.open(["video"]), held.open(["video"])];

  const newer = answers[1]().video;
  const older = answers[0]().video;

  assert.deepEqual([(await first).arrived, (await second).arrived], [[], ["video"]]);
  assert.deepEqual([older.isStopped, newer.isStopped, held.tracks.video], [true, false, newer]);
});

test("letting go stops what is open, and it can be opened again", async () => {
  const { devices, answers } = slow();
  const held = new Held(devices);
  const opening = held.open(["video"]);
  const { video } = answers[0]();
  await opening;

  held.release(["audio", "video"]);
  assert.deepEqual([video.isStopped, held.tracks.video], [true, null]);

  const again = held.open(["video"]);
  answers[1]({ video: "busy" });
  assert.deepEqual(await again, { arrived: ["video"], problems: { video: "busy" } });
  assert.equal(held.tracks.video, null);
});
