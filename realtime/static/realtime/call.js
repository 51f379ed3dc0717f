import { Floor } from "./floor.js";
import { Member } from "./member.js";
import { Missing } from "./missing.js";
import { Peer } from "./peer.js";
import { duty } from "./topology.js";

/**
 * @import { Caps, HeardFrom, Joined, Negotiation, PeerFacts, Peers, Role } from "./protocol.js"
 * @import { Signalling } from "./signalling.js"
 * @import { Tracks } from "./senders.js"
 * @import { Mode } from "./topology.js"
 */

const LOOK_EVERY_MS = 1000;
const REPORT_EVERY = 2; // looks

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
  #tracks = { audio: null, video: null, screen: null };
  #me = { id: "", role: /** @type {Role} */ ("guest") };
  /** @type {Mode} */
  #mode = "star";
  /** @type {RTCConfiguration} */
  #configuration = {};
  /** What goes to one receiver, and what does while we have the floor and send to everybody. */
  #caps = { usual: /** @type {Caps | null} */ (null), floor: /** @type {Caps | null} */ (null) };
  #server = "";
  #floor;
  /** Whether we want our hand up; a server that has restarted knows no hands. */
  #isHandUp = false;
  #looks = 0;
  #missing = new Missing();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  /** @type {Map<string, Member>} */
  members = new Map();
  /** @type {string[]} */
  hands = [];
  /** Another device of our school is here: we bring no microphone. */
  isListening = false;

  /**
   * @param {{signalling: Signalling,
   *   makeConnection?: (configuration: RTCConfiguration) => RTCPeerConnection}} options
   */
  constructor({ signalling, makeConnection = (configuration) => new RTCPeerConnection(configuration) }) {
    super();
    this.#signalling = signalling;
    this.#makeConnection = makeConnection;
    this.#floor = new Floor((to) => signalling.send({ t: "floor", to }));
    /** @type {Record<string, (message: any) => void>} */
    const takes = {
      joined: (message) => this.#joined(message),
      peers: (message) => this.#peers(message),
      "peer-joined": ({ peer }) => this.#arrived(peer),
      "peer-away": ({ id }) => this.members.get(id)?.away(Date.now()),
      "peer-back": ({ id }) => this.members.get(id)?.back(),
      "peer-left": ({ id }) => this.#left(id),
      state: ({ from, audio, video, screen }) =>
        Object.assign(this.members.get(from)?.facts ?? {}, { audio, video, screen }),
      hands: ({ queue }) => this.#handsAre(queue),
      floor: ({ id }) => this.#floorIs(id),
      listen: ({ on }) => (this.isListening = on),
      heard: (/** @type {HeardFrom} */ message) => this.members.get(message.from)?.hear(message, Date.now()),
      error: ({ code, to }) => code === "peer-away" && to && this.members.get(to)?.away(Date.now()),
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

  get mode() {
    return this.#mode;
  }

  /** Who has the floor, or null. */
  get floor() {
    return this.#floor.holder;
  }

  /** Members with whom we exchange media. */
  get partners() {
    return [...this.members.values()].filter((member) => member.peer !== null);
  }

  /**
   * Members to whom we always speak. Who hears us only while we have the floor is not among them, nor
   * who looks on: a voice that arrives there alone has reached nobody.
   */
  get listeners() {
    return this.partners.filter(({ duty, facts }) => duty === "both" && !facts.observer);
  }

  /**
   * What we send from now on; the others are told.
   * @param {Tracks} tracks
   */
  setTracks(tracks) {
    this.#tracks = tracks;
    for (const member of this.partners) {
      member.adapt(this.#ours(member.facts.id));
      member.peer?.setTracks(tracks);
    }
    this.tellState();
  }

  tellState() {
    const { audio, video, screen } = this.#tracks;
    this.#signalling.send({
      t: "state",
      audio: audio?.enabled ?? false,
      video: video?.enabled ?? false,
      screen: Boolean(screen),
    });
  }

  /** @param {boolean} up */
  raiseHand(up) {
    this.#isHandUp = up;
    this.#signalling.send({ t: "hand", up });
  }

  /**
   * Gives a guest the floor, or takes it back; whoever leads alone may.
   * @param {string | null} to
   */
  giveFloor(to) {
    this.#floor.give(to);
  }

  /**
   * Asks one guest, or all, to switch the microphone off; whoever leads alone may.
   * @param {string | null} to
   */
  askToMute(to) {
    this.#signalling.send({ t: "mute", to });
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
  #joined(message) {
    const { id, role, mode, peers, hands, ice, caps, srv } = message;
    const isSameServer = srv === this.#server;
    const isFirst = this.#server === "";
    this.#me = { id, role };
    this.#mode = mode;
    this.#configuration = { iceServers: ice, ...(message.relay && { iceTransportPolicy: "relay" }) };
    this.#caps = { usual: caps, floor: message.floor_caps };
    this.#server = srv;
    this.isListening = message.listen;
    this.hands = hands;
    this.#floor.found(message.floor, { isSameServer: isSameServer || isFirst, now: Date.now() });
    this.#named(peers, { mayBeElsewhere: !isSameServer });
    this.#relink();
    for (const facts of peers) this.#arrived(facts, { iAmNew: true });
    this.tellState();
    if (isFirst) this.#isHandUp = hands.includes(id);
    else if (this.#isHandUp && !hands.includes(id)) this.raiseHand(true);
  }

  /**
   * A new snapshot of the same stay: others were found in another process. Who is new to both sides
   * is offered to; two offers that cross end in one connection.
   * @param {Peers} message
   */
  #peers({ peers, hands, floor }) {
    this.hands = hands;
    this.#floor.found(floor, { isSameServer: true, now: Date.now() });
    this.#named(peers, { mayBeElsewhere: true });
    this.#relink();
    for (const facts of peers) this.#arrived(facts, { iAmNew: !this.members.has(facts.id) });
  }

  /**
   * Whoever is not named has left, or may yet be named where several servers know parts of the room.
   * @param {PeerFacts[]} peers
   * @param {{mayBeElsewhere: boolean}} options
   */
  #named(peers, { mayBeElsewhere }) {
    const named = new Set(peers.map((peer) => peer.id));
    for (const known of [...this.members.keys()]) {
      if (named.has(known)) continue;
      if (!mayBeElsewhere) this.#left(known);
      else this.#missing.add(known, Date.now());
    }
  }

  /**
   * Ours is down as well when somebody else has lowered it: whoever gave us the floor, or let us lead.
   * @param {string[]} queue
   */
  #handsAre(queue) {
    this.hands = queue;
    this.#isHandUp = queue.includes(this.#me.id);
  }

  /** @param {string | null} id */
  #floorIs(id) {
    this.#floor.is(id);
    this.#relink();
    for (const member of this.partners) member.adapt(this.#ours(member.facts.id));
  }

  /** Connections that the floor has brought are made, and those it has ended are gone. */
  #relink() {
    for (const member of this.members.values()) {
      const before = member.duty;
      this.#link(member);
      if (member.duty !== before && member.duty === "send") member.peer?.connect();
    }
  }

  /**
   * @param {PeerFacts} facts
   * @param {{iAmNew?: boolean}} options
   */
  #arrived(facts, { iAmNew = false } = {}) {
    this.#missing.found(facts.id);
    const member = this.members.get(facts.id) ?? new Member(facts);
    this.members.set(facts.id, member);
    member.facts = facts;
    if (facts.away) member.away(Date.now());
    else member.back();
    this.#link(member);
    this.#floor.met(facts.id, { leads: this.role === "host" });
    if (!iAmNew || facts.away || member.peer === null) return;
    if (member.peer.state === "none") member.peer.connect();
    else if (!member.peer.isConnected) member.peer.restart();
  }

  /** @param {Member} member */
  #link(member) {
    const other = member.facts;
    const wanted = duty({ mode: this.#mode, me: this.#me, other, floor: this.floor });
    if (wanted === member.duty) return;
    if (wanted === null) return member.part();
    const peer = new Peer({
      other: other.id,
      isPolite: this.#me.id < other.id,
      send: (message) => this.#signalling.send(message),
      makeConnection: () => this.#makeConnection(this.#configuration),
      tracks: this.#tracks,
      duty: wanted,
    });
    peer.addEventListener("track", (event) => {
      const { track, kind } = /** @type {CustomEvent} */ (event).detail;
      member.tracks = { ...member.tracks, [kind]: track };
      this.#changed();
    });
    peer.addEventListener("change", () => this.#changed());
    member.meet(peer, wanted);
    member.adapt(this.#ours(other.id));
  }

  /** @param {string} id */
  #left(id) {
    this.members.get(id)?.part();
    this.members.delete(id);
    this.#missing.found(id);
  }

  /** @param {Negotiation} message */
  #negotiate(message) {
    void this.members.get(message.from)?.peer?.receive(message);
  }

  /** @param {string} other */
  #ours(other) {
    const caps = this.floor === this.#me.id ? this.#caps.floor : this.#caps.usual;
    return { tracks: this.#tracks, caps, isFirst: this.#me.id > other };
  }

  async #look() {
    const now = Date.now();
    const { away, left } = this.#missing.look(now, (id) => this.members.get(id)?.peer?.isConnected ?? false);
    for (const id of away) this.members.get(id)?.away(now);
    for (const id of left) this.#left(id);
    if (this.#floor.look(now)) this.#relink();
    this.#looks += 1;
    await Promise.all(this.partners.map((member) => member.look(now, this.#ours(member.facts.id))));
    if (this.#looks % REPORT_EVERY === 0) {
      for (const report of this.partners.map((member) => member.report())) {
        if (report) this.#signalling.send(report);
      }
    }
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new CustomEvent("change"));
  }
}
