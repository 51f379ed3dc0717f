/**
 * Knocks until the host lets us in, and then enters: this page's address is the room's.
 */

import { byId } from "./dom.js";

const ANSWERS_WITHIN_MS = 8000;

/** @type {{waiting: string, ticks: string}} */
const facts = JSON.parse(byId("page", HTMLScriptElement).textContent ?? "{}");
const state = byId("waiting-state", HTMLElement);
const ticks = new Worker(facts.ticks);
let isAsking = false;

/** @param {string} html What the server has rendered for this reader. */
function show(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html").body;
  const plain = (/** @type {HTMLElement} */ element) => element.textContent?.replace(/\s+/g, " ").trim();
  if (plain(fresh) !== plain(state)) state.replaceChildren(...fresh.childNodes);
}

async function knock() {
  const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS);
  const answer = await fetch(facts.waiting, { signal, redirect: "manual" });
  // Let in, over, cancelled, or signed out: each has its own page.
  if (answer.status === 204 || answer.type === "opaqueredirect") return location.reload();
  if (answer.status === 404) {
    ticks.terminate();
    state.hidden = true;
    byId("waiting-gone", HTMLElement).hidden = false;
  } else if (answer.ok) show(await answer.text());
  else throw new Error(String(answer.status));
}

ticks.addEventListener("message", async () => {
  if (isAsking) return;
  isAsking = true;
  const lost = byId("waiting-lost", HTMLElement);
  await knock().then(
    () => (lost.hidden = true),
    () => (lost.hidden = false),
  );
  isAsking = false;
});
