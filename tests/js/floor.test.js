import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Call } from "../../realtime/static/realtime/call.js";
import { duty } from "../../realtime/static/realtime/topology.js";
import { FakeConnection, FakeSignalling, facts, joined, settle, track } from "./fakes.js";

const CLASS = [facts("teacher", "host"), facts("rishiri"), facts("rebun")];

let signalling;
let call;
let connections;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  signalling = new FakeSignalling();
  connections = [];
  call = new Call({
    signalling,
    makeConnection: () => {
      connections.push(new FakeConnection());
      return connections.at(-1);
    },
  });
  call.setTracks({ audio: track("audio"), video: track("video"), screen: null });
});
afterEach(() => {
  call.close();
  mock.timers.reset();
});

const duties = () => Object.fromEntries([...call.members].map(([id, member]) => [id, member.duty]));

test("between two guests there is a connection only while one of them has the floor", () => {
  const [me, other] = [
    { id: "me", role: "guest" },
    { id: "rebun", role: "guest" },
  ];
  const cases = [null, "me", "rebun", "rishiri"].map((floor) => duty({ mode: "star", me, other, floor }));

  assert.deepEqual(cases, [null, "send", "receive", null]);
  assert.equal(duty({ mode: "mesh", me, other, floor: "me" }), "both");
});

test("who gets the floor offers to every other guest, within its limits for many", async () => {
  signalling.say(joined(CLASS));
  await settle();
  signalling.sent.length = 0;

  signalling.say({ t: "floor", id: "me" });
  await settle();

  assert.deepEqual(duties(), { teacher: "both", rishiri: "send", rebun: "send" });
  assert.deepEqual(signalling.offers(), ["rishiri", "rebun"]);
  const rates = connections.map((each) => each.getSenders()[1].parameters.encodings[0].maxBitrate);
  assert.deepEqual(rates, [300_000, 300_000, 300_000]);
});

test("when the floor ends those connections end, and no other", async () => {
  signalling.say(joined(CLASS));
  signalling.say({ t: "floor", id: "me" });
  await settle();

  signalling.say({ t: "floor", id: null });
  await settle();

  assert.deepEqual(duties(), { teacher: "both", rishiri: null, rebun: null });
  assert.deepEqual(
    connections.map(({ connectionState }) => connectionState),
    ["new", "closed", "closed"],
  );
  assert.equal(connections[0].getSenders()[1].parameters.encodings[0].maxBitrate, 700_000);
});

test("who listens waits for the holder's offer", async () => {
  signalling.say(joined(CLASS));
  await settle();
  signalling.sent.length = 0;

  signalling.say({ t: "floor", id: "rebun" });
  await settle();

  assert.deepEqual(duties(), { teacher: "both", rishiri: null, rebun: "receive" });
  assert.deepEqual(signalling.offers(), []);
});

test("who comes while somebody has the floor looks after that connection as after every other", async () => {
  signalling.say(joined(CLASS, { floor: "rebun" }));
  await settle();

  assert.deepEqual(signalling.offers(), ["teacher", "rebun"]);
});

test("the floor passes from one to the next", async () => {
  signalling.say(joined(CLASS, { floor: "rebun" }));
  await settle();

  signalling.say({ t: "floor", id: "rishiri" });
  await settle();

  assert.deepEqual(duties(), { teacher: "both", rishiri: "receive", rebun: null });
});

test("nobody is told what arrives from somebody who only listens", async () => {
  signalling.say(joined(CLASS, { floor: "me" }));
  await settle();
  mock.timers.tick(4000);
  await settle();

  const told = signalling.sent.filter(({ t }) => t === "heard").map(({ to }) => to);

  assert.ok(!told.includes("rishiri"));
  assert.deepEqual(
    call.listeners.map((member) => member.facts.id),
    ["teacher"],
  );
});

test("a voice that reaches whoever looks on alone has reached nobody", async () => {
  const observer = { ...facts("suzuki"), school: false, observer: true };
  signalling.say(joined([facts("rishiri"), observer], { role: "host" }));
  await settle();

  assert.deepEqual(
    call.listeners.map((member) => member.facts.id),
    ["rishiri"],
  );
});

test("a server that has restarted is told of the floor as soon as it knows who has it", () => {
  signalling.say(joined([facts("rishiri")], { role: "host" }));
  call.giveFloor("rishiri");
  signalling.say({ t: "floor", id: "rishiri" });
  signalling.sent.length = 0;

  signalling.say(joined([], { role: "host", srv: "s2" }));
  assert.equal(call.floor, "rishiri");
  signalling.say({ t: "peer-joined", peer: facts("rishiri") });

  assert.deepEqual(
    signalling.sent.filter(({ t }) => t === "floor"),
    [{ t: "floor", to: "rishiri" }],
  );
});

test("a floor that nobody gives again ends after some seconds, and media flows until then", async () => {
  signalling.say(joined(CLASS, { floor: "me" }));
  await settle();

  signalling.say(joined(CLASS, { srv: "s2" }));
  await settle();
  assert.deepEqual(duties(), { teacher: "both", rishiri: "send", rebun: "send" });
  for (let second = 0; second < 7; second += 1) {
    mock.timers.tick(1000);
    await settle();
  }

  assert.equal(call.floor, null);
  assert.deepEqual(duties(), { teacher: "both", rishiri: null, rebun: null });
});

test("whoever leads gives the floor again that another page of theirs gave, or the one before a reload", () => {
  signalling.say(joined([facts("rishiri")], { role: "host", floor: "rishiri" }));
  signalling.sent.length = 0;

  signalling.say(joined([facts("rishiri")], { role: "host", srv: "s2" }));

  assert.deepEqual(
    signalling.sent.filter(({ t }) => t === "floor"),
    [{ t: "floor", to: "rishiri" }],
  );
});

test("a floor that was taken back while the server went away is not given again", () => {
  signalling.say(joined([facts("rishiri")], { role: "host", floor: "rishiri" }));
  call.giveFloor(null);
  signalling.sent.length = 0;

  signalling.say(joined([facts("rishiri")], { role: "host", srv: "s2" }));

  assert.ok(!signalling.sent.some(({ t }) => t === "floor"));
});

test("a guest gives nobody the floor after a restart", () => {
  signalling.say(joined(CLASS, { floor: "rebun" }));
  signalling.sent.length = 0;

  signalling.say(joined(CLASS, { srv: "s2" }));

  assert.ok(!signalling.sent.some(({ t }) => t === "floor"));
});
