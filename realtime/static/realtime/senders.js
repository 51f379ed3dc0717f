/**
 * @import { Limits } from "./encodings.js"
 * @import { Duty } from "./topology.js"
 * @typedef {{audio: MediaStreamTrack | null, video: MediaStreamTrack | null,
 *   screen?: MediaStreamTrack | null}} Tracks
 */

/**
 * What every connection has from the first offer on, told apart by this order. So a screen is
 * shared without negotiating anew, and its picture is never taken for the camera's.
 */
export const KINDS = Object.freeze(/** @type {const} */ (["audio", "video", "screen"]));
const DIRECTIONS = Object.freeze(
  /** @type {const} */ ({ both: "sendrecv", send: "sendonly", receive: "recvonly" }),
);

/** What we send on one connection, and how much of it. */
export class Senders {
  #pc;
  #duty;
  /** Parameters are read and written in one go: two at once would undo each other. */
  #queue = Promise.resolve();

  /**
   * @param {RTCPeerConnection} pc
   * @param {Duty} duty
   */
  constructor(pc, duty) {
    this.#pc = pc;
    this.#duty = duty;
  }

  /** On our own connection; on the other's they come with the first offer. */
  add() {
    for (const kind of KINDS) {
      this.#pc.addTransceiver(kind === "audio" ? "audio" : "video", { direction: DIRECTIONS[this.#duty] });
    }
  }

  /** @param {Tracks} tracks */
  async carry(tracks) {
    if (this.#duty === "receive") return;
    const direction = DIRECTIONS[this.#duty];
    for (const [place, transceiver] of this.#pc.getTransceivers().entries()) {
      if (transceiver.direction !== direction) transceiver.direction = direction;
      await transceiver.sender.replaceTrack(tracks[KINDS[place]] ?? null);
    }
  }

  /**
   * The voice goes first wherever the two meet; the pictures share what is left.
   * @param {Limits | null} limits
   */
  limit(limits) {
    if (limits === null || this.#duty === "receive") return this.#queue;
    this.#queue = this.#queue.then(async () => {
      for (const [place, { sender }] of this.#pc.getTransceivers().entries()) {
        await set(sender, limits[KINDS[place]]);
      }
    });
    return this.#queue;
  }
}

/**
 * @param {RTCRtpSender} sender
 * @param {Limits["audio"] | Limits["video"]} limit
 */
async function set(sender, limit) {
  const parameters = sender.getParameters();
  for (const encoding of parameters.encodings) Object.assign(encoding, asEncoding(limit, sender));
  try {
    await sender.setParameters(parameters);
  } catch {
    // Closed meanwhile, or without encodings before the first description: the answer comes back here.
  }
}

/**
 * @param {Limits["audio"] | Limits["video"]} limit
 * @param {RTCRtpSender} sender
 */
function asEncoding(limit, sender) {
  const maxBitrate = limit.kbps * 1000;
  if (!("fps" in limit)) return { maxBitrate, priority: "high", networkPriority: "high" };
  const height = sender.track?.getSettings().height ?? 0;
  return {
    maxBitrate,
    active: limit.isActive,
    maxFramerate: limit.fps,
    scaleResolutionDownBy: Math.max(1, height / limit.h),
    priority: "low",
    networkPriority: "low",
  };
}
