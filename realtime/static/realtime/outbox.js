/** @import { CandidateFacts } from "./protocol.js" */

const BATCH_MS = 100;
/** As many as the server takes in one message. */
const AT_ONCE = 32;

/** Candidates of one connection, gathered for a moment and sent as one list. */
export class Outbox {
  #send;
  /** @type {(CandidateFacts | null)[]} */
  #waiting = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {(list: (CandidateFacts | null)[]) => void} send */
  constructor(send) {
    this.#send = send;
  }

  /** @param {RTCIceCandidate | null} candidate Null is the end of candidates. */
  put(candidate) {
    this.#waiting.push(candidate ? /** @type {CandidateFacts} */ (candidate.toJSON()) : null);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      while (this.#waiting.length > 0) this.#send(this.#waiting.splice(0, AT_ONCE));
    }, BATCH_MS);
  }

  close() {
    clearTimeout(this.#timer);
  }
}
