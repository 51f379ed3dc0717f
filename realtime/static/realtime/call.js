import { measure, sample } from "./measures.js";
import { Peer } from "./peer.js";

/**
 * @import { Caps, HeardFrom, Joined, Negotiation, PeerFacts, Role } from "./protocol.js"
 * @import { Measure, Sample } from "./measures.js"
 * @import { Signalling } from "./signalling.js"
 * @import { Tracks } from "./peer.js"
 * @typedef {Object} Member Somebody else in the room.
 * @property {PeerFacts} facts
 * @property {Peer | null} peer Null when the room does not connect us.
 * @property {Tracks} tracks What arrives from there.
 * @property {number} awaySince ms; 0 while here.
 * @property {number} brokenSince ms at which media stopped that had come; 0 while it flows.
 * @property {Measure | null} measure
 * @property {Sample | null} sample
 * @property {{level: number, packets: number, at: number} | null} heard What arrives there from us.
 */

const LOOK_EVERY_MS = 1000;
const REPORT_EVERY = 2; // looks
/** After a server restart the others come back one by one; media flows meanwhile. */
const MISSING_FOR_MS = 60_000;

/**
 * Whether two peers of a room are connected: as realtime/topology.py has it.
 * @param {"star" | "mesh"} mode
 * @param {Role} one
 * @param {Role} other
 */
export const linked = (mode, one, other) => mode === "mesh" || one === "host" || other === "host";

/**
 * The peers of one room and our media with them.
 *
 * Media that flows is never torn down because signalling is lost. Whoever comes back looks after
 * its connections; who stayed waits for it. Event: `change`, whenever something shown has changed.
 */
export class Call extends EventTarget {
  #signalling;
  #makeConnection;
  /** @type {Tracks} */
  #tracks = { audio: null, video: null };
  #me = { id: "", role: /** @type {Role} */ ("guest") };
  /** @type {"star" | "mesh"} */
  #mode = "star";
  /** @type {RTCIceServer[]} */
  #ice = [];
  /** @type {Caps | null} */
  #caps = null;
  #server = "";
  /** Whether we want our hand up; a server that has restarted knows no hands. */
  #isHandUp = false;
  #looks = 0;
  /** @type {Map<string, number>} ids that the server has not named since it restarted, and since when */
  #missing = new Map();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /** @type {Map<string, Member>} */
  members = new Map();
  /** @type {string[]} */
  hands = [];

  /**
   * @param {{signalling: Signalling,
   *   makeConnection?: (configuration: RTCConfiguration) => RTCPeerConnection}} options
   */
  constructor({ signalling, makeConnection = (configuration) => new RTCPeerConnection(configuration) }) {
    super();
    this.#signalling = signalling;
    this.#makeConnection = makeConnection;
    /** @type {Record<string, (message: any) => void>} */
    const takes = {
      joined: (message) => this.#joined(message),
      "peer-joined": ({ peer }) => this.#arrived(peer),
      "peer-away": ({ id }) => this.#away(id),
      "peer-back": ({ id }) => this.#back(id),
      "peer-left": ({ id }) => this.#left(id),
      state: ({ from, audio, video }) => Object.assign(this.members.get(from)?.facts ?? {}, { audio, video }),
      hands: ({ queue }) => (this.hands = queue),
      heard: (message) => this.#heard(message),
      error: ({ code, to }) => code === "peer-away" && to && this.#away(to),
      offer: (message) => this.#negotiate(message),
      answer: (message) => this.#negotiate(message),
      candidate: (message) => this.#negotiate(message),
      reset: (message) => this.#negotiate(message),
    };
    for (const [type, take] of Object.entries(takes)) {
      signalling.addEventListener(type, (event) => {
        take(/** @type {CustomEvent} */ (event).detail);
        this.#changed();
      });
    }
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
  }

  get id() {
    return this.#me.id;
  }

  get role() {
    return this.#me.role;
  }

  /** Members with whom we exchange media. */
  get partners() {
    return [...this.members.values()].filter((member) => member.peer !== null);
  }

  /**
   * What we send from now on; the others are told.
   * @param {Tracks} tracks
   */
  setTracks(tracks) {
    this.#tracks = tracks;
    for (const { peer } of this.partners) peer?.setTracks(tracks);
    this.tellState();
  }

  tellState() {
    const { audio, video } = this.#tracks;
    this.#signalling.send({ t: "state", audio: audio?.enabled ?? false, video: video?.enabled ?? false });
  }

  /** @param {boolean} up */
  raiseHand(up) {
    this.#isHandUp = up;
    this.#signalling.send({ t: "hand", up });
  }

  /** The network has changed: connections that do not stand look for a new way. */
  mend() {
    for (const { peer } of this.partners) if (peer && !peer.isConnected) peer.restart();
  }

