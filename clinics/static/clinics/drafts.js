// Keeps what is typed into a form with `data-keeps` at the server, a moment after it changed. Without this
// the form's own button keeps it. Nothing is kept on this device: it may be anybody's.

import { Keeper } from "./keeping.js";

const ANSWER_WITHIN_MS = 15_000;

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (
  document.querySelectorAll("form[data-keeps]")
)) {
  keep(form);
}

/** @param {HTMLFormElement} form */
function keep(form) {
  const said = document.querySelector("[data-kept]");
  const keeper = new Keeper({
    read: () => new FormData(form),
    send: (body) => post(form.dataset.keeps ?? "", body),
    wait: (callback, ms) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
  });

  /** @param {...(string | undefined)} words */
  const say = (...words) => {
    if (said) said.textContent = words.filter(Boolean).join(" ");
  };

  keeper.addEventListener("kept", (event) => {
    const { words, shown, address } = /** @type {CustomEvent<Record<string, string>>} */ (event).detail;
    say(words);
    const field = form.elements.namedItem("shown");
    if (field instanceof HTMLInputElement && shown) field.value = shown;
    // From now on reloading opens the draft.
    if (address && location.pathname !== address) {
      history.replaceState(null, "", address);
      form.dataset.keeps = address;
      form.action = address;
    }
  });
  keeper.addEventListener("stale", (event) => {
    say(/** @type {CustomEvent<Record<string, string>>} */ (event).detail.words, form.dataset.stopped);
  });
  keeper.addEventListener("away", () => say(form.dataset.away));

  form.addEventListener("input", () => keeper.changed());
  form.addEventListener("change", () => keeper.changed());
  form.addEventListener("submit", (event) => {
    const isSending = keeper.isSending;
    const stopped = keeper.stop();
    if (!isSending) return;
    // Its answer says what this page is made of from now on; sent before it, the form would be out of date.
    event.preventDefault();
    stopped.then(() => form.requestSubmit(event.submitter));
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keeper.flush();
  });
}

/**
 * @param {string} address
 * @param {FormData} body
 */
async function post(address, body) {
  const answer = await fetch(address, {
    method: "POST",
    body,
    headers: { Accept: "application/json" },
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  if (answer.redirected || !(answer.ok || answer.status === 409)) throw new Error("not kept");
  return { status: answer.status, state: await answer.json() };
}
