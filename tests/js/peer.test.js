import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { limits } from "../../realtime/static/realtime/encodings.js";
import { Peer } from "../../realtime/static/realtime/peer.js";
import { FakeConnection, settle, track } from "./fakes.js";

const LIMITS = limits({ caps: { video_kbps: 300, fps: 15, w: 320, h: 180 }, isSharing: false, step: 0 });

/** Two peers and the server between them, which loses what `lose` names. */
class Pair {
  lost = [];
  log = [];

  constructor(duties = {}) {
    this.duties = duties;
    this.lose = () => false;
    this.one = this.make("a", "b");
    this.other = this.make("b", "a");
  }

  make(me, other) {
    const connections = [];
    const peer = new Peer({
      other,
      isPolite: me < other,
      tracks: { audio: track("audio"), video: track("video") },
      limits: LIMITS,
      duty: this.duties?.[me],
      makeConnection: () => {
        connections.push(new FakeConnection());
        return connections.at(-1);
      },
      send: (message) => {
        this.log.push({ from: me, ...message });
        if (this.lose(message)) return true;
        const receiver = other === "a" ? this.one : this.other;
        queueMicrotask(() => void receiver.receive({ ...message, from: me }));
        return true;
      },
    });
    peer.connections = connections;
    return peer;
  }

  said(t) {
    return this.log.filter((message) => message.t === t);
  }
}

const isConnected = ({ one, other }) => one.isConnected && other.isConnected;

/** Which connection each has, by the descriptions it was made for. */
const last = (peer) => peer.connections.at(-1);

let pair;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval", "Date"] });
  pair = new Pair();
});
afterEach(() => mock.timers.reset());

test("a newcomer's offer is answered once and both send what they have", async () => {
  pair.one.connect();
  await settle();

  assert.ok(isConnected(pair));
  assert.deepEqual([pair.said("offer").length, pair.said("answer").length], [1, 1]);
  for (const peer of [pair.one, pair.other]) {
    const sent = last(peer).getTransceivers();
    assert.deepEqual(
      sent.map(({ sender }) => sender.track?.kind),
      ["audio", "video", undefined],
    );
    assert.deepEqual(
      sent.map(({ direction }) => direction),
      ["sendrecv", "sendrecv", "sendrecv"],
    );
    const [audio, video] = sent.map(({ sender }) => sender.parameters.encodings[0]);
    assert.deepEqual([audio.maxBitrate, audio.networkPriority], [40_000, "high"]);
    assert.deepEqual(
      [video.maxBitrate, video.maxFramerate, video.scaleResolutionDownBy, video.networkPriority],
      [300_000, 15, 2, "low"],
    );
  }
});

test("two first offers that cross end in one connection", async () => {
  pair.one.connect();
  pair.other.connect();
  await settle();
  mock.timers.tick(4000);
  await settle();

  assert.ok(isConnected(pair));
  assert.equal(last(pair.one).remoteDescription.sdp.split(" ")[1], last(pair.other).name);
  assert.equal(last(pair.other).remoteDescription.sdp.split(" ")[1], last(pair.one).name);
});

for (const from of ["one", "other"]) {
  test(`a lost offer of ${from} is noticed after four seconds and made anew`, async () => {
    pair.lose = ({ t }) => t === "offer" && pair.said("offer").length === 1;
    pair[from].connect();
    await settle();
    mock.timers.tick(3999);
    await settle();
    assert.ok(!isConnected(pair));

    mock.timers.tick(1);
    await settle();

    assert.ok(isConnected(pair));
    assert.equal(pair.said("offer").length, 2);
  });
}

test("a line that is slower than our patience is waited for, and a late answer is no other's", async () => {
  const late = [];
  pair.lose = (message) => {
    if (message.t === "answer") late.push(message);
    return message.t === "answer";
  };
  pair.one.connect();
  await settle();
  mock.timers.tick(4000);
  await settle();
  assert.equal(pair.said("offer").length, 2);

  await pair.one.receive({ ...late[0], from: "b" });
  assert.equal(last(pair.one).signalingState, "have-local-offer");
  mock.timers.tick(7999);
  await settle();
  assert.equal(pair.said("offer").length, 2);
  await pair.one.receive({ ...late[1], from: "b" });

  assert.equal(last(pair.one).remoteDescription.sdp.split(" ")[1], last(pair.other).name);
  assert.ok(isConnected(pair));
});

test("a lost answer is noticed likewise", async () => {
  pair.lose = ({ t }) => t === "answer" && pair.said("answer").length === 1;
  pair.one.connect();
  await settle();

  mock.timers.tick(4000);
  await settle();

  assert.ok(isConnected(pair));
});

test("renewals that cross leave one description each and the same connection", async () => {
  pair.one.connect();
  await settle();
  const before = [last(pair.one), last(pair.other)];

  pair.one.restart();
  pair.other.restart();
  await settle();
  mock.timers.tick(4000);
  await settle();

  assert.deepEqual([last(pair.one), last(pair.other)], before);
  assert.ok(isConnected(pair));
  assert.equal(last(pair.one).signalingState, "stable");
  assert.equal(last(pair.other).signalingState, "stable");
});

test("a reloaded page's new connection replaces the old one without the other's doing", async () => {
  pair.one.connect();
  await settle();
  const old = last(pair.one);

  pair.other = pair.make("b", "a");
  pair.other.connect();
  await settle();

  assert.ok(isConnected(pair));
  assert.notEqual(last(pair.one), old);
  assert.equal(old.connectionState, "closed");
});

