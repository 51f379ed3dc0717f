/** A server that has restarted knows no floor: whoever leads gives it again within this time. */
const REMEMBERED_FOR_MS = 6000;

/**
 * Who has the floor. Between its holder and the other guests media flows; it is not torn down
 * because a server has forgotten about it.
 */
export class Floor {
  /** @type {string | null} */
  holder = null;
  #send;
  /** @type {string | null} Who should have it: whom the server named last, or whom we, who lead, chose since. */
  #wanted = null;
  /** ms until which it counts although the server does not know of it; 0 when it does. */
  #until = 0;

  /** @param {(to: string | null) => boolean} send */
  constructor(send) {
    this.#send = send;
  }

  /** @param {string | null} to */
  give(to) {
    this.#wanted = to;
    this.#send(to);
  }

  /**
   * The server says who has it.
   * @param {string | null} holder
   */
  is(holder) {
    this.holder = this.#wanted = holder;
    this.#until = 0;
  }

  /**
   * What a snapshot says.
   * @param {string | null} holder
   * @param {{isSameServer: boolean, now: number}} options
   */
  found(holder, { isSameServer, now }) {
    if (holder !== null || isSameServer || this.holder === null) this.is(holder);
    else this.#until = now + REMEMBERED_FOR_MS;
  }

  /**
   * Somebody is known to the server: if it is the holder it has forgotten, whoever leads tells it again.
   * Two who lead say the same.
   * @param {string} id
   * @param {{leads: boolean}} options
   */
  met(id, { leads }) {
    if (leads && this.#until > 0 && this.#wanted === id) this.#send(id);
  }

  /**
   * Whether the floor has just ended because nobody gave it again.
   * @param {number} now
   */
  look(now) {
    if (this.#until === 0 || now < this.#until) return false;
    this.is(null);
    return true;
  }
}
