/**
 * @import { Candidate, CandidateFacts, Caps, ClientMessage, Negotiation, OfferFrom } from "./protocol.js"
 * @typedef {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null}} Tracks
 * @typedef {Object} Link One RTCPeerConnection and what is pending on it.
 * @property {string} id
 * @property {RTCPeerConnection} pc
 * @property {boolean} isOffering
 * @property {boolean} isAnswered An answer has been given once: from then on an offer on it is a renewal.
 * @property {boolean} isWanted An offer is due as soon as the other can be reached.
 * @property {(CandidateFacts | null)[]} early Candidates that came before a description.
 * @property {(CandidateFacts | null)[]} outbox
 */

/** An offer without an answer is lost: the other was away, or both offered at once. */
const ANSWER_WITHIN_MS = 4000;
/** Most disconnections of a bad line mend themselves within this time. */
const RESTART_AFTER_MS = 2000;
const BATCH_MS = 100;

/** A random id of a connection. */
const newId = () => crypto.randomUUID().replaceAll("-", "").slice(0, 16);

/**
 * Our side of the connection with one other peer, by perfect negotiation.
 *
 * Every connection has a random id, so that a description meant for an older one is recognised:
 * an offer with a new id replaces what we have, a renewal of one we do not know is answered by
 * `reset`. Events: `track` with the track, `change` when `state` has changed.
 */
export class Peer extends EventTarget {
  #other;
  #isPolite;
  #send;
  #makeConnection;
  /** @type {Tracks} */
  #tracks;
  /** @type {Caps | null} */
  #caps;
  /** @type {Link | null} */
  #link = null;
  #isReachable = true;
  #isClosed = false;
  /** @type {Promise<void>} */
  #queue = Promise.resolve();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #watchdog;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #restart;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #batch;

  /**
   * @param {{other: string, isPolite: boolean, send: (message: ClientMessage) => boolean,
   *   makeConnection: () => RTCPeerConnection, tracks: Tracks, caps?: Caps | null}} options
   */
  constructor({ other, isPolite, send, makeConnection, tracks, caps = null }) {
    super();
    this.#other = other;
    this.#isPolite = isPolite;
    this.#send = send;
    this.#makeConnection = makeConnection;
    this.#tracks = tracks;
    this.#caps = caps;
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
    for (const kind of /** @type {const} */ (["audio", "video"])) {
      const { sender } = link.pc.addTransceiver(kind, { direction: "sendrecv" });
      void sender.replaceTrack(this.#tracks[kind]);
    }
  }

  /** Looks for a new way through the network; media that still flows is not interrupted. */
  restart() {
    clearTimeout(this.#restart);
    const link = this.#link;
    if (link === null) this.connect();
    else {
      link.pc.restartIce();
      void this.#offer(link);
    }
  }

  /**
   * Whether the other can get messages now. An offer that fell due meanwhile goes out when it can.
   * @param {boolean} isReachable
   */
  setReachable(isReachable) {
    this.#isReachable = isReachable;
    if (isReachable && this.#link?.isWanted) void this.#offer(this.#link);
  }

  /** @param {Tracks} tracks */
  setTracks(tracks) {
    this.#tracks = tracks;
    if (this.#link) void this.#sendTracks(this.#link);
  }

  /**
   * Takes one message of the other; they are acted on one after another.
   * @param {Negotiation} message
   */
  receive(message) {
    this.#queue = this.#queue
      .then(() => this.#act(message))
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
    await link.pc.setRemoteDescription({ type: "answer", sdp: message.sdp });
    link.isAnswered = true;
    await this.#takeCandidates(link, link.early.splice(0));
    await this.#limit(link);
  }

  /** @param {OfferFrom} message */
  async #takeOffer({ pc: id, sdp, restart }) {
    let link = this.#link;
    if (link === null || link.id !== id) {
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
    await this.#limit(link);
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
    for (const transceiver of link.pc.getTransceivers()) {
      const kind = /** @type {"audio" | "video"} */ (transceiver.receiver.track.kind);
      if (transceiver.direction !== "sendrecv") transceiver.direction = "sendrecv";
      await transceiver.sender.replaceTrack(this.#tracks[kind]);
    }
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
   * impolite, ignore every offer of the other.
   * @param {Link} link
   */
  #watch(link) {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(async () => {
      if (link !== this.#link || link.pc.signalingState !== "have-local-offer") return;
      await link.pc.setLocalDescription({ type: "rollback" });
      link.pc.restartIce();
      await this.#offer(link);
    }, ANSWER_WITHIN_MS);
  }

  /**
   * @param {string} id
   * @returns {Link}
   */
  #replaceLink(id) {
    this.#dropLink();
    const pc = this.#makeConnection();
    /** @type {Link} */
    const link = { id, pc, isOffering: false, isAnswered: false, isWanted: false, early: [], outbox: [] };
    this.#link = link;
    pc.onnegotiationneeded = () => void this.#offer(link);
    pc.onicecandidate = ({ candidate }) => this.#gather(link, candidate);
    pc.ontrack = ({ track }) => this.dispatchEvent(new CustomEvent("track", { detail: { track } }));
    pc.onconnectionstatechange = () => this.#stateChanged(link);
    return link;
  }

  #dropLink() {
    clearTimeout(this.#watchdog);
    clearTimeout(this.#restart);
    clearTimeout(this.#batch);
    const link = this.#link;
    this.#link = null;
    if (link === null) return;
    const { pc } = link;
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

  /**
   * @param {Link} link
   * @param {RTCIceCandidate | null} candidate
   */
  #gather(link, candidate) {
    link.outbox.push(candidate ? /** @type {CandidateFacts} */ (candidate.toJSON()) : null);
    clearTimeout(this.#batch);
    this.#batch = setTimeout(() => {
      /** @type {Candidate} */
      const message = { t: "candidate", to: this.#other, pc: link.id, list: link.outbox.splice(0, 32) };
      if (link === this.#link && message.list.length > 0) this.#send(message);
    }, BATCH_MS);
  }

  /** @param {Link} link */
  async #limit(link) {
    if (this.#caps === null) return;
    for (const sender of link.pc.getSenders()) {
      if (sender.track?.kind !== "video") continue;
      const parameters = sender.getParameters();
      for (const encoding of parameters.encodings) {
        encoding.maxBitrate = this.#caps.video_kbps * 1000;
        encoding.maxFramerate = this.#caps.fps;
        encoding.scaleResolutionDownBy = Math.max(1, (sender.track.getSettings().height ?? 0) / this.#caps.h);
      }
      await sender.setParameters(parameters);
    }
  }
}
