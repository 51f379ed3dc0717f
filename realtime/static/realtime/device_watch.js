/**
 * In a room, on the receiving room's own device: still reports, and goes back to its waiting page when
 * the room is over or when the staff start the next lesson.
 */

import { stayAwake } from "./awake.js";
import { Reports } from "./device_reports.js";
import { byId } from "./dom.js";

/** @type {{status: string, room: string, csrf: string, today: string}} */
const facts = JSON.parse(byId("page", HTMLScriptElement).textContent ?? "{}");
const LEAVES_WITHIN_MS = 2000;

if (facts.status) {
  const reports = new Reports({
    url: facts.status,
    csrf: facts.csrf,
    say: () => ({ room: facts.room }),
    fetch: fetch.bind(window),
    later: (work, ms) => setTimeout(work, ms),
    stop: (handle) => clearTimeout(handle),
  });
  reports.addEventListener("heard", (event) => {
    const { go } = /** @type {CustomEvent<import("./device_reports.js").Orders>} */ (event).detail;
    if (!go) return;
    reports.close();
    // Leaving by its own button says good-bye to the others; the waiting page then goes on to `go`.
    byId("leave", HTMLButtonElement).click();
    setTimeout(() => location.assign(facts.today), LEAVES_WITHIN_MS);
  });
  addEventListener("online", () => void reports.report());
  void stayAwake();
  void reports.report();
}
