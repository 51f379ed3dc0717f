import assert from "node:assert/strict";
import { test } from "node:test";

import { Reports } from "../../realtime/static/realtime/device_reports.js";

/** A server that answers as it is told, and timers that go off by hand. */
function world(answers) {
  const sent = [];
  const planned = [];
  const reports = new Reports({
    url: "/device/status/",
    csrf: "token",
    say: () => ({ camera: "ok" }),
    fetch: async (url, options) => {
      sent.push({ url, ...options, body: JSON.parse(options.body) });
      const answer = answers[Math.min(sent.length, answers.length) - 1];
      if (answer instanceof Error) throw answer;
      return answer;
    },
    later: (work, ms) => {
      planned.push({ work, ms });
      return planned.length;
    },
    stop: () => {},
  });
  const told = [];
  for (const name of ["heard", "lost", "signed-out"]) {
    reports.addEventListener(name, (event) => told.push([name, event.detail?.go]));
  }
  return { reports, sent, planned, told };
}

const orders = (go = "", every = 3000) => ({
  ok: true,
  status: 200,
  json: async () => ({ go, every, at: "2026-11-26T00:33:00Z" }),
});
const gone = new TypeError("no network");

test("it says how it is, and comes back when it is told to", async () => {
  const { reports, sent, planned, told } = world([orders("", 15000)]);

  await reports.report();

  assert.deepEqual(sent[0].body, { camera: "ok" });
  assert.equal(sent[0].headers["X-CSRFToken"], "token");
  assert.deepEqual(told, [["heard", ""]]);
  assert.equal(planned[0].ms, 15000);
});

test("an order is told", async () => {
  const { reports, told } = world([orders("/rooms/1/")]);

  await reports.report();

  assert.deepEqual(told, [["heard", "/rooms/1/"]]);
});

test("without a line it asks ever more slowly, and anew after an answer", async () => {
  const { reports, planned } = world([gone, gone, gone, gone, gone, gone, orders(), gone]);

  for (let n = 0; n < 8; n += 1) await reports.report();

  assert.deepEqual(
    planned.map(({ ms }) => ms),
    [3000, 6000, 12000, 24000, 30000, 30000, 3000, 3000],
  );
});

test("a server that fails is no line either", async () => {
  const { reports, told } = world([{ ok: false, status: 502 }]);

  await reports.report();

  assert.deepEqual(told, [["lost", undefined]]);
});

test("who was signed out asks no more", async () => {
  for (const answer of [
    { type: "opaqueredirect", ok: false, status: 0 },
    { ok: false, status: 403 },
  ]) {
    const { reports, sent, told, planned } = world([answer]);

    await reports.report();
    await reports.report();

    assert.deepEqual(told, [["signed-out", undefined]]);
    assert.equal(sent.length, 1);
    assert.equal(planned.length, 0);
  }
});

test("two at once are one", async () => {
  const { reports, sent } = world([orders()]);

  await Promise.all([reports.report(), reports.report()]);

  assert.equal(sent.length, 1);
});
