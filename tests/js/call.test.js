import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Call } from "../../realtime/static/realtime/call.js";
import { arrived, FakeConnection, FakeSignalling, facts, joined, settle } from "./fakes.js";

/** So many seconds of looking. */
async function seconds(count) {
  for (let second = 0; second < count; second += 1) {
    mock.timers.tick(1000);
    await settle();
  }
}

let signalling;
let call;
let connections;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  signalling = new FakeSignalling();
  connections = [];
  call = new Call({
    signalling,
    makeConnection: (configuration) => {
      connections.push(Object.assign(new FakeConnection(), { configuration }));
      return connections.at(-1);
    },
  });
});
afterEach(() => {
  call.close();
  mock.timers.reset();
});

test("in a star a school connects to the teacher alone, and the newcomer offers", async () => {
  signalling.say(joined([facts("teacher", "host"), facts("rebun")]));
  await settle();

  assert.deepEqual(signalling.offers(), ["teacher"]);
  assert.equal(call.members.get("rebun").peer, null);
  assert.equal(call.partners.length, 1);
});

test("in a mesh everybody connects to everybody", async () => {
  signalling.say(joined([facts("abe"), facts("mori")], { mode: "mesh" }));
  await settle();

  assert.deepEqual(signalling.offers(), ["abe", "mori"]);
});

test("whoever was there first waits for the newcomer's offer", async () => {
  signalling.say(joined([], { role: "host" }));
  signalling.say({ t: "peer-joined", peer: facts("rishiri") });
  await settle();

  assert.deepEqual(signalling.offers(), []);
  assert.equal(call.partners.length, 1);
});

test("nobody offers to a peer that is away", async () => {
  signalling.say(joined([facts("teacher", "host", true)]));
  await settle();

  assert.deepEqual(signalling.offers(), []);
});

test("a rejoin leaves connections that stand alone and renews the others", async () => {
  signalling.say(joined([facts("abe"), facts("mori")], { mode: "mesh" }));
  await settle();
  Object.assign(connections[0], { connectionState: "connected", signalingState: "stable" });
  signalling.sent.length = 0;

  signalling.say(joined([facts("abe"), facts("mori")], { mode: "mesh" }));
  mock.timers.tick(4000);
  await settle();

  assert.deepEqual([...new Set(signalling.offers())], ["mori"]);
  assert.equal(connections[0].connectionState, "connected");
});

test("after a restart of the server a peer whose media flows is kept, another goes after a minute", async () => {
  signalling.say(joined([facts("abe"), facts("mori")], { mode: "mesh" }));
  await settle();
  Object.assign(connections[0], { connectionState: "connected", signalingState: "stable" });
  connections[0].getStats = async () => arrived(Date.now());

  signalling.say(joined([], { mode: "mesh", srv: "s2" }));
  assert.deepEqual([...call.members.keys()], ["abe", "mori"]);
  await seconds(62);

  assert.deepEqual([...call.members.keys()], ["abe"]);
  signalling.say({ t: "peer-joined", peer: facts("abe") });
  assert.equal(connections[0].connectionState, "connected");
});

test("a peer that a restarted server has not named and whose media stopped counts as away", async () => {
  signalling.say(joined([facts("abe"), facts("mori")], { mode: "mesh" }));
  await settle();
  connections[0].connectionState = "connected";

  signalling.say(joined([], { mode: "mesh", srv: "s2" }));
  mock.timers.tick(1000);
  await settle();

  assert.deepEqual(
    [...call.members.values()].map(({ awaySince }) => awaySince > 0),
    [false, true],
  );
  signalling.say({ t: "peer-joined", peer: facts("mori") });
  assert.equal(call.members.get("mori").awaySince, 0);
});

const hands = () => signalling.sent.filter(({ t }) => t === "hand");

test("a hand that was up goes up again on a server that has forgotten it", () => {
  signalling.say(joined([]));
  call.raiseHand(true);
  signalling.sent.length = 0;

  signalling.say(joined([], { srv: "s2" }));
  assert.deepEqual(hands(), [{ t: "hand", up: true }]);

  signalling.say({ ...joined([], { srv: "s2" }), hands: ["me"] });
  assert.equal(hands().length, 1);
});

