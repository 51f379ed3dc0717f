import { Outbox } from "./outbox.js";
import { KINDS, Senders } from "./senders.js";

/**
 * @import { CandidateFacts, ClientMessage, Negotiation, OfferFrom } from "./protocol.js"
 * @import { Limits } from "./encodings.js"
 * @import { Tracks } from "./senders.js"
 * @import { Duty } from "./topology.js"
 * @typedef {Object} Link One RTCPeerConnection and what is pending on it.
 * @property {string} id
 * @property {RTCPeerConnection} pc
 * @property {Senders} senders
 * @property {boolean} isOffering
 * @property {boolean} isAnswered An answer has been given once: from then on an offer on it is a renewal.
 * @property {boolean} isWanted An offer is due as soon as the other can be reached.
 * @property {(CandidateFacts | null)[]} early Candidates that came before a description.
 * @property {Outbox} outbox
 */

/** An offer without an answer is lost: the other was away, or both offered at once. Or all is slow. */
const ANSWER_WITHIN_MS = 4000;
const ANSWER_AT_MOST_MS = 32_000;
/** Most disconnections of a bad line mend themselves within this time. */
const RESTART_AFTER_MS = 2000;
/** A random id of a connection. */
const newId = () => crypto.randomUUID().replaceAll("-", "").slice(0, 16);

/**
 * Our side of the connection with one other peer, by perfect negotiation.
 *
 * Every connection has a random id, so that a description meant for an older one is recognised:
 * an offer with a new id replaces what we have, a renewal of one we do not know is answered by
 * `reset`. Events: `track` with the track and its kind, `change` when `state` has changed.
 */
export class Peer extends EventTarget {
  #other;
  #isPolite;
  #send;
  #makeConnection;
  /** @type {Tracks} */
  #tracks;
  #duty;
  /** @type {Limits | null} */
  #limits;
  /** @type {Link | null} */
  #link = null;
  #isReachable = true;
  #patience = ANSWER_WITHIN_MS;
  #isClosed = false;
  /** @type {Promise<void>} */
  #queue = Promise.resolve();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #watchdog;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #restart;

  /**
   * @param {{other: string, isPolite: boolean, send: (message: ClientMessage) => boolean,
   *   makeConnection: () => RTCPeerConnection, tracks: Tracks, duty?: Duty, limits?: Limits | null}} options
   */
  constructor({ other, isPolite, send, makeConnection, tracks, duty = "both", limits = null }) {
    super();
    this.#other = other;
    this.#isPolite = isPolite;
    this.#send = send;
    this.#makeConnection = makeConnection;
    this.#tracks = tracks;
    this.#duty = duty;
    this.#limits = limits;
  }

  /** The id of the connection there is, "" without one. */
  get link() {
    return this.#link?.id ?? "";
  }

  /** @returns {RTCPeerConnectionState | "none"} */
  get state() {
    return this.#link?.pc.connectionState ?? "none";
  }

  get isConnected() {
    return this.state === "connected";
  }

  /** Makes a new connection and offers it; the newcomer of a pair calls this. */
  connect() {
    const link = this.#replaceLink(newId());
    link.senders.add();
    void this.#sendTracks(link);
  }

