/**
 * A form that is sent without a connection stays where it is, with what was typed: the browser would
 * put its own error page in its place. Whoever sends by other means has prevented the browser's already.
 */

let isReached = false;
const words = /** @type {HTMLElement} */ (document.getElementById("offline"));

addEventListener("submit", async (event) => {
  const form = event.target;
  if (event.defaultPrevented || navigator.onLine || isReached) return;
  if (!(form instanceof HTMLFormElement)) return;
  event.preventDefault();
  // A browser that knows of no line may be wrong: the service may be on this very machine.
  isReached = await isAnswered();
  if (isReached) return form.requestSubmit(event.submitter);
  form.append(words);
  words.hidden = false;
  words.focus();
});

async function isAnswered() {
  try {
    await fetch(location.href, { method: "HEAD", redirect: "manual" });
    return true;
  } catch {
    return false;
  }
}

addEventListener("offline", () => {
  isReached = false;
});

addEventListener("online", () => {
  words.hidden = true;
});