  close() {
    clearInterval(this.#timer);
    for (const id of [...this.members.keys()]) this.#left(id);
  }

  /** @param {Joined} message */
  #joined({ id, role, mode, peers, hands, ice, caps, srv }) {
    const isSameServer = srv === this.#server;
    const isFirst = this.#server === "";
    this.#me = { id, role };
    this.#mode = mode;
    this.#ice = ice;
    this.#caps = caps;
    this.#server = srv;
    this.hands = hands;
    const named = new Set(peers.map((peer) => peer.id));
    for (const known of [...this.members.keys()]) {
      if (named.has(known)) continue;
      if (isSameServer) this.#left(known);
      else this.#missing.set(known, Date.now());
    }
    for (const facts of peers) this.#arrived(facts, { iAmNew: true });
    this.tellState();
    if (isFirst) this.#isHandUp = hands.includes(id);
    else if (this.#isHandUp && !hands.includes(id)) this.raiseHand(true);
  }

  /**
   * @param {PeerFacts} facts
   * @param {{iAmNew?: boolean}} options
   */
  #arrived(facts, { iAmNew = false } = {}) {
    this.#missing.delete(facts.id);
    let member = this.members.get(facts.id);
    if (member === undefined) {
      member = this.#welcome(facts);
      this.members.set(facts.id, member);
    }
    member.facts = facts;
    member.awaySince = facts.away ? member.awaySince || Date.now() : 0;
    member.peer?.setReachable(!facts.away);
    if (!iAmNew || facts.away || member.peer === null) return;
    if (member.peer.state === "none") member.peer.connect();
    else if (!member.peer.isConnected) member.peer.restart();
  }

  /**
   * @param {PeerFacts} facts
   * @returns {Member}
   */
  #welcome(facts) {
    /** @type {Member} */
    const member = {
      facts,
      peer: null,
      tracks: { audio: null, video: null },
      awaySince: 0,
      brokenSince: 0,
      measure: null,
      sample: null,
      heard: null,
    };
    if (!linked(this.#mode, this.#me.role, facts.role)) return member;
    const peer = new Peer({
      other: facts.id,
      isPolite: this.#me.id < facts.id,
      send: (message) => this.#signalling.send(message),
      makeConnection: () => this.#makeConnection({ iceServers: this.#ice }),
      tracks: this.#tracks,
      caps: this.#caps,
    });
    peer.addEventListener("track", (event) => {
      const { track } = /** @type {CustomEvent<{track: MediaStreamTrack}>} */ (event).detail;
      member.tracks = { ...member.tracks, [track.kind]: track };
      this.#changed();
    });
    peer.addEventListener("change", () => this.#changed());
    member.peer = peer;
    return member;
  }

  /** @param {string} id */
  #away(id) {
    const member = this.members.get(id);
    if (member === undefined) return;
    member.awaySince ||= Date.now();
    member.facts.away = true;
    member.peer?.setReachable(false);
  }

  /** @param {string} id */
  #back(id) {
    const member = this.members.get(id);
    if (member === undefined) return;
    member.awaySince = 0;
    member.facts.away = false;
    member.peer?.setReachable(true);
  }

  /** @param {string} id */
  #left(id) {
    this.members.get(id)?.peer?.close();
    this.members.delete(id);
    this.#missing.delete(id);
  }

  /** @param {HeardFrom} message */
  #heard({ from, level, packets }) {
    const member = this.members.get(from);
    if (member) member.heard = { level, packets, at: Date.now() };
  }

  /** @param {Negotiation} message */
  #negotiate(message) {
    void this.members.get(message.from)?.peer?.receive(message);
  }

  async #look() {
    const now = Date.now();
    for (const [id, since] of this.#missing) {
      const isFlowing = this.members.get(id)?.peer?.isConnected ?? false;
      if (isFlowing) continue;
      if (now - since > MISSING_FOR_MS) this.#left(id);
      else this.#away(id);
    }
    this.#looks += 1;
    await Promise.all(this.partners.map((member) => this.#measure(member, now)));
    this.#changed();
  }

  /**
   * @param {Member} member
   * @param {number} now
   */
  async #measure(member, now) {
    const reports = await member.peer?.stats();
    if (!reports) return;
    const after = sample(reports.values(), now);
    if (member.sample) member.measure = measure(member.sample, after, member.facts);
    member.sample = after;
    const isFlowing = member.peer?.isConnected && member.measure?.rung !== "broken";
    if (isFlowing) member.brokenSince = 0;
    else if (member.measure) member.brokenSince ||= now;
    if (this.#looks % REPORT_EVERY === 0 && member.measure && !member.facts.away) {
      const { level, packets } = member.measure;
      this.#signalling.send({ t: "heard", to: member.facts.id, level, packets });
    }
  }

  #changed() {
    this.dispatchEvent(new CustomEvent("change"));
  }
}
