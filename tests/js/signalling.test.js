import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Signalling } from "../../realtime/static/realtime/signalling.js";
import { FakeSocket } from "./fakes.js";

const JOINED = { t: "joined", id: "p1", resume: "token", hb: { every: 5000, dead: 15000 }, chat: [] };

let signalling;
let token;
let events;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  FakeSocket.all = [];
  token = "";
  events = [];
  signalling = new Signalling({
    url: "ws://room",
    store: {
      get: () => token,
      set: (given) => {
        token = given;
      },
    },
    makeSocket: (url) => new FakeSocket(url),
  });
  for (const name of ["joined", "down", "refused", "chat"]) {
    signalling.addEventListener(name, (event) => events.push([name, event.detail]));
  }
  signalling.start();
});
afterEach(() => mock.timers.reset());

function join() {
  FakeSocket.last.open();
  FakeSocket.last.say(JOINED);
}

const names = () => events.map(([name]) => name);

test("it joins, keeps the token, and says nothing before it is in", () => {
  FakeSocket.last.open();
  assert.equal(signalling.send({ t: "hand", up: true }), false);

  FakeSocket.last.say(JOINED);

  const [{ page, ...join }] = FakeSocket.last.sent;
  assert.deepEqual(join, { t: "join", v: 1 });
  assert.match(page, /^[0-9a-f]{16}$/);
  assert.equal(token, "token");
  assert.equal(signalling.send({ t: "hand", up: true }), true);
  assert.deepEqual(FakeSocket.last.sent.at(-1), { t: "hand", up: true });
});

test("it comes back with its token after a lost line, ever more patiently up to three seconds", () => {
  join();
  FakeSocket.last.shut(1006);
  assert.deepEqual(names(), ["joined", "down"]);

  const waits = [];
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const before = FakeSocket.all.length;
    let waited = 0;
    while (FakeSocket.all.length === before) {
      mock.timers.tick(10);
      waited += 10;
    }
    waits.push(waited);
    FakeSocket.last.shut(1006);
  }
  mock.timers.tick(3000);
  join();

  assert.ok(waits[0] <= 310, `${waits}`);
  assert.ok(
    waits.every((wait) => wait <= 3010),
    `${waits}`,
  );
  assert.ok(waits.at(-1) >= 1500, `${waits}`);
  const [{ page }] = FakeSocket.all[0].sent;
  assert.deepEqual(FakeSocket.last.sent[0], { t: "join", v: 1, page, resume: "token" });
  assert.deepEqual(names(), ["joined", "down", "joined"]);
});

for (const code of [4408, 4412, 1001, 1006, 1011]) {
  test(`it comes back after ${code}`, () => {
    join();
    FakeSocket.last.shut(code);
    mock.timers.tick(400);

    assert.equal(FakeSocket.all.length, 2);
  });
}

for (const code of [4400, 4401, 4403, 4409, 4410, 4413, 4429]) {
  test(`it stays away after ${code} and says why`, () => {
    join();
    const error = { t: "error", code: "room-closed", fatal: true };
    FakeSocket.last.say(error);
    FakeSocket.last.shut(code);
    mock.timers.tick(60_000);

    assert.equal(FakeSocket.all.length, 1);
    assert.deepEqual(events.at(-1), ["refused", { code, error }]);
  });
}

test("it beats every five seconds and makes another socket at half the silence of the server", () => {
  join();
  const first = FakeSocket.last;
  for (let beat = 0; beat < 2; beat += 1) {
    mock.timers.tick(5000);
    first.say({ t: "pong", ts: 1, at: "" });
  }
  assert.equal(first.sent.filter(({ t }) => t === "ping").length, 2);

  mock.timers.tick(7000);
  assert.deepEqual(names(), ["joined"]);
  mock.timers.tick(500);

  assert.deepEqual(names(), ["joined", "down"]);
  assert.equal(first.closedWith, 4408);
  mock.timers.tick(400);
  assert.equal(FakeSocket.all.length, 2);
});

test("a handshake into a black hole is given up", () => {
  mock.timers.tick(6000);
  mock.timers.tick(400);

  assert.equal(FakeSocket.all.length, 2);
});

test("what an old socket still says is not heard", () => {
  join();
  const old = FakeSocket.last;
  const { onmessage } = old;
  old.shut(1006);
  mock.timers.tick(400);
  join();

  onmessage({ data: JSON.stringify({ t: "chat", text: "ghost" }) });

  assert.ok(!names().includes("chat"));
});

test("a network that comes before it has started makes no second socket", () => {
  const early = new Signalling({
    url: "ws://room",
    store: { get: () => "", set: () => {} },
    makeSocket: (url) => new FakeSocket(url),
  });
  const before = FakeSocket.all.length;

  early.nudge();
  early.start();

  assert.equal(FakeSocket.all.length, before + 1);
  early.leave();
});

test("leaving tells the others and stays away", () => {
  join();
  const socket = FakeSocket.last;

  signalling.leave();
  mock.timers.tick(60_000);

  assert.deepEqual(socket.sent.at(-1), { t: "leave" });
  assert.equal(socket.closedWith, 1000);
  assert.equal(FakeSocket.all.length, 1);
});
