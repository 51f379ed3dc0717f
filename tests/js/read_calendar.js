// Reads a calendar as a subscriber does, with ical.js: prints what it understood as JSON.
// Usage: node tests/js/read_calendar.js URL, or with the calendar on standard input.
import ICAL from "ical.js";

/** @param {string | undefined} url */
async function calendarText(url) {
  if (url) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
    return await answer.text();
  }
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) text += chunk;
  return text;
}

const calendar = new ICAL.Component(ICAL.parse(await calendarText(process.argv[2])));
const zones = calendar.getAllSubcomponents("vtimezone");
for (const zone of zones) ICAL.TimezoneService.register(zone);

const events = calendar.getAllSubcomponents("vevent").map((component) => {
  const event = new ICAL.Event(component);
  return {
    uid: event.uid,
    sequence: event.sequence,
    status: component.getFirstPropertyValue("status"),
    summary: event.summary,
    description: event.description,
    location: event.location,
    start: event.startDate.toJSDate().toISOString(),
    end: event.endDate.toJSDate().toISOString(),
    wallClock: event.startDate.toString(),
    zone: event.startDate.zone.tzid,
  };
});
console.log(
  JSON.stringify({
    name: calendar.getFirstPropertyValue("x-wr-calname"),
    zones: zones.map((zone) => zone.getFirstPropertyValue("tzid")),
    events,
  }),
);
