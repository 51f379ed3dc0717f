/**
 * Keeps parts of a page true while it stays open: the page is fetched again from where it came, and
 * the parts that changed are put in place. Without this module the page is as old as its loading.
 *
 * A part says how often with `data-fresh="15"` (seconds), and has an id. What is being typed or chosen
 * is never taken away.
 */

const LONGEST_WAIT_S = 60;

/**
 * Fetches this page again and replaces the parts that differ; false when it could not be had.
 * @param {string[]} ids
 */
export async function refreshed(ids) {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "manual" });
    if (answer.type === "opaqueredirect") location.reload(); // signed out: the sign-in page says so
    if (!answer.ok) return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ids) replace(document.getElementById(id), page.getElementById(id));
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {HTMLElement | null} old
 * @param {HTMLElement | null} fresh
 */
function replace(old, fresh) {
  if (!old || !fresh || plain(old) === plain(fresh)) return;
  const focused = document.activeElement;
  const isInside = focused instanceof HTMLElement && old.contains(focused);
  if (isInside && focused.matches("input, select, textarea, summary")) return;
  const place = isInside ? [...old.querySelectorAll("a, button")].indexOf(focused) : -1;
  for (const open of old.querySelectorAll("details[open]")) {
    fresh.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute("open", "");
  }
  old.replaceWith(fresh);
  const again = place >= 0 ? fresh.querySelectorAll("a, button")[place] : null;
  if (again instanceof HTMLElement) again.focus({ preventScroll: true });
}

/**
 * Without the forms' tokens, which are new in every answer, and what a reader has unfolded.
 * @param {HTMLElement} part
 */
function plain(part) {
  const copy = /** @type {HTMLElement} */ (part.cloneNode(true));
  for (const token of copy.querySelectorAll("[name=csrfmiddlewaretoken]")) token.remove();
  for (const open of copy.querySelectorAll("details[open]")) open.removeAttribute("open");
  return copy.innerHTML;
}

/** @param {boolean} isLost */
function say(isLost) {
  for (const words of document.querySelectorAll("[data-fresh-lost]")) {
    if (words instanceof HTMLElement) words.hidden = !isLost;
  }
}

function start() {
  addEventListener("offline", () => say(true));
  addEventListener("online", () => say(false));
  const parts = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-fresh]")]);
  if (parts.length === 0) return;
  const ids = parts.map((part) => part.id);
  const every = Math.min(...parts.map((part) => Number(part.dataset.fresh)));
  let wait = every;
  const again = async () => {
    const isThere = document.hidden || (await refreshed(ids));
    wait = isThere ? every : Math.min(LONGEST_WAIT_S, wait * 2);
    say(!isThere);
    setTimeout(() => void again(), wait * 1000);
  };
  setTimeout(() => void again(), wait * 1000);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) void refreshed(ids);
  });
}

if (typeof document !== "undefined") start();