  /** Looks for a new way through the network; media that still flows is not interrupted. */
  restart() {
    clearTimeout(this.#restart);
    const link = this.#link;
    if (link === null) this.connect();
    else {
      link.pc.restartIce();
      void this.#inTurn(() => this.#offer(link));
    }
  }

  /**
   * Whether the other can get messages now. An offer that fell due meanwhile goes out when it can.
   * @param {boolean} isReachable
   */
  setReachable(isReachable) {
    this.#isReachable = isReachable;
    if (isReachable) this.#patience = ANSWER_WITHIN_MS;
    const link = this.#link;
    if (isReachable && link?.isWanted) void this.#inTurn(() => this.#offer(link));
  }

  /** @param {Tracks} tracks */
  setTracks(tracks) {
    this.#tracks = tracks;
    if (this.#link) void this.#sendTracks(this.#link);
  }

  /** @param {Limits} limits */
  setLimits(limits) {
    if (JSON.stringify(limits) === JSON.stringify(this.#limits)) return;
    this.#limits = limits;
    void this.#link?.senders.limit(limits);
  }

  /**
   * Takes one message of the other; they are acted on one after another.
   * @param {Negotiation} message
   */
  receive(message) {
    return this.#inTurn(() => this.#act(message));
  }

  /**
   * After what is being done. Between the two halves of taking an offer in, a description of ours would
   * come out as its answer, and never be sent.
   * @param {() => void | Promise<void>} act
   */
  #inTurn(act) {
    this.#queue = this.#queue
      .then(act)
      // A description that does not fit is answered by the watchdog of whoever offered it.
      .catch((error) => {
        this.dispatchEvent(new CustomEvent("trouble", { detail: { error } }));
      });
    return this.#queue;
  }

  close() {
    this.#isClosed = true;
    this.#dropLink();
  }

  async stats() {
    return this.#link ? this.#link.pc.getStats() : null;
  }

  /** @param {Negotiation} message */
  async #act(message) {
    if (this.#isClosed) return;
    if (message.t === "offer") return this.#takeOffer(message);
    const link = this.#link;
    if (link === null || link.id !== message.pc) return;
    if (message.t === "reset") return this.connect();
    if (message.t === "candidate") return this.#takeCandidates(link, message.list);
    if (link.pc.signalingState !== "have-local-offer") return;
    clearTimeout(this.#watchdog);
    this.#patience = ANSWER_WITHIN_MS;
    await link.pc.setRemoteDescription({ type: "answer", sdp: message.sdp });
    link.isAnswered = true;
    await this.#takeCandidates(link, link.early.splice(0));
    await link.senders.limit(this.#limits);
  }

  /** @param {OfferFrom} message */
  async #takeOffer({ pc: id, sdp, restart }) {
    let link = this.#link;
    if (link === null || link.id !== id || link.pc.signalingState === "closed") {
      if (restart) {
        this.#send({ t: "reset", to: this.#other, pc: id });
        return;
      }
      const ourFirstOfferIsOut = link !== null && !link.isAnswered && link.pc.signalingState !== "stable";
      if (ourFirstOfferIsOut && !this.#isPolite) return;
      link = this.#replaceLink(id);
    }
    const isCollision = link.isOffering || link.pc.signalingState !== "stable";
    if (isCollision && !this.#isPolite) return;
    clearTimeout(this.#watchdog);
    await link.pc.setRemoteDescription({ type: "offer", sdp });
    await this.#takeCandidates(link, link.early.splice(0));
    if (!link.isAnswered) await this.#sendTracks(link);
    await link.pc.setLocalDescription();
    link.isAnswered = true;
    this.#send({ t: "answer", to: this.#other, pc: link.id, sdp: link.pc.localDescription?.sdp ?? "" });
    await link.senders.limit(this.#limits);
  }

  /**
   * @param {Link} link
   * @param {(CandidateFacts | null)[]} list
   */
  async #takeCandidates(link, list) {
    if (link.pc.remoteDescription === null) {
      link.early.push(...list);
      return;
    }
    for (const candidate of list) {
      try {
        await link.pc.addIceCandidate(candidate ?? undefined);
      } catch {
        // It belonged to an offer that we ignored, or to a network that is gone.
      }
    }
  }

  /** @param {Link} link */
  async #sendTracks(link) {
    await link.senders.carry(this.#tracks);
    await link.senders.limit(this.#limits);
  }

  /** @param {Link} link */
  async #offer(link) {
    if (link !== this.#link || this.#isClosed || link.isOffering) return;
    if (!this.#isReachable) {
      link.isWanted = true;
      return;
    }
    try {
      link.isOffering = true;
      await link.pc.setLocalDescription();
      const description = link.pc.localDescription;
      if (link !== this.#link || description?.type !== "offer") return;
      const offer = { to: this.#other, pc: link.id, sdp: description.sdp, restart: link.isAnswered };
      link.isWanted = !this.#send({ t: "offer", ...offer });
      this.#watch(link);
    } catch (error) {
      this.dispatchEvent(new CustomEvent("trouble", { detail: { error } }));
    } finally {
      link.isOffering = false;
    }
  }

  /**
   * Without it a lost offer blocks this pair for good: we would wait for its answer and, being
   * impolite, ignore every offer of the other. A first offer is made anew on a new connection: an
   * answer that was only late would else be taken for the answer to the next.
   * @param {Link} link
   */
  #watch(link) {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => void this.#inTurn(() => this.#takeBack(link)), this.#patience);
  }

  /** @param {Link} link */
  async #takeBack(link) {
    if (link !== this.#link || link.pc.signalingState !== "have-local-offer") return;
    this.#patience = Math.min(ANSWER_AT_MOST_MS, this.#patience * 2);
    if (!link.isAnswered) return this.connect();
    await link.pc.setLocalDescription({ type: "rollback" });
    link.pc.restartIce();
    await this.#offer(link);
  }

  /**
   * @param {string} id
   * @returns {Link}
   */
  #replaceLink(id) {
    this.#dropLink();
    const pc = this.#makeConnection();
    const outbox = new Outbox((list) => this.#send({ t: "candidate", to: this.#other, pc: id, list }));
    /** @type {Link} */
    const link = {
      ...{ id, pc, senders: new Senders(pc, this.#duty) },
      ...{ isOffering: false, isAnswered: false, isWanted: false, early: [], outbox },
    };
    this.#link = link;
    pc.onnegotiationneeded = () => void this.#offer(link);
    pc.onicecandidate = ({ candidate }) => link.outbox.put(candidate);
    pc.ontrack = ({ track, transceiver }) => {
      const kind = KINDS[pc.getTransceivers().indexOf(transceiver)];
      this.dispatchEvent(new CustomEvent("track", { detail: { track, kind } }));
    };
    pc.onconnectionstatechange = () => this.#stateChanged(link);
    return link;
  }

  #dropLink() {
    clearTimeout(this.#watchdog);
    clearTimeout(this.#restart);
    const link = this.#link;
    this.#link = null;
    if (link === null) return;
    const { pc } = link;
    link.outbox.close();
    pc.onnegotiationneeded = pc.onicecandidate = pc.ontrack = pc.onconnectionstatechange = null;
    pc.close();
  }

  /** @param {Link} link */
  #stateChanged(link) {
    if (link !== this.#link) return;
    const state = link.pc.connectionState;
    clearTimeout(this.#restart);
    if (state === "disconnected") this.#restart = setTimeout(() => this.restart(), RESTART_AFTER_MS);
    if (state === "failed") this.restart();
    this.dispatchEvent(new CustomEvent("change", { detail: { state } }));
  }
}
