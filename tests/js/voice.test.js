import assert from "node:assert/strict";
import { test } from "node:test";

import { judge } from "../../realtime/static/realtime/voice.js";

const NOW = 100_000;
const heard = (packets, at = NOW - 1000) => ({ level: 0, packets, at });
const listener = (facts = {}) => ({ isPresent: true, readySince: NOW - 30_000, heard: heard(98), ...facts });
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

const DEAF = { heard: heard(0) };
const cases = [
  ["a voice that was measured there arrives", {}, "voice_arrives"],
  ["a line without a voice for long asks for one", { voiceAt: NOW - 30_000 }, "voice_ready"],
  ["a settled listener without our packets is the alarm", { listeners: [listener(DEAF)] }, "voice_lost"],
  ["before the first measurement it is being checked", { listeners: [listener({ heard: null })] }],
  [
    "a measurement from the first six seconds is no alarm",
    { listeners: [listener({ ...DEAF, readySince: NOW - 6500 })] },
  ],
  ["a measurement from before a break is no alarm", { listeners: [listener({ ...DEAF, readySince: NOW })] }],
  ["a listener who is not connected is no alarm", { listeners: [listener({ ...DEAF, readySince: 0 })] }],
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
  ["a microphone that is off says so", { microphone: "off", listeners: [listener(DEAF)] }, "voice_muted"],
  ["a missing microphone says so even without a line", { microphone: "none", line: "down" }, "voice_missing"],
];
for (const [name, facts, expected = "voice_checking"] of cases) {
  test(name, () => assert.equal(words(facts), expected));
}

test("only what was measured is red", () => {
  const red = cases.filter(([, facts]) => {
    const whole = {
      now: NOW,
      line: "up",
      microphone: "on",
      listeners: [listener()],
      wasMet: true,
      voiceAt: 0,
    };
    return judge({ ...whole, ...facts }).state === "bad";
  });

  assert.deepEqual(
    red.map(([name]) => name),
    ["a settled listener without our packets is the alarm"],
  );
});
