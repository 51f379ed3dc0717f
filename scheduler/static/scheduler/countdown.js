/**
 * Keeps the minutes on Today, and of a hold, true while the page stays open. Where a countdown says
 * `data-reload`, the page is fetched again when it has come: something else is true then.
 *
 * The server has written everything already; without this module the page shows the minute at which
 * it was loaded. Counts by the server's clock: the page carries the server's "now", and only the time
 * since then is the browser's.
 */

const EVERY_MS = 15_000;
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/**
 * Whole hours and minutes from `now` to `until`; a minute begun counts. The seconds are those of the
 * last minute, else null.
 * @param {number} until @param {number} now Milliseconds.
 * @returns {{hours: number, minutes: number, seconds: number | null} | null} Null once it has come.
 */
export function left(until, now) {
  if (until <= now) return null;
  const minutes = Math.ceil((until - now) / MINUTE_MS);
  const seconds = until - now < MINUTE_MS ? Math.ceil((until - now) / SECOND_MS) : null;
  return { hours: Math.floor(minutes / 60), minutes: minutes % 60, seconds };
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
    const seconds = /** @type {HTMLElement | null} */ (countdown.querySelector("[data-seconds]"));
    const isLastMinute = seconds !== null && time.seconds !== null;
    write(countdown.querySelector("[data-minutes]"), time.minutes, isLastMinute);
    write(seconds, time.seconds ?? 0, !isLastMinute);
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
  const ends = countdowns
    .filter((countdown) => countdown.dataset.reload !== undefined)
    .map((countdown) => Date.parse(countdown.dataset.until ?? ""))
    // What had come by the server's clock would come again with every reload.
    .filter((end) => end > Date.parse(clock.dataset.now ?? ""));
  let isReloading = false;
  const update = () => {
    const now = Date.now() + behind;
    if (!isReloading && ends.some((end) => end <= now)) {
      isReloading = true;
      location.reload();
    }
    show(countdowns, now);
    tell(clock, now);
  };
  const hasSeconds = document.querySelector("[data-seconds]") !== null;
  if (hasSeconds) update();
  setInterval(update, hasSeconds ? SECOND_MS : EVERY_MS);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) update();
  });
}

if (typeof document !== "undefined") start();
