import assert from "node:assert/strict";
import { test } from "node:test";

import { Leg } from "../../realtime/static/realtime/legs.js";

const FLOWING = { packets: 50, frames: 15 };
const NONE = { packets: 0, frames: 0 };

/** A leg that has carried both ways for ten seconds. */
function standing(facts = {}) {
  const leg = new Leg();
  const line = {
    now: 0,
    isHere: true,
    state: "connected",
    link: "one",
    sends: "sound",
    expects: "sound",
    arrived: FLOWING,
    reported: { packets: 100, frames: 30 },
    isFirst: true,
    ...facts,
  };
  /** Looks so many times, a second apart; reports come every two seconds. */
  const looks = (count, changes = {}) => {
    Object.assign(line, changes);
    const seen = [];
    for (let n = 0; n < count; n += 1) {
      line.now += 1000;
      if (line.now % 2000 === 0 && line.reported) line.report = { ...line.reported, at: line.now };
      seen.push(leg.look({ report: null, ...line }));
    }
    return seen;
  };
  looks(20);
  return looks;
}

const named = (faults, what) => faults.findIndex((fault) => fault[what]) + 1;
const due = (faults) => faults.map(({ isDue }, second) => (isDue ? second + 1 : 0)).filter(Boolean);

test("a leg that carries both ways has no fault", () => {
  const faults = standing()(60);

  assert.ok(faults.every(({ incoming, outgoing, isDue }) => !incoming && !outgoing && !isDue));
});

test("both ends name a direction that is silent within ten seconds", () => {
  const incoming = standing()(10, { arrived: NONE });
  const outgoing = standing()(10, { reported: NONE });

  assert.ok(named(incoming, "incoming") >= 6 && named(incoming, "incoming") <= 8);
  assert.ok(named(outgoing, "outgoing") >= 4 && named(outgoing, "outgoing") <= 8);
});

test("one of the two makes it anew once both have named it, and at most every 15 seconds", () => {
  const faults = standing()(40, { arrived: NONE });
  const first = due(faults);

  assert.equal(first.length, 3);
  assert.ok(first[0] - named(faults, "incoming") >= 3);
  assert.ok(first[1] - first[0] >= 15);
});

test("the other acts only when the first does not", () => {
  const looks = standing({ isFirst: false });
  const alone = due(looks(20, { arrived: NONE }));
  const mended = due(standing({ isFirst: false })(8, { arrived: NONE }));

  assert.equal(alone.length, 1);
  assert.ok(alone[0] >= 12);
  assert.deepEqual(mended, []);
});

test("a connection that was made anew is given time, whoever made it", () => {
  const looks = standing({ isFirst: false });
  looks(8, { arrived: NONE });

  assert.deepEqual(due(looks(14, { link: "two" })), []);
  assert.equal(due(looks(3)).length, 1);
});

test("it is all well again when media comes", () => {
  const looks = standing();
  looks(10, { arrived: NONE, reported: NONE });

  const faults = looks(10, { arrived: FLOWING, reported: { packets: 100, frames: 30 }, link: "two" });

  assert.deepEqual([faults.at(-1).incoming, faults.at(-1).outgoing], [false, false]);
});

const quiet = [
  ["whoever is away", { isHere: false, arrived: NONE, reported: NONE }],
  ["a microphone and a camera that are off there", { expects: null, arrived: NONE }],
  ["a microphone and a camera that are off here", { sends: null, reported: NONE }],
  ["a camera alone that is seen", { expects: "picture", arrived: { packets: 0, frames: 10 } }],
  ["an end that reports nothing", { reported: null }],
];
for (const [who, facts] of quiet) {
  test(`${who} is no fault`, () => {
    const faults = standing()(30, facts);

    assert.ok(faults.every(({ since }) => since === 0));
  });
}

test("a new connection is given longer, and so is one that looks for a way by itself", () => {
  const leg = standing({ arrived: NONE, expects: null, sends: null, reported: null });
  const fresh = leg(12, { expects: "sound", state: "connecting", link: "two" });
  const long = due(leg(60));

  assert.equal(named(fresh, "incoming"), 0);
  assert.ok(long[0] >= 30);
});