test("a hand that was lowered stays down, and one from before a reload is remembered", () => {
  signalling.say({ ...joined([]), hands: ["me"] });
  signalling.say(joined([], { srv: "s2" }));
  assert.equal(hands().length, 1);

  call.raiseHand(false);
  signalling.sent.length = 0;
  signalling.say(joined([], { srv: "s3" }));
  assert.deepEqual(hands(), []);
});

test("on the same server a peer missing from the snapshot has left", async () => {
  signalling.say(joined([facts("abe")], { mode: "mesh" }));
  await settle();

  signalling.say(joined([], { mode: "mesh" }));

  assert.equal(call.members.size, 0);
  assert.equal(connections[0].connectionState, "closed");
});

test("what arrives is reported to whoever sent it", async () => {
  signalling.say(joined([facts("teacher", "host")]));
  await settle();
  connections[0].connectionState = "connected";
  let packets = 0;
  connections[0].getStats = async () => {
    packets += 50;
    const audio = {
      type: "inbound-rtp",
      kind: "audio",
      packetsReceived: packets,
      totalAudioEnergy: packets / 50 / 4,
      totalSamplesDuration: packets / 50,
    };
    return new Map([["a", audio]]);
  };

  await seconds(4);

  assert.deepEqual(
    signalling.sent.filter(({ t }) => t === "heard"),
    [50, 100].map((packets) => ({ t: "heard", to: "teacher", level: 0.5, packets, frames: 0 })),
  );
});

test("what arrives there is remembered with its time", () => {
  signalling.say(joined([facts("teacher", "host")]));
  signalling.say({ t: "heard", from: "teacher", level: 0.2, packets: 98, frames: 30 });

  assert.deepEqual(call.members.get("teacher").heard, {
    level: 0.2,
    packets: 98,
    frames: 30,
    at: Date.now(),
  });
});

test("where media must be relayed no other way is tried", async () => {
  signalling.say(joined([facts("teacher", "host")], { relay: true }));
  await settle();

  assert.equal(connections[0].configuration.iceTransportPolicy, "relay");
});

test("a new snapshot ends nothing, and whoever is new to it is offered to", async () => {
  signalling.say(joined([facts("abe")], { mode: "mesh" }));
  await settle();
  signalling.sent.length = 0;

  signalling.say({ t: "peers", peers: [facts("mori")], hands: ["mori"], floor: null });
  await settle();

  assert.deepEqual([...call.members.keys()], ["abe", "mori"]);
  assert.deepEqual([signalling.offers(), call.hands], [["mori"], ["mori"]]);
  assert.notEqual(connections[0].connectionState, "closed");
});

test("what was asked of a listener is known from the start and when it changes", () => {
  signalling.say({ ...joined([]), listen: true });
  assert.ok(call.isListening);

  signalling.say({ t: "listen", on: false });
  assert.ok(!call.isListening);
});

test("who leads from now on offers to those it had no connection with, and what stands goes on", async () => {
  signalling.say(joined([facts("teacher", "host"), facts("rishiri")]));
  await settle();
  Object.assign(connections[0], { connectionState: "connected", signalingState: "stable" });
  signalling.sent.length = 0;

  signalling.say(joined([facts("teacher", "host"), facts("rishiri")], { role: "host" }));
  await settle();

  assert.equal(call.role, "host");
  assert.deepEqual(signalling.offers(), ["rishiri"]);
  assert.equal(connections[0].connectionState, "connected");
});

test("whoever learns that another leads now is connected with it and waits for its offer", async () => {
  signalling.say(joined([facts("teacher", "host"), facts("planner")]));
  await settle();
  signalling.sent.length = 0;

  signalling.say({ t: "peer-joined", peer: facts("planner", "host") });
  signalling.say({ t: "peer-joined", peer: facts("teacher", "guest") });
  await settle();

  assert.deepEqual(signalling.offers(), []);
  assert.deepEqual(
    [...call.members].map(([id, { duty }]) => [id, duty]),
    [
      ["teacher", null],
      ["planner", "both"],
    ],
  );
});

test("a hand that others have lowered is not raised again after the line was lost", () => {
  signalling.say(joined([facts("teacher", "host")]));
  call.raiseHand(true);
  signalling.say({ t: "hands", queue: ["me"] });
  signalling.say({ t: "hands", queue: [] });
  signalling.sent.length = 0;

  signalling.say(joined([facts("teacher", "host")], { srv: "s2" }));

  assert.ok(!signalling.sent.some(({ t }) => t === "hand"));
});
