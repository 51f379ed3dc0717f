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
    send: (sending) => post(form, sending),
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
  keeper.addEventListener("refused", (event) => {
    say(/** @type {CustomEvent<Record<string, string>>} */ (event).detail.words, form.dataset.refused);
  });
  keeper.addEventListener("away", () => say(form.dataset.away));

  form.addEventListener("input", () => keeper.changed());
  form.addEventListener("change", () => keeper.changed());
  form.addEventListener("submit", (event) => {
    if (!navigator.onLine) return;
    const isSending = keeper.isSending;
    const stopped = keeper.stop();
    if (!isSending) return;
    // Its answer says what this page is made of from now on; sent before it, the form would be out of date.
    event.preventDefault();
    stopped.then(() => form.requestSubmit(event.submitter));
  });
  // Another form's answer makes the page anew of what is kept: what was just typed would be gone from it.
  for (const other of document.querySelectorAll("main form:not([data-keeps])")) {
    other.addEventListener("submit", (event) => {
      if (!keeper.isUnkept || !(other instanceof HTMLFormElement)) return;
      event.preventDefault();
      const { submitter } = /** @type {SubmitEvent} */ (event);
      keeper.settled().then((isKept) => {
        if (isKept) other.requestSubmit(submitter);
        else said?.scrollIntoView({ block: "center" });
      });
    });
  }
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keeper.flush();
  });
}

/**
 * @param {HTMLFormElement} form
 * @param {{ body: FormData, isTyped: boolean }} sending
 */
async function post(form, { body, isTyped }) {
  const answer = await fetch(form.dataset.keeps ?? "", {
    method: "POST",
    body,
    // What is sent again while nobody types is no use of the session.
    headers: { Accept: "application/json", ...(isTyped ? {} : { "X-By-Itself": "1" }) },
    redirect: "manual",
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  // The one address that this is sent to is the sign-in page.
  if (answer.type === "opaqueredirect")
    return { status: 401, state: { words: form.dataset.signedOut ?? "" } };
  // Of a proxy or a server that is being renewed, or of a limit: it will be taken later.
  if (answer.status >= 500 || answer.status === 429) throw new Error("no answer");
  const isSaid = answer.headers.get("Content-Type")?.startsWith("application/json");
  return { status: answer.status, state: isSaid ? await answer.json() : {} };
}
