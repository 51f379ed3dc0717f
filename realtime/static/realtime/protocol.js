/**
 * Signalling protocol v1 as types. The prose is docs/signalling.md, the server's side
 * realtime/protocol.py; a test holds the three against each other.
 *
 * @typedef {{ja: string, en: string}} Name
 * @typedef {"host" | "guest"} Role
 * @typedef {{id: string, role: Role, name: Name, org: Name, school: boolean,
 *   observer: boolean, audio: boolean, video: boolean, screen: boolean, away: boolean}} PeerFacts
 * @typedef {{video_kbps: number, fps: number, w: number, h: number}} Caps
 * @typedef {{candidate: string, sdpMid?: string | null, sdpMLineIndex?: number | null,
 *   usernameFragment?: string | null}} CandidateFacts
 *
 * What a client says
 * @typedef {{t: "join", v: 1, resume?: string, page?: string}} Join
 * @typedef {{t: "offer", to: string, pc: string, sdp: string, restart: boolean}} Offer
 * @typedef {{t: "answer", to: string, pc: string, sdp: string}} Answer
 * @typedef {{t: "candidate", to: string, pc: string, list: (CandidateFacts | null)[]}} Candidate
 * @typedef {{t: "reset", to: string, pc: string}} Reset
 * @typedef {{t: "state", audio: boolean, video: boolean, screen?: boolean}} State
 * @typedef {{t: "hand", up: boolean}} Hand
 * @typedef {{t: "chat", cid: string, text: string}} Chat
 * @typedef {{t: "heard", to: string, level: number, packets: number, frames?: number}} Heard
 * @typedef {{t: "floor", to: string | null}} Floor
 * @typedef {{t: "mute", to: string | null}} Mute
 * @typedef {{t: "ping", ts: number}} Ping
 * @typedef {{t: "leave"}} Leave
 * @typedef {Join | Offer | Answer | Candidate | Reset | State | Hand | Chat | Heard | Floor | Mute
 *   | Ping | Leave} ClientMessage
 *
 * What the server says
 * @typedef {{t: "joined", v: 1, id: string, role: Role, mode: "star" | "mesh", peers: PeerFacts[],
 *   hands: string[], floor: string | null, listen: boolean, chat: ChatLine[], resumed: boolean, resume: string, ice: RTCIceServer[],
 *   relay: boolean, caps: Caps, floor_caps: Caps, hb: {every: number, dead: number}, lim: {bytes: number, chat: number},
 *   srv: string}} Joined
 * @typedef {{t: "peer-joined", peer: PeerFacts}} PeerJoined
 * @typedef {{t: "peer-away", id: string}} PeerAway
 * @typedef {{t: "peer-back", id: string}} PeerBack
 * @typedef {{t: "peer-left", id: string, reason: string}} PeerLeft
 * @typedef {{t: "offer", from: string, pc: string, sdp: string, restart: boolean}} OfferFrom
 * @typedef {{t: "answer", from: string, pc: string, sdp: string}} AnswerFrom
 * @typedef {{t: "candidate", from: string, pc: string, list: (CandidateFacts | null)[]}} CandidateFrom
 * @typedef {{t: "reset", from: string, pc: string}} ResetFrom
 * @typedef {{t: "state", from: string, audio: boolean, video: boolean, screen: boolean}} StateFrom
 * @typedef {{t: "hands", queue: string[]}} Hands
 * @typedef {{t: "floor", id: string | null}} FloorIs
 * @typedef {{t: "mute", from: string}} MuteFrom
 * @typedef {{t: "listen", on: boolean}} Listen
 * @typedef {{t: "peers", peers: PeerFacts[], hands: string[], floor: string | null}} Peers
 * @typedef {{t: "chat", from: string, name: Name, org: Name, school: boolean, observer: boolean,
 *   cid: string, text: string, at: string}} ChatLine
 * @typedef {{t: "heard", from: string, level: number, packets: number, frames: number}} HeardFrom
 * @typedef {{t: "pong", ts: number, at: string}} Pong
 * @typedef {{t: "error", code: string, ref?: string, to?: string, detail?: string, fatal?: boolean,
 *   opens_at?: string, supported?: number[]}} ErrorMessage
 * @typedef {Joined | PeerJoined | PeerAway | PeerBack | PeerLeft | OfferFrom | AnswerFrom | CandidateFrom
 *   | ResetFrom | StateFrom | Hands | FloorIs | MuteFrom | Listen | Peers | ChatLine | HeardFrom | Pong | ErrorMessage} ServerMessage
 * @typedef {OfferFrom | AnswerFrom | CandidateFrom | ResetFrom} Negotiation
 */

export const VERSION = 1;

/** Close codes after which coming back is pointless or wrong. Every other close is retried. */
export const FINAL_CODES = Object.freeze([4400, 4401, 4403, 4409, 4410, 4413, 4423, 4424, 4429]);

export const BEAT_EVERY_MS = 5000;
export const DEAD_AFTER_MS = 15000;
