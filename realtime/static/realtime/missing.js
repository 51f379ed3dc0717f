/** After a server restart the others come back one by one; media flows meanwhile. */
const MISSING_FOR_MS = 60_000;

/** Those whom the server no longer names, or not yet again. */
export class Missing {
  /** @type {Map<string, number>} */
  #since = new Map();

  /**
   * @param {string} id
   * @param {number} now ms
   */
  add(id, now) {
    if (!this.#since.has(id)) this.#since.set(id, now);
  }

  /** @param {string} id */
  found(id) {
    this.#since.delete(id);
  }

  /**
   * Who counts as away by now, and who has left: nobody whose media flows.
   * @param {number} now
   * @param {(id: string) => boolean} isFlowing
   */
  look(now, isFlowing) {
    const silent = [...this.#since].filter(([id]) => !isFlowing(id));
    const isOver = (/** @type {number} */ since) => now - since > MISSING_FOR_MS;
    return {
      away: silent.filter(([, since]) => !isOver(since)).map(([id]) => id),
      left: silent.filter(([, since]) => isOver(since)).map(([id]) => id),
    };
  }
}
