// Reads a calendar as a subscriber does, with ical.js and with node-ical: prints what each would show
// as JSON, series unrolled. Usage: node tests/js/read_calendar.js URL, or the calendar on standard input.
import ICAL from "ical.js";
import nodeIcal from "node-ical";

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

const text = await calendarText(process.argv[2]);
const calendar = new ICAL.Component(ICAL.parse(text));
const zones = calendar.getAllSubcomponents("vtimezone");
for (const zone of zones) ICAL.TimezoneService.register(zone);

/** @param {any} item @param {any} start @param {any} end */
function shown(item, start, end) {
  return {
    uid: item.uid,
    sequence: item.sequence,
    status: item.component.getFirstPropertyValue("status"),
    summary: item.summary,
    description: item.description,
    location: item.location,
    class: item.component.getFirstPropertyValue("class"),
    start: start.toJSDate().toISOString(),
    end: end.toJSDate().toISOString(),
    wallClock: start.toString(),
    zone: start.zone.tzid,
  };
}

function byIcalJs() {
  const components = calendar.getAllSubcomponents("vevent");
  const masters = components.filter((component) => !component.hasProperty("recurrence-id"));
  const found = [];
  for (const component of masters) {
    const uid = component.getFirstPropertyValue("uid");
    const dates = components.filter(
      (other) =>
        other !== component &&
        other.getFirstPropertyValue("uid") === uid &&
        other.hasProperty("recurrence-id"),
    );
    const event = new ICAL.Event(component, { exceptions: dates });
    if (!event.isRecurring()) {
      found.push(shown(event, event.startDate, event.endDate));
      continue;
    }
    const iterator = event.iterator();
    for (let next = iterator.next(); next; next = iterator.next()) {
      const { item, startDate, endDate } = event.getOccurrenceDetails(next);
      found.push(shown(item, startDate, endDate));
    }
  }
  return found;
}

function byNodeIcal() {
  const found = [];
  const span = { from: new Date("2000-01-01"), to: new Date("2050-01-01") };
  for (const event of Object.values(nodeIcal.sync.parseICS(text))) {
    if (event?.type !== "VEVENT") continue;
    for (const each of nodeIcal.expandRecurringEvent(event, span)) {
      found.push({
        uid: each.event.uid,
        status: each.event.status,
        summary: each.summary,
        start: each.start.toISOString(),
        end: each.end.toISOString(),
      });
    }
  }
  return found;
}

console.log(
  JSON.stringify({
    name: calendar.getFirstPropertyValue("x-wr-calname"),
    zones: zones.map((zone) => zone.getFirstPropertyValue("tzid")),
    events: byIcalJs(),
    nodeIcal: byNodeIcal(),
  }),
);
