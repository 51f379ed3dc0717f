import assert from "node:assert/strict";
import { test } from "node:test";

import { judge } from "../../realtime/static/realtime/voice.js";

const NOW = 100_000;
const heard = (packets, at = NOW - 1000) => ({ level: 0, packets, at });
const listener = (facts = {}) => ({ isPresent: true, unheardSince: 0, heard: heard(98), ...facts });
const words = (facts = {}) =>
  judge({
    now: NOW,
    line: "up",
    microphone: "on",
    listeners: [listener()],
    wasMet: true,
    voiceAt: NOW,
    ...facts,
  }).words;

const DEAF = { heard: heard(0), unheardSince: NOW - 2000 };
const cases = [
  ["a voice that was measured there arrives", {}, "voice_arrives"],
  ["a line without a voice for long asks for one", { voiceAt: NOW - 30_000 }, "voice_ready"],
  ["a listener without our packets is the alarm", { listeners: [listener(DEAF)] }, "voice_mending"],
  [
    "one whose line was made anew in vain asks for a look at the microphone",
    { listeners: [listener({ ...DEAF, unheardSince: NOW - 40_000 })] },
    "voice_lost",
  ],
  ["before the first measurement it is being checked", { listeners: [listener({ heard: null })] }],
  ["one measurement of nothing is no alarm", { listeners: [listener({ heard: heard(0) })] }],
  ["an old measurement says nothing", { listeners: [listener({ heard: heard(0, NOW - 9000) })] }],
  ["one who hears outweighs one who does not", { listeners: [listener(DEAF), listener()] }, "voice_arrives"],
  [
    "without the line to the server no cable is blamed",
    { line: "down", listeners: [listener(DEAF)] },
    "voice_down",
  ],
  ["before the first joining it is connecting", { line: "connecting", listeners: [] }, "connecting"],
  [
    "whoever is away does not hear",
    { listeners: [listener({ ...DEAF, isPresent: false })], wasMet: true },
    "voice_gone",
  ],
  ["nobody has come yet", { listeners: [], wasMet: false }, "voice_alone"],
  [
    "a microphone that our school's device brings is not missed here",
    { microphone: "elsewhere", listeners: [listener(DEAF)] },
    "voice_elsewhere",
  ],
  ["a microphone that is off says so", { microphone: "off", listeners: [listener(DEAF)] }, "voice_muted"],
  ["a missing microphone says so even without a line", { microphone: "none", line: "down" }, "voice_missing"],
];
for (const [name, facts, expected = "voice_checking"] of cases) {
  test(name, () => assert.equal(words(facts), expected));
}

test("only what was measured is red", () => {
  const red = cases.filter(([, , expected]) => ["voice_mending", "voice_lost"].includes(expected));
  const state = (facts) =>
    judge({
      now: NOW,
      line: "up",
      microphone: "on",
      listeners: [listener()],
      wasMet: true,
      voiceAt: 0,
      ...facts,
    }).state;

  assert.deepEqual(
    cases.filter(([, facts]) => state(facts) === "bad"),
    red,
  );
});
