/**
 * A form that is sent without a connection stays where it is, with what was typed: the browser would
 * put its own error page in its place. Whoever sends by other means has prevented the browser's already.
 */

const words = /** @type {HTMLElement} */ (document.getElementById("offline"));

addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || navigator.onLine || !(form instanceof HTMLFormElement)) return;
  event.preventDefault();
  form.append(words);
  words.hidden = false;
  words.focus();
});

addEventListener("online", () => {
  words.hidden = true;
});
