/**
 * The register with one tap a change: everything here also works without this module, by forms.
 *
 * A tap is shown at once, kept on this device and sent; what others mark appears within seconds.
 */

import { totals } from "./counts.js";
import { sender, Taps } from "./taps.js";

/** @typedef {import("./taps.js").State} State */

const LOOK_EVERY_MS = 10_000;

/** @param {HTMLTableElement} table */
function start(table) {
  const url = table.dataset.marks ?? "";
  const reader = table.dataset.reader ?? "";
  const taps = new Taps({
    shelf: localStorage,
    send: sender({ fetch: fetch.bind(window), url, token, reader }),
    reader,
    register: table.dataset.register ?? "",
    later: (run, ms) => void setTimeout(run, ms),
  });
  taps.addEventListener("change", () => showRefused(table, taps));
  // A confirmed register is marked by forms; what this device still keeps of the time before is told.
  if (!table.querySelector(".marks")) {
    void taps.flush();
    return;
  }
  tidyMenus();
  table.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement)) return;
    event.preventDefault();
    const seen = form.closest("tr")?.dataset.last;
    void taps.tap({ ...wished(form, event.submitter), seen });
    closeMenus();
  });
  taps.addEventListener("change", () => showKept(table, taps));
  taps.addEventListener("taken", (event) => show(table, taps, /** @type {CustomEvent} */ (event).detail));
  taps.addEventListener("refused", () => void look());
  taps.addEventListener("change", () => {
    if (isReloadDue && taps.refused.length === 0) void look();
  });
  const look = async () => {
    const state = await asked(url);
    if (state) show(table, taps, state);
  };
  const again = () => {
    if (document.hidden) return;
    void taps.flush();
    void look();
  };
  setInterval(again, LOOK_EVERY_MS);
  for (const name of ["focus", "online", "pageshow"]) window.addEventListener(name, again);
  guardConfirming(taps);
  showKept(table, taps);
  void taps.flush();
}

/** The cookie's token: it changes when one signs in again in another tab. */
function token() {
  const cookie = document.cookie.split("; ").find((each) => each.startsWith("csrftoken="));
  const field = document.querySelector("input[name=csrfmiddlewaretoken]");
  return cookie?.slice("csrftoken=".length) ?? (field instanceof HTMLInputElement ? field.value : "");
}

/**
 * @param {HTMLFormElement} form @param {HTMLElement | null} submitter
 * @returns {import("./taps.js").Wish}
 */
function wished(form, submitter) {
  const data = new FormData(form);
  const student = String(data.get("student"));
  if (submitter instanceof HTMLButtonElement && submitter.name === "mark") {
    return { student, mark: submitter.value };
  }
  return { student, note: String(data.get("note") ?? "") };
}

/** @param {string} url @returns {Promise<State | null>} */
async function asked(url) {
  try {
    const response = await fetch(url, { headers: { Accept: "application/json" } });
    const isJson = (response.headers.get("Content-Type") ?? "").startsWith("application/json");
    return response.ok && isJson ? await response.json() : null;
  } catch {
    return null;
  }
}

/**
 * The page as the server says it stands; taps that are not sent yet stay as they were tapped.
 * @param {HTMLTableElement} table @param {Taps} taps @param {State} state
 */
function show(table, taps, state) {
  const waiting = new Set(taps.kept.map((tap) => tap.student));
  isReloadDue = state.confirmed && waiting.size === 0;
  if (isReloadDue) {
    if (taps.refused.length === 0) location.reload();
    return;
  }
  for (const [student, pupil] of Object.entries(state.pupils)) {
    const row = table.querySelector(`#pupil-${student}`);
    if (!(row instanceof HTMLElement) || waiting.has(student)) continue;
    row.dataset.last = String(pupil.last);
    press(row, pupil.mark);
    write(row.querySelector("[data-note]"), pupil.note);
    const field = row.querySelector("input[name=note]");
    if (field instanceof HTMLInputElement && field !== document.activeElement) field.value = pupil.note;
    row.querySelector("[data-facts]")?.replaceChildren(...pupil.facts.map(fact));
  }
  if (waiting.size > 0) count(table);
  else showTotals(state.totals, state.short);
  showEvidence(state.evidence);
}

/** Counted from the rows, because the server has not seen every tap. @param {HTMLTableElement} table */
function count(table) {
  const words = JSON.parse(document.querySelector("#counting")?.textContent ?? "null");
  if (!words) return;
  const marks = [...table.querySelectorAll("tr[data-mark]")].map(
    (row) => row.getAttribute("data-mark") ?? "",
  );
  const { whole, short } = totals(marks, words);
  showTotals(whole, short);
}

/** @param {string} whole @param {string} short */
function showTotals(whole, short) {
  write(document.querySelector("[data-totals]"), whole);
  write(document.querySelector("[data-short]"), short);
}

/** @param {string} words */
function fact(words) {
  const part = document.createElement("span");
  part.textContent = words;
  return part;
}

/** @param {Element | null} part @param {string} words */
function write(part, words) {
  if (part && part.textContent !== words) part.textContent = words;
}

/** @param {HTMLElement} row @param {string} mark */
function press(row, mark) {
  row.dataset.mark = mark;
  for (const button of row.querySelectorAll("button[name=mark]")) {
    if (button instanceof HTMLButtonElement) button.ariaPressed = String(button.value === mark);
  }
  const pressed = row.querySelector("button[name=mark][aria-pressed=true]");
  write(row.querySelector("[data-mark-words]"), pressed?.textContent ?? "");
  const chosen = row.querySelector(".menu button[aria-pressed=true]");
  const words = row.querySelector("[data-other]");
  row.querySelector(".others")?.classList.toggle("on", chosen !== null);
  if (words instanceof HTMLElement) write(words, chosen?.textContent ?? words.dataset.usual ?? "");
}

