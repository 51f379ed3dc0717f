import assert from "node:assert/strict";
import { test } from "node:test";

import {
  checkLine,
  isToneHeard,
  judgeCamera,
  judgeMicrophone,
} from "../../realtime/static/realtime/checks.js";

const open = { loudest: 0.02, seconds: 3, isHeard: true, isMuted: false };

test("a microphone that carries anything works, and digital silence does not", () => {
  assert.equal(judgeMicrophone(open).verdict, "ok");
  assert.equal(judgeMicrophone({ ...open, loudest: 0, seconds: 2 }).verdict, "");
  assert.deepEqual(judgeMicrophone({ ...open, loudest: 0, seconds: 6 }), {
    verdict: "bad",
    words: "microphone_silent",
  });
  assert.equal(judgeMicrophone({ ...open, isMuted: true }).verdict, "bad");
});

test("a page that may not listen yet blames no microphone", () => {
  assert.equal(judgeMicrophone({ ...open, loudest: 0, seconds: 60, isHeard: false }).verdict, "ok");
});

test("a camera needs pictures, and light", () => {
  assert.equal(judgeCamera({ frames: 0, brightness: 255, seconds: 1 }).verdict, "");
  assert.equal(judgeCamera({ frames: 0, brightness: 255, seconds: 9 }).words, "camera_still");
  assert.equal(judgeCamera({ frames: 5, brightness: 2, seconds: 9 }).words, "camera_dark");
  assert.equal(judgeCamera({ frames: 5, brightness: 90, seconds: 9 }).verdict, "ok");
});

/** A network whose answers take so many ms each; `null` is none at all. */
function network(times) {
  let now = 0;
  const asked = [];
  return {
    asked,
    clock: () => now,
    fetch: async (url) => {
      const ms = times[asked.length];
      asked.push(url);
      if (ms === null) throw new TypeError("no network");
      now += ms;
      return { ok: true };
    },
  };
}

test("the line is as good as the middle one of five round trips", async () => {
  const fine = network([900, 20, 30, 25, 22]);

  assert.deepEqual(await checkLine({ url: "/line/", ...fine }), { verdict: "ok", words: "line_ok", ms: 25 });
  assert.equal(fine.asked.length, 5);
});

test("a slow line is named, and a dead one is not waited for five times", async () => {
  const slow = await checkLine({ url: "/line/", ...network([500, 600, 700, 500, 450]) });
  const dead = network([null, null, 10, 10, 10]);

  assert.deepEqual(slow, { verdict: "bad", words: "line_slow", ms: 500 });
  assert.equal((await checkLine({ url: "/line/", ...dead })).words, "line_bad");
  assert.equal(dead.asked.length, 2);
});

test("a line that loses most answers is bad, one lost answer is not", async () => {
  const one = await checkLine({ url: "/line/", ...network([20, null, 20, 20, 20]) });
  const most = await checkLine({ url: "/line/", ...network([20, null, null, null, 20]) });

  assert.equal(one.verdict, "ok");
  assert.equal(most.verdict, "bad");
});

test("a tone is heard when it stands out of what was there before", () => {
  assert.equal(isToneHeard([-90, -88], [-60, -40, -45]), true);
  assert.equal(isToneHeard([-50, -48], [-47, -45]), false, "the room itself was loud");
  assert.equal(isToneHeard([-120], [-100]), false, "too faint to be the speaker");
  assert.equal(isToneHeard([], [-40]), false);
});