test("an offer that comes while our own lost one is taken back gets a true answer", async () => {
  pair.one.connect();
  await settle();
  const { one, other } = pair;
  pair.lose = () => true;
  one.restart();
  other.restart();
  await settle();
  const [ours, theirs] = [one, other].map((peer) => last(peer));
  const [{ pc, sdp }] = pair.said("offer").filter(({ from }) => from === "b");

  mock.timers.tick(4000);
  void one.receive({ t: "offer", from: "b", pc, sdp, restart: true });
  await settle();

  const answers = pair.said("answer").filter(({ from, pc: id }) => from === "a" && id === pc);
  assert.equal(answers.length, 1);
  pair.lose = () => false;
  await other.receive({ ...answers[0], from: "a" });
  await settle();
  mock.timers.tick(4000);
  await settle();
  assert.deepEqual([ours.signalingState, theirs.signalingState], ["stable", "stable"]);
});

test("the renewal of a connection that the other has lost is reset and made anew", async () => {
  pair.one.connect();
  await settle();
  pair.other = pair.make("b", "a");

  pair.one.restart();
  await settle();

  assert.equal(pair.said("reset").length, 1);
  assert.ok(isConnected(pair));
  assert.equal(pair.other.connections.length, 1);
});

test("nothing is offered to a peer that is away, and what fell due goes out when it is back", async () => {
  pair.one.setReachable(false);
  pair.one.connect();
  await settle();
  mock.timers.tick(20_000);
  await settle();
  assert.deepEqual(pair.log, []);

  pair.one.setReachable(true);
  await settle();

  assert.ok(isConnected(pair));
});

test("candidates go out in one list and wait at the other side for the description", async () => {
  const toJSON = () => ({ candidate: "candidate:1", sdpMid: "0" });
  pair.lose = ({ t }) => t === "offer";
  pair.one.connect();
  await settle();
  last(pair.one).onicecandidate({ candidate: { toJSON } });
  last(pair.one).onicecandidate({ candidate: null });
  mock.timers.tick(100);
  await settle();
  const [{ list, pc }] = pair.said("candidate");

  pair.lose = () => false;
  await pair.other.receive({ t: "offer", from: "a", pc, sdp: "v=0 fake0 0", restart: false });
  await pair.other.receive({ t: "candidate", from: "a", pc, list });
  await settle();

  assert.deepEqual(list, [toJSON(), null]);
  assert.deepEqual(last(pair.other).candidates, [toJSON(), undefined]);
});

test("a disconnected connection looks for a new way after two seconds, a failed one at once", async () => {
  pair.one.connect();
  await settle();
  const connection = last(pair.one);

  connection.connectionState = "disconnected";
  connection.onconnectionstatechange();
  mock.timers.tick(1999);
  await settle();
  assert.equal(pair.said("offer").length, 1);
  mock.timers.tick(1);
  await settle();
  assert.equal(pair.said("offer").length, 2);
  assert.equal(pair.said("offer")[1].restart, true);

  connection.connectionState = "failed";
  connection.onconnectionstatechange();
  await settle();
  assert.equal(pair.said("offer").length, 3);
});

test("what does not fit is survived", async () => {
  pair.one.connect();
  await settle();
  const troubles = [];
  pair.one.addEventListener("trouble", (event) => troubles.push(event));

  await pair.one.receive({ t: "answer", from: "b", pc: "unknown", sdp: "v=0" });
  await pair.one.receive({ t: "answer", from: "b", pc: pair.said("offer")[0].pc, sdp: "v=0" });
  await pair.one.receive({ t: "candidate", from: "b", pc: "unknown", list: [null] });
  await pair.one.receive({ t: "reset", from: "b", pc: "unknown" });

  assert.ok(isConnected(pair));
  assert.deepEqual(troubles, []);
});

test("a screen is shared and taken back without a new description", async () => {
  pair.one.connect();
  await settle();
  const before = pair.log.length;

  pair.one.setTracks({ audio: track("audio"), video: track("video"), screen: track("video") });
  await settle();

  const senders = last(pair.one).getSenders();
  assert.deepEqual(
    senders.map(({ track }) => track?.kind),
    ["audio", "video", "video"],
  );
  assert.deepEqual([senders[2].parameters.encodings[0].maxFramerate, pair.log.length], [5, before]);
  pair.one.setTracks({ audio: track("audio"), video: track("video"), screen: null });
  await settle();
  assert.deepEqual([senders[2].track, pair.log.length], [null, before]);
});

for (const from of ["one", "other"]) {
  test(`on a connection that ${from} offers the holder of the floor sends and the other receives`, async () => {
    pair = new Pair({ a: "send", b: "receive" });
    pair[from].connect();
    await settle();

    assert.ok(isConnected(pair));
    const [holder, listener] = [pair.one, pair.other].map((peer) => last(peer).getTransceivers());
    assert.deepEqual(
      [holder[0].direction, holder[0].sender.track?.kind, listener[0].direction, listener[0].sender.track],
      ["sendonly", "audio", "recvonly", null],
    );
  });
}

test("the renewal of a connection that was closed here is reset and made anew", async () => {
  pair.one.connect();
  await settle();
  last(pair.other).close();

  pair.one.restart();
  await settle();

  assert.equal(pair.said("reset").length, 1);
  assert.ok(isConnected(pair));
});

test("limits that change reach the connection that stands", async () => {
  pair.one.connect();
  await settle();
  const lower = limits({ caps: { video_kbps: 300, fps: 15, w: 320, h: 180 }, isSharing: false, step: 3 });

  pair.one.setLimits(lower);
  await settle();

  const [audio, video] = last(pair.one).getSenders();
  assert.equal(video.parameters.encodings[0].active, false);
  assert.equal(audio.parameters.encodings[0].maxBitrate, 40_000);
});
