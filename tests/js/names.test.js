import assert from "node:assert/strict";
import { test } from "node:test";

import { calledAmong, condition } from "../../realtime/static/realtime/names.js";
import { onStage } from "../../realtime/static/realtime/stage.js";

const WORDS = {
  good: "sharp",
  still: "still + voice",
  still_silent: "still",
  voice: "voice only",
  listening: "listens only",
  muted: "muted",
  speaking: "speaking",
  reconnecting: "Reconnecting, {n} s",
  gone: "Not here for {n} s",
  has_floor: "has the floor",
  here: "is here",
  page_number: " ({n})",
  observer: "Observer: {name}, {org}",
  leader: "{name}",
};
const EN = { language: "en", words: WORDS, school: "" };
const JA = { language: "ja", words: WORDS, school: "" };
const member = (id, facts = {}, more = {}) => ({
  facts: {
    id,
    role: "guest",
    school: true,
    name: { ja: `利尻 ${id}`, en: `利尻 ${id}` },
    org: { ja: "利尻", en: "Rishiri" },
    audio: true,
    video: true,
    away: false,
    ...facts,
  },
  peer: { isConnected: true },
  duty: "both",
  tracks: {},
  awaySince: 0,
  brokenSince: 0,
  measure: { rung: "good", level: 0 },
  ...more,
});

const pictures = [
  ["speaking, sharp", {}, { rung: "good", level: 0.5 }],
  ["muted, sharp", { audio: false }, { rung: "good", level: 0 }],
  ["muted, still", { audio: false }, { rung: "still", level: 0 }],
  ["voice only", { video: false }, { rung: "voice", level: 0 }],
  ["listens only", { audio: false, video: false }, { rung: "voice", level: 0 }],
];
for (const [text, facts, measure] of pictures) {
  test(`sending ${JSON.stringify(facts)} and measured ${measure.rung} reads ${text}`, () => {
    assert.equal(condition(member("a", facts, { measure }), EN).text, text);
  });
}

test("Japanese joins with a middle dot", () => {
  assert.equal(condition(member("a", { audio: false }), JA).text, "muted・sharp");
});

test("whoever is away is reconnecting with the seconds", () => {
  const { state, text } = condition(member("a", {}, { awaySince: Date.now() - 7000 }), EN);

  assert.deepEqual([state, text], ["broken", "Reconnecting, 7 s"]);
});

test("a school alone goes by its name, two of one school by their own besides", () => {
  const [one, two] = [member("機材1").facts, member("田中").facts];
  const other = { ...member("礼文").facts, org: { ja: "礼文", en: "Rebun" } };

  assert.equal(calledAmong(one, [one, other], JA), "利尻");
  assert.equal(calledAmong(one, [one, two], JA), "利尻 機材1");
  assert.equal(calledAmong(one, [one, two], EN), "Rishiri 機材1");
  assert.equal(calledAmong(one, [one, other], { ...JA, school: "利尻" }), "利尻 機材1");
});

const stage = (partners, { pinned = "", shown = "", floor = null } = {}) =>
  onStage(partners, { pinned: pinned ? { id: pinned, source: "video" } : null, shown, floor }).id;
const away = { awaySince: 1 };

test("whoever is away neither takes nor keeps the stage from somebody present", () => {
  const present = member("here");

  assert.equal(stage([member("gone", {}, away), present]), "here");
  assert.equal(stage([member("gone", {}, away), present], { shown: "gone" }), "here");
  assert.equal(stage([member("gone", {}, away), present], { pinned: "gone" }), "here");
  assert.equal(stage([member("gone", { role: "host" }, away), present]), "here");
});

test("whoever is away stays on the stage of somebody who has no other", () => {
  assert.equal(stage([member("gone", {}, away)], { shown: "gone" }), "gone");
});

test("the choice goes before the leader, the leader before a voice, a voice before what was", () => {
  const [leader, speaker, other, first] = [
    member("leader", { role: "host" }),
    member("speaker", {}, { measure: { rung: "good", level: 0.5 } }),
    member("other"),
    member("first"),
  ];

  assert.equal(stage([leader, speaker, other], { pinned: "other" }), "other");
  assert.equal(stage([other, speaker, leader]), "leader");
  assert.equal(stage([other, speaker], { shown: "other" }), "speaker");
  assert.equal(stage([first, other], { shown: "other" }), "other");
});

const observer = member("observer", { school: false, observer: true });

test("whoever looks on is called so, with the organisation", () => {
  assert.equal(calledAmong(observer.facts, [], EN), "Observer: 利尻 observer, Rishiri");
});

test("whoever looks on is large only when chosen or given the floor", () => {
  const loud = { ...observer, measure: { rung: "good", level: 0.5 } };

  assert.equal(stage([loud, member("school")], { shown: "observer" }), "school");
  assert.equal(stage([loud, member("school", {}, away)]), "school");
  assert.equal(stage([loud]), "");
  assert.equal(stage([loud, member("school")], { pinned: "observer" }), "observer");
  assert.equal(stage([loud, member("school")], { floor: "observer" }), "observer");
});

test("a shared screen is large until somebody chooses a camera, and gives way when it ends", () => {
  const sharing = member("leader", { role: "host", screen: true }, { tracks: { screen: {} } });
  const other = member("other");

  const large = (pinned) => onStage([sharing, other], { pinned, shown: "" });

  assert.deepEqual(large(null), { id: "leader", source: "screen" });
  assert.deepEqual(large({ id: "leader", source: "video" }), { id: "leader", source: "video" });
  sharing.facts.screen = false;
  assert.deepEqual(large(null), { id: "leader", source: "video" });
});

test("who has the floor is large for those who see them, before the leader", () => {
  const leader = member("leader", { role: "host" });
  const holder = member("holder", {}, { duty: "receive" });

  assert.equal(stage([leader, holder], { floor: "holder" }), "holder");
  assert.equal(stage([leader, member("holder", { video: false })], { floor: "holder" }), "leader");
  assert.equal(stage([leader, member("me", {}, { duty: "send" })], { floor: "me" }), "leader");
});

test("who has the floor reads so before anything else, also where only the name is shown", () => {
  const measure = { rung: "good", level: 0.5 };
  const words = (more) => condition(member("a", {}, { measure, ...more }), EN, { hasFloor: true });

  assert.deepEqual(words({}), { state: "speaking", text: "has the floor, sharp" });
  assert.equal(words({ peer: null, duty: null }).text, "has the floor");
});

test("who does not come back within ten seconds has gone, and is told from a broken line", () => {
  const since = Date.now() - 12_000;
  const gone = member("a", {}, { awaySince: since, peer: { isConnected: false } });
  const heard = member("a", {}, { awaySince: since });

  assert.deepEqual(condition(gone, EN), { state: "gone", text: "Not here for 12 s" });
  assert.equal(condition(heard, EN).state, "broken");
});

test("two pages of one account have numbers", () => {
  const [one, two] = ["b", "a"].map((id) => ({ ...member("x").facts, id }));

  assert.equal(calledAmong(one, [one, two], JA), "利尻 x (2)");
  assert.equal(calledAmong(two, [one, two], JA), "利尻 x (1)");
});
