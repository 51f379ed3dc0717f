/**
 * Looks whether the page's script has started, and loads the page again when it has not.
 *
 * On a weak line, or when the network changes, some of its many files may fail to come, and the page
 * would say "connecting" for ever. This file imports none of them; where it is lost itself, the style
 * sheet says so after a while.
 */

const WITHIN_MS = 60_000;
const KEY = `start ${location.pathname}`;

const tries = Number(sessionStorage.getItem(KEY) ?? 0);
const started = () => document.body.dataset.started !== undefined;
const look = () => {
  if (started()) {
    sessionStorage.removeItem(KEY);
    return;
  }
  const notice = document.getElementById("not-started");
  if (tries < 3) {
    sessionStorage.setItem(KEY, String(tries + 1));
    location.reload();
  } else if (notice) {
    sessionStorage.removeItem(KEY);
    document.body.dataset.lost = "";
    notice.querySelector("a")?.focus();
  }
};

// `load` comes when every file has come or failed; a file that hangs is not waited for without end.
addEventListener("load", () => setTimeout(look, 1000), { once: true });
setTimeout(look, WITHIN_MS + Math.random() * 2000);
