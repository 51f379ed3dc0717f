import assert from "node:assert/strict";
import { test } from "node:test";

import { Keeper } from "../../clinics/static/clinics/keeping.js";

/** A page and a server that answers as `answers` say; a function is called for its answer. */
function over(answers) {
  const page = { typed: "", sent: [], typing: [], said: [], timers: [] };
  const keeper = new Keeper({
    read: () => page.typed,
    send: async ({ body, isTyped }) => {
      page.sent.push(body);
      page.typing.push(isTyped);
      const answer = answers.shift();
      if (answer === undefined) throw new TypeError("no connection");
      return await answer;
    },
    wait: (callback, ms) => {
      const timer = { callback, ms };
      page.timers.push(timer);
      return () => {
        page.timers = page.timers.filter((one) => one !== timer);
      };
    },
  });
  for (const kind of ["kept", "stale", "refused", "away"]) {
    keeper.addEventListener(kind, (event) => page.said.push([kind, event.detail?.words]));
  }
  const type = (words) => {
    page.typed = words;
    keeper.changed();
  };
  /** The clock reaches the one timer that stands. */
  const pass = async () => {
    assert.equal(page.timers.length, 1);
    page.timers.shift().callback();
    await new Promise((done) => setImmediate(done));
  };
  return { keeper, page, type, pass };
}

const KEPT = { status: 200, state: { words: "kept at 9:45" } };
const GONE = { status: 410, state: { words: "it was sent meanwhile" } };
const STALE = { status: 409, state: { words: "changed elsewhere at 9:50" } };

test("what is typed goes out once, a moment after the last key", async () => {
  const { page, type, pass } = over([KEPT]);

  type("a");
  type("ab");
  await pass();

  assert.deepEqual(page.sent, ["ab"]);
  assert.deepEqual(page.said, [["kept", "kept at 9:45"]]);
  assert.equal(page.timers.length, 0);
});

test("after another window's words it says so and sends nothing more", async () => {
  const { keeper, page, type, pass } = over([STALE]);
  type("a");
  await pass();

  type("ab");
  keeper.flush();

  assert.deepEqual(page.said, [["stale", "changed elsewhere at 9:50"]]);
  assert.deepEqual(page.sent, ["a"]);
  assert.equal(page.timers.length, 0);
});

test("what the server does not take any more it is sent once, and the page says why", async () => {
  const { keeper, page, type, pass } = over([GONE]);
  type("a");
  await pass();

  type("a new sentence");
  keeper.flush();

  assert.deepEqual(page.said, [["refused", "it was sent meanwhile"]]);
  assert.deepEqual(page.sent, ["a"]);
  assert.equal(page.timers.length, 0);
});

test("what is sent again by itself says that nobody typed", async () => {
  const { page, type, pass } = over([undefined, undefined, KEPT]);
  type("a");
  await pass();
  await pass();

  type("ab");
  await pass();

  assert.deepEqual(page.typing, [true, false, true]);
});

test("words without an answer go again as they were, and newer ones at once after them", async () => {
  const { page, type, pass } = over([undefined, KEPT, KEPT]);
  type("a");
  await pass();

  type("ab");
  await pass();
  assert.equal(page.timers[0].ms, 0);
  await pass();

  assert.deepEqual(page.sent, ["a", "a", "ab"]);
  assert.deepEqual(
    page.said.map(([kind]) => kind),
    ["away", "kept", "kept"],
  );
});

test("a press waits for the sending that is under way", async () => {
  let answer = () => {};
  const { keeper, page, type } = over([
    new Promise((done) => {
      answer = () => done(KEPT);
    }),
  ]);
  type("a");
  keeper.flush();
  assert.equal(keeper.isSending, true);

  const stopped = keeper.stop();
  answer();
  await stopped;

  assert.equal(keeper.isSending, false);
  assert.deepEqual(page.said, [["kept", "kept at 9:45"]]);
  type("ab");
  assert.equal(page.timers.length, 0);
});

test("whoever is about to leave the page has everything kept first", async () => {
  const { keeper, page, type } = over([undefined, KEPT, KEPT]);
  type("a");
  assert.equal(await keeper.settled(), false); // no answer
  type("ab");

  assert.equal(await keeper.settled(), true);

  assert.deepEqual(page.sent, ["a", "a", "ab"]);
  assert.equal(keeper.isUnkept, false);
});

test("what is not taken any more holds back who is about to leave", async () => {
  const { keeper, type } = over([STALE]);
  type("a");

  assert.equal(await keeper.settled(), false);
  assert.equal(keeper.isUnkept, true);
});
