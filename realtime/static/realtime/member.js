import { limits } from "./encodings.js";
import { Ladder, way } from "./ladder.js";
import { Leg } from "./legs.js";
import { measure, sample } from "./measures.js";

/**
 * @import { Caps, Heard, HeardFrom, PeerFacts } from "./protocol.js"
 * @import { Fault } from "./legs.js"
 * @import { Measure, Sample } from "./measures.js"
 * @import { Peer } from "./peer.js"
 * @import { Tracks } from "./senders.js"
 * @import { Duty } from "./topology.js"
 * @typedef {{tracks: Tracks, caps: Caps | null, isFirst: boolean}} Ours What we send to everybody, how much
 *   of it to each, and whether we are the one of the two who acts first.
 */

/** @type {Tracks} */
const NO_TRACKS = { audio: null, video: null, screen: null };

/** Somebody else in the room, and our connection with them while the room has one. */
export class Member {
  /** @type {PeerFacts} */
  facts;
  /** @type {Peer | null} Null when the room does not connect us. */
  peer = null;
  /** @type {Duty | null} */
  duty = null;
  /** What arrives from there. */
  tracks = NO_TRACKS;
  /** ms; 0 while here. */
  awaySince = 0;
  /** ms at which media stopped that had come; 0 while it flows. */
  brokenSince = 0;
  /** @type {Measure | null} */
  measure = null;
  /** @type {{level: number, packets: number, frames: number, at: number} | null} What arrives there from us. */
  heard = null;
  /** @type {Fault} */
  fault = { incoming: false, outgoing: false, since: 0, isDue: false };
  #leg = new Leg();
  #ladder = new Ladder();
  /** @type {Sample | null} */
  #sample = null;
  #unreported = { level: 0, packets: 0, frames: 0 };

  /** @param {PeerFacts} facts */
  constructor(facts) {
    this.facts = facts;
  }

  /**
   * From now on, or until `part`, we are connected.
   * @param {Peer} peer
   * @param {Duty} duty
   */
  meet(peer, duty) {
    this.part();
    this.peer = peer;
    this.duty = duty;
    peer.setReachable(this.awaySince === 0);
  }

  part() {
    this.peer?.close();
    this.peer = this.duty = this.measure = this.heard = this.#sample = null;
    this.tracks = NO_TRACKS;
    this.brokenSince = 0;
    this.#leg = new Leg();
    this.#ladder = new Ladder();
    this.fault = { incoming: false, outgoing: false, since: 0, isDue: false };
  }

  /** @param {number} now */
  away(now) {
    this.awaySince ||= now;
    this.facts.away = true;
    this.peer?.setReachable(false);
  }

  back() {
    this.awaySince = 0;
    this.facts.away = false;
    this.peer?.setReachable(true);
  }

  /**
   * @param {HeardFrom} report
   * @param {number} now
   */
  hear({ level, packets, frames = 0 }, now) {
    this.heard = { level, packets, frames, at: now };
  }

  /**
   * Once a second: what has arrived, whether both directions carry, and what the line bears.
   * @param {number} now
   * @param {Ours} ours
   */
  async look(now, ours) {
    const reports = await this.peer?.stats();
    if (!this.peer) return;
    const before = this.#sample;
    const after = sample(reports?.values() ?? [], now, this.tracks.screen?.id);
    if (before) this.measure = measure(before, after, this.facts, this.measure?.pictureAt);
    this.#sample = after;
    const { packets, frames, level } = this.measure ?? { packets: 0, frames: 0, level: 0 };
    this.#unreported.packets += packets;
    this.#unreported.frames += frames;
    this.#unreported.level = Math.max(this.#unreported.level, level);
    this.fault = this.#judge(now, ours, { packets, frames });
    this.#seeWhetherItFlows(now);
    if (this.fault.isDue) this.peer.connect();
    else if (reports && this.peer.isConnected) this.adapt(ours, { reports, now });
  }

  /**
   * @param {number} now
   * @param {Ours} ours
   * @param {{packets: number, frames: number}} arrived
   */
  #judge(now, { tracks, isFirst }, arrived) {
    const { peer, duty, facts } = this;
    return this.#leg.look({
      ...{ now, isFirst, arrived, isHere: this.awaySince === 0 },
      ...{ state: peer?.state ?? "none", link: peer?.link ?? "", report: this.heard },
      sends: duty === "receive" ? null : carried(tracks.audio?.enabled, tracks.video?.enabled),
      expects: duty === "send" ? null : carried(facts.audio, facts.video),
    });
  }

  /** @param {number} now */
  #seeWhetherItFlows(now) {
    const isFlowing = this.peer?.isConnected && (this.duty === "send" || this.measure?.rung !== "broken");
    if (isFlowing && !this.fault.incoming) this.brokenSince = 0;
    else if (this.measure) this.brokenSince ||= this.fault.since || now;
  }

  /**
   * Limits what we send to what we may, and to what the line has borne of late.
   * @param {Ours} ours
   * @param {{reports: RTCStatsReport, now: number} | null} seen
   */
  adapt({ tracks, caps }, seen = null) {
    if (!caps) return;
    const facts = { caps, isSharing: Boolean(tracks.screen) };
    if (seen) {
      this.#ladder.look(way(seen.reports.values()), limits({ ...facts, step: 0 }).video.kbps, seen.now);
    }
    this.peer?.setLimits(limits({ ...facts, step: this.#ladder.step }));
  }

  /**
   * What has arrived from them since the last report to them.
   * @returns {Heard | null}
   */
  report() {
    const counted = this.#unreported;
    this.#unreported = { level: 0, packets: 0, frames: 0 };
    if (!this.measure || this.awaySince > 0 || this.duty === "send") return null;
    return { t: "heard", to: this.facts.id, ...counted };
  }
}

/**
 * @param {boolean | undefined} audio
 * @param {boolean | undefined} video
 */
const carried = (audio, video) => (audio ? "sound" : video ? "picture" : null);
