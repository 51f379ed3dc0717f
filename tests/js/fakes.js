/** Stand-ins for the browser's sockets and connections: no network, but the same order of events. */

/** A track that is only itself. */
export const track = (kind) => ({ kind, enabled: true, getSettings: () => ({ height: 360 }) });

/** What getStats says when so much sound and so many pictures have come in. */
export const arrived = (packets, frames = packets) =>
  new Map([
    [
      "a",
      { type: "inbound-rtp", kind: "audio", packetsReceived: packets, totalSamplesDuration: packets / 50 },
    ],
    ["v", { type: "inbound-rtp", kind: "video", framesDecoded: frames, frameHeight: 360 }],
  ]);

/**
 * An RTCPeerConnection as far as negotiation goes (JSEP's signalling states, W3C's negotiation-needed).
 * Two of them are connected once each has the other's description.
 */
export class FakeConnection {
  static made = 0;

  constructor() {
    FakeConnection.made += 1;
    this.name = `fake${FakeConnection.made}`;
    this.signalingState = "stable";
    this.connectionState = "new";
    this.localDescription = null;
    this.remoteDescription = null;
    this.candidates = [];
    this.generation = 0;
    this.transceivers = [];
    this.isNeeded = false;
  }

  addTransceiver(kind, { direction }) {
    const sender = {
      track: null,
      replaceTrack: async (given) => {
        sender.track = given;
      },
      getParameters: () => ({ encodings: [{}] }),
      setParameters: async (parameters) => {
        sender.parameters = parameters;
      },
    };
    const transceiver = { sender, direction, receiver: { track: { kind } } };
    this.transceivers.push(transceiver);
    this.#need();
    return transceiver;
  }

  getTransceivers() {
    return this.transceivers;
  }

  getSenders() {
    return this.transceivers.map(({ sender }) => sender);
  }

  restartIce() {
    this.generation += 1;
    this.#need();
  }

  async setLocalDescription(given) {
    await null;
    if (given?.type === "rollback") {
      if (this.signalingState !== "have-local-offer") throw new Error("nothing to roll back");
      this.signalingState = "stable";
      this.localDescription = null;
      return;
    }
    const type = this.signalingState === "have-remote-offer" ? "answer" : "offer";
    this.localDescription = { type, sdp: `v=0 ${this.name} ${this.generation}` };
    this.isNeeded = false;
    this.#become(type === "offer" ? "have-local-offer" : "stable");
  }

  async setRemoteDescription(description) {
    await null;
    const wanted = description.type === "answer" ? ["have-local-offer"] : ["stable", "have-local-offer"];
    if (!wanted.includes(this.signalingState))
      throw new Error(`${description.type} in ${this.signalingState}`);
    this.remoteDescription = description;
    if (description.type === "offer" && this.transceivers.length === 0) {
      for (const kind of ["audio", "video", "video"]) this.addTransceiver(kind, { direction: "recvonly" });
      this.isNeeded = false;
    }
    this.#become(description.type === "offer" ? "have-remote-offer" : "stable");
  }

  async getStats() {
    return new Map();
  }

  async addIceCandidate(candidate) {
    if (this.remoteDescription === null) throw new Error("too early");
    this.candidates.push(candidate);
  }

  close() {
    this.connectionState = "closed";
    this.signalingState = "closed";
  }

  #become(state) {
    this.signalingState = state;
    if (state !== "stable") return;
    if (this.localDescription && this.remoteDescription) this.connectionState = "connected";
    this.onconnectionstatechange?.();
    if (this.isNeeded) this.#need();
  }

  #need() {
    this.isNeeded = true;
    queueMicrotask(() => {
      if (this.isNeeded && this.signalingState === "stable") this.onnegotiationneeded?.();
    });
  }
}

/** A WebSocket whose other end is the test. */
export class FakeSocket {
  /** @type {FakeSocket[]} */
  static all = [];

  constructor(url) {
    this.url = url;
    this.readyState = 0;
    this.sent = [];
    FakeSocket.all.push(this);
  }

  static get last() {
    return FakeSocket.all.at(-1);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close(code) {
    this.readyState = 3;
    this.closedWith = code;
  }

  /** The server's doings. */
  open() {
    this.readyState = 1;
    this.onopen?.();
  }

  say(message) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  shut(code) {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

/** The server as a room's call knows it: what it says, and what it is told. */
export class FakeSignalling extends EventTarget {
  sent = [];

  send(message) {
    this.sent.push(message);
    return true;
  }

  say(message) {
    this.dispatchEvent(new CustomEvent(message.t, { detail: message }));
  }

  offers() {
    return this.sent.filter(({ t }) => t === "offer").map(({ to }) => to);
  }
}

/** Somebody in the room. */
export const facts = (id, role = "guest", away = false) => ({
  id,
  role,
  name: { ja: id, en: id },
  org: { ja: id, en: id },
  school: role === "guest",
  observer: false,
  audio: true,
  video: true,
  screen: false,
  away,
});
/** What whoever enters is told. */
export const joined = (
  peers,
  { role = "guest", mode = "star", srv = "s1", floor = null, relay = false } = {},
) => ({
  t: "joined",
  id: "me",
  role,
  mode,
  peers,
  hands: [],
  floor,
  listen: false,
  chat: [],
  ice: [],
  relay,
  caps: { video_kbps: 700, fps: 15, w: 640, h: 360 },
  floor_caps: { video_kbps: 300, fps: 15, w: 640, h: 360 },
  srv,
});

/** Lets everything that waits only for promises happen. */
export async function settle() {
  for (let turn = 0; turn < 60; turn += 1) await null;
}
