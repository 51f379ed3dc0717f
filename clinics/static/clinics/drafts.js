// Keeps what is typed into a form with `data-keeps` at the server, a moment after it changed. Without this
// the form's own button keeps it. Nothing is kept on this device: it may be anybody's.

const AFTER_MS = 1_500;
const AGAIN_MS = 5_000;

for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (
  document.querySelectorAll("form[data-keeps]")
)) {
  keep(form);
}

/** @param {HTMLFormElement} form */
function keep(form) {
  let timer = 0;
  let isSending = false;
  let isChanged = false;
  const said = document.querySelector("[data-kept]");

  /** @param {number} wait */
  const later = (wait) => {
    isChanged = true;
    clearTimeout(timer);
    timer = window.setTimeout(send, wait);
  };

  /** @param {string | undefined} words */
  const say = (words) => {
    if (said && words) said.textContent = words;
  };

  async function send() {
    if (isSending) return later(AFTER_MS);
    isSending = true;
    isChanged = false;
    try {
      const answer = await fetch(form.dataset.keeps ?? "", {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
      });
      if (!answer.ok || answer.redirected) throw new Error("not kept");
      const state = await answer.json();
      say(state.words);
      // From now on reloading opens the draft.
      if (state.address && location.pathname !== state.address) {
        history.replaceState(null, "", state.address);
        form.dataset.keeps = state.address;
        form.action = state.address;
      }
    } catch {
      say(form.dataset.away);
      later(AGAIN_MS);
    } finally {
      isSending = false;
    }
  }

  form.addEventListener("input", () => later(AFTER_MS));
  form.addEventListener("change", () => later(AFTER_MS));
  form.addEventListener("submit", () => clearTimeout(timer));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && isChanged) send();
  });
}