/** The school has confirmed, and something on this page is still to be read before it is shown anew. */
let isReloadDue = false;
let lastEvidence = "";
/** Somebody pressed 確定 while taps were still on this device: the line says so until they are saved. */
let isConfirmingAsked = false;

/** @param {string} html The server's own fragment, parsed without running anything. */
function showEvidence(html) {
  const place = document.querySelector("#evidence");
  if (!place || html === lastEvidence) return;
  lastEvidence = html;
  place.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
}

/** @param {HTMLTableElement} table @param {Taps} taps */
function showKept(table, taps) {
  const kept = taps.kept;
  for (const sign of table.querySelectorAll("[data-unsaved]")) {
    if (sign instanceof HTMLElement) sign.hidden = true;
  }
  for (const tap of kept) {
    const row = table.querySelector(`#pupil-${tap.student}`);
    if (!(row instanceof HTMLElement)) continue;
    if (tap.mark !== undefined) press(row, tap.mark);
    if (tap.note !== undefined) write(row.querySelector("[data-note]"), tap.note);
    const sign = row.querySelector("[data-unsaved]");
    if (sign instanceof HTMLElement) sign.hidden = taps.standstill === "";
  }
  if (kept.length > 0) count(table);
  const line = document.querySelector("[data-kept]");
  if (!(line instanceof HTMLElement)) return;
  const words = { "": line.dataset.waiting, away: line.dataset.offline, "signed-out": line.dataset.signin };
  line.hidden = kept.length === 0;
  if (kept.length === 0) isConfirmingAsked = false;
  write(
    line,
    kept.length === 0 ? "" : ((isConfirmingAsked ? line.dataset.first : words[taps.standstill]) ?? ""),
  );
}

/**
 * Every refusal with its pupil and mark, as this page names them, until somebody has read it.
 * @param {HTMLTableElement} table @param {Taps} taps
 */
function showRefused(table, taps) {
  const banner = document.querySelector("[data-refused]");
  const list = banner?.querySelector("ul");
  const pattern = banner?.querySelector("template");
  if (!(banner instanceof HTMLElement) || !list || !pattern) return;
  const found = taps.refused;
  const keys = found.map(({ tap }) => tap.intention).join();
  if (keys === list.dataset.keys) return;
  const isMore = found.length > list.children.length;
  list.dataset.keys = keys;
  list.replaceChildren(
    ...found.map((refusal) => {
      const part = /** @type {DocumentFragment} */ (pattern.content.cloneNode(true));
      const { tap, words, question } = refusal;
      write(part.querySelector("[data-what]"), `${named(table, banner, tap)}: ${marked(table, banner, tap)}`);
      write(part.querySelector("[data-why]"), words || (banner.dataset.usual ?? ""));
      const [insist, dismiss] = part.querySelectorAll("button");
      if (insist) {
        insist.hidden = question === undefined;
        write(insist, question?.yes ?? "");
        insist.addEventListener("click", () => void taps.insist(refusal));
      }
      if (question) write(dismiss ?? null, question.no);
      dismiss?.addEventListener("click", () => taps.dismiss(tap));
      return part;
    }),
  );
  banner.hidden = found.length === 0;
  if (isMore) banner.focus();
}

/** @param {HTMLTableElement} table @param {HTMLElement} banner @param {import("./taps.js").Tap} tap */
function named(table, banner, tap) {
  return table.querySelector(`#name-${tap.student}`)?.textContent ?? banner.dataset.somebody ?? "";
}

/** @param {HTMLTableElement} table @param {HTMLElement} banner @param {import("./taps.js").Tap} tap */
function marked(table, banner, tap) {
  if (tap.mark === undefined) return banner.dataset.note ?? "";
  const said = table.querySelector(`button[value="${tap.mark}"], option[value="${tap.mark}"]`);
  return said?.textContent ?? "";
}

/** Nobody signs while a tap of theirs is still on this device. @param {Taps} taps */
function guardConfirming(taps) {
  document.querySelector("[data-confirm]")?.addEventListener("click", (event) => {
    if (taps.kept.length === 0) return;
    event.preventDefault();
    isConfirmingAsked = true;
    void taps.flush();
  });
}

/** @param {Element} [but] */
function closeMenus(but) {
  for (const menu of document.querySelectorAll(".marks details[open]")) {
    if (menu === but || !(menu instanceof HTMLDetailsElement)) continue;
    if (menu.contains(document.activeElement)) menu.querySelector("summary")?.focus();
    menu.open = false;
  }
}

function tidyMenus() {
  document.addEventListener("click", (event) => {
    const within = event.target instanceof Element ? event.target.closest(".marks details") : null;
    closeMenus(within ?? undefined);
  });
  const opened = (/** @type {Event} */ { target }) => {
    const isMenu = target instanceof HTMLDetailsElement && target.open && target.closest(".marks");
    if (isMenu) target.querySelector(".menu")?.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("toggle", opened, { capture: true });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeMenus();
  });
}

function offerPrinting() {
  const button = document.querySelector("[data-print]");
  if (!(button instanceof HTMLElement)) return;
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

const table = document.querySelector("table.pupils[data-marks]");
if (table instanceof HTMLTableElement) start(table);
offerPrinting();
