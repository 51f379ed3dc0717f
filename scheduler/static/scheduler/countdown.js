/**
 * Keeps the minutes on Today true while the page stays open.
 *
 * The server has written everything already; without this module the page shows the minute at which
 * it was loaded. Counts by the server's clock: the page carries the server's "now", and only the time
 * since then is the browser's.
 */

const EVERY_MS = 15_000;
const MINUTE_MS = 60_000;

/**
 * Whole hours and minutes from `now` to `until`; a minute begun counts.
 * @param {number} until @param {number} now Milliseconds.
 * @returns {{hours: number, minutes: number} | null} Null once it has come.
 */
export function left(until, now) {
  if (until <= now) return null;
  const minutes = Math.ceil((until - now) / MINUTE_MS);
  return { hours: Math.floor(minutes / 60), minutes: minutes % 60 };
}

/**
 * The first of `countdowns` that is still to come shows its time; the others are hidden.
 * @param {HTMLElement[]} countdowns @param {number} now
 */
function show(countdowns, now) {
  let isShown = false;
  for (const countdown of countdowns) {
    const time = isShown ? null : left(Date.parse(countdown.dataset.until ?? ""), now);
    countdown.hidden = time === null;
    if (time === null) continue;
    isShown = true;
    write(countdown.querySelector("[data-hours]"), time.hours, time.hours === 0);
    write(countdown.querySelector("[data-minutes]"), time.minutes, false);
  }
}

/** @param {HTMLElement | null} part @param {number} figure @param {boolean} isHidden */
function write(part, figure, isHidden) {
  const number = part?.querySelector("b");
  if (!part || !number) return;
  part.hidden = isHidden;
  number.textContent = String(figure);
}

/**
 * The time of day in the words that the page carries for before and after noon.
 * @param {HTMLElement} clock @param {number} now
 */
function tell(clock, now) {
  const parts = new Intl.DateTimeFormat("en", {
    timeZone: clock.dataset.zone,
    hour: "numeric",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(now);
  const hour = Number(parts.find((part) => part.type === "hour")?.value);
  const minute = parts.find((part) => part.type === "minute")?.value ?? "";
  const words = (hour < 12 ? clock.dataset.am : clock.dataset.pm) ?? "";
  const isEnglish = document.documentElement.lang === "en";
  const spoken = isEnglish ? hour % 12 || 12 : hour % 12;
  clock.textContent = words.replace("{h}", String(spoken)).replace("{m}", minute.padStart(2, "0"));
}

function start() {
  const clock = document.querySelector("[data-now]");
  if (!(clock instanceof HTMLElement)) return;
  const behind = Date.parse(clock.dataset.now ?? "") - Date.now();
  const countdowns = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-until]")]);
  const update = () => {
    const now = Date.now() + behind;
    show(countdowns, now);
    tell(clock, now);
  };
  setInterval(update, EVERY_MS);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) update();
  });
}

if (typeof document !== "undefined") start();
