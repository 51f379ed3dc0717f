import assert from "node:assert/strict";
import { test } from "node:test";

import { sender, Taps } from "../../classrooms/static/classrooms/taps.js";

/** A shelf as localStorage is one. */
class Shelf {
  #kept = new Map();
  get length() {
    return this.#kept.size;
  }
  key(n) {
    return [...this.#kept.keys()][n] ?? null;
  }
  getItem(key) {
    return this.#kept.get(key) ?? null;
  }
  setItem(key, value) {
    this.#kept.set(key, value);
  }
  removeItem(key) {
    this.#kept.delete(key);
  }
}

const STATE = { version: "1", confirmed: false, totals: "", short: "", evidence: "", pupils: {} };

const QUESTION = { seen: 9, yes: "late", no: "absent" };

/** Taps over a server that answers as `answers` say, the last one for ever. */
function over(answers, { shelf = new Shelf(), reader = "7" } = {}) {
  const sent = [];
  const later = [];
  const taps = new Taps({
    shelf,
    reader,
    register: "12",
    send: async (tap) => {
      sent.push(tap);
      const outcome = answers.length > 1 ? answers.shift() : answers[0];
      if (outcome === "asked") return { outcome: "refused", words: "which?", question: QUESTION };
      return outcome === "taken" ? { outcome, state: STATE } : { outcome, words: "no" };
    },
    later: (run, ms) => later.push({ run, ms }),
  });
  return { taps, sent, later, shelf };
}

const marks = (taps) => taps.kept.map((tap) => `${tap.student} ${tap.mark}`);

test("a tap that is taken is kept no longer", async () => {
  const { taps, sent, shelf } = over(["taken"]);
  const states = [];
  taps.addEventListener("taken", (event) => states.push(event.detail));

  await taps.tap({ student: "1", mark: "late" });

  assert.deepEqual([taps.kept, shelf.length, states], [[], 0, [STATE]]);
  assert.match(sent[0].intention, /^[0-9a-f-]{36}$/);
});

test("out of reach, taps stay on the device in their order and wait longer each time", async () => {
  const { taps, later } = over(["away"]);

  await taps.tap({ student: "1", mark: "late" });
  await taps.tap({ student: "2", mark: "absent" });
  await taps.tap({ student: "1", mark: "present" });

  assert.deepEqual(marks(taps), ["1 late", "2 absent", "1 present"]);
  assert.deepEqual([taps.standstill, later.map((each) => each.ms)], ["away", [1000, 2000, 4000]]);
});

test("back in reach, each goes once, in order, with the key it was tapped with", async () => {
  const { taps, sent } = over(["away", "taken"]);
  await taps.tap({ student: "1", mark: "late" });
  const key = taps.kept[0].intention;
  const second = taps.tap({ student: "2", mark: "absent" });

  await second;

  assert.deepEqual(
    sent.map((tap) => tap.mark),
    ["late", "late", "absent"],
  );
  assert.deepEqual([sent[0].intention, sent[1].intention], [key, key]);
  assert.equal(taps.kept.length, 0);
});

test("a page that is loaded again finds what the last one could not send", async () => {
  const before = over(["away"]);
  await before.taps.tap({ student: "1", mark: "late" });
  await before.taps.tap({ student: "2", mark: "absent" });

  const { taps, sent } = over(["taken"], { shelf: before.shelf });
  await taps.flush();

  assert.deepEqual(sent, before.taps.kept);
  assert.equal(before.shelf.length, 0);
});

test("one account's taps are never sent as another's", async () => {
  const before = over(["away"]);
  await before.taps.tap({ student: "1", mark: "late" });

  const { taps, sent } = over(["taken"], { shelf: before.shelf, reader: "8" });
  await taps.flush();

  assert.deepEqual([sent, before.shelf.length], [[], 1]);
});

test("what is kept names no pupil", async () => {
  const { taps, shelf } = over(["away"]);
  await taps.tap({ student: "31", mark: "late" });

  const kept = JSON.parse(shelf.getItem(shelf.key(0)));

  assert.deepEqual(Object.keys(kept).sort(), ["intention", "mark", "order", "student"]);
});

test("a refused tap holds up no other, and stays with its words until somebody has read it", async () => {
  const { taps, sent, shelf } = over(["refused", "taken"]);
  const said = [];
  taps.addEventListener("refused", (event) => said.push([event.detail.tap.mark, event.detail.words]));

  const first = taps.tap({ student: "1", mark: "late" });
  taps.tap({ student: "2", mark: "absent" });
  await first;
  await taps.flush();

  assert.deepEqual([said, sent.length, taps.kept], [[["late", "no"]], 2, []]);
  assert.deepEqual([taps.refused.map(({ tap }) => tap.student), shelf.length], [["1"], 1]);
  taps.dismiss(taps.refused[0].tap);
  assert.deepEqual([taps.refused, shelf.length], [[], 0]);
});

test("a page that is loaded before a refusal was read hears it again", async () => {
  const before = over(["refused"]);
  await before.taps.tap({ student: "1", mark: "late" });

  const { taps } = over(["refused"], { shelf: before.shelf });
  await taps.flush();

  assert.deepEqual(
    taps.refused.map(({ tap, words }) => [tap.student, tap.mark, words]),
    [["1", "late", "no"]],
  );
});

test("whoever insists on a mark sends it as a new tap that has seen the other's", async () => {
  const { taps, sent, shelf } = over(["asked", "taken"]);
  await taps.tap({ student: "1", mark: "late", seen: "4" });

  await taps.insist(taps.refused[0]);

  assert.deepEqual(
    sent.map((tap) => [tap.mark, tap.seen]),
    [
      ["late", "4"],
      ["late", "9"],
    ],
  );
  assert.notEqual(sent[0].intention, sent[1].intention);
  assert.deepEqual([taps.refused, shelf.length], [[], 0]);
});

test("of two taps of one pupil only the later is asked about, and a new tap answers it", async () => {
  const { taps } = over(["away", "asked", "asked", "taken"]);
  await taps.tap({ student: "1", mark: "late", seen: "4" });
  await taps.tap({ student: "1", mark: "absent", seen: "4" });

  assert.deepEqual(
    taps.refused.map(({ tap }) => tap.mark),
    ["absent"],
  );
  await taps.tap({ student: "1", mark: "present", seen: "9" });
  assert.deepEqual(taps.refused, []);
});

test("without a shelf the taps live as long as the page", async () => {
  const closed = {
    length: 0,
    key: () => null,
    getItem: () => null,
    setItem: () => {
      throw new Error("full");
    },
    removeItem: () => {
      throw new Error("closed");
    },
  };
  const { taps } = over(["away", "taken"], { shelf: closed });
  await taps.tap({ student: "1", mark: "late" });

  assert.deepEqual(marks(taps), ["1 late"]);
  await taps.flush();
  assert.deepEqual(taps.kept, []);
});

const TAP = { student: "1", mark: "late", intention: "k", order: 1 };

for (const [name, response, outcome] of [
  ["an answer", Response.json(STATE), "taken"],
  ["a refusal", Response.json({ refused: "理由が必要です" }, { status: 409 }), "refused"],
  ["another account's session", Response.json({ signed_out: true }, { status: 409 }), "signed-out"],
  ["a service without its database", new Response("", { status: 503 }), "away"],
  ["too many requests", new Response("", { status: 429 }), "away"],
  ["a session that ended", new Response("", { status: 403 }), "signed-out"],
  ["a right that ended", new Response("", { status: 404 }), "refused"],
]) {
  test(`${name} is ${outcome}`, async () => {
    const send = sender({
      fetch: async () => response,
      url: "/register/12/marks/",
      token: () => "t",
      reader: "7",
    });

    assert.equal((await send(TAP)).outcome, outcome);
  });
}

test("a line that is down is away, and the request says who tapped what over which mark", async () => {
  const asked = [];
  const fetch = async (url, options) => {
    asked.push([url, options.headers["X-CSRFToken"], options.body.toString()]);
    throw new TypeError("Failed to fetch");
  };
  const send = sender({ fetch, url: "/register/12/marks/", token: () => "t", reader: "7" });

  assert.deepEqual(await send(TAP), { outcome: "away" });
  await send({ student: "1", note: "bus", seen: "4", intention: "l", order: 2 });
  assert.deepEqual(asked, [
    ["/register/12/marks/", "t", "student=1&intention=k&reader=7&mark=late"],
    ["/register/12/marks/", "t", "student=1&intention=l&reader=7&note=bus&seen=4"],
  ]);
});
