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

const stage = (partners, { pinned = "", shown = "" } = {}) => onStage(partners, { pinned, shown });
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
