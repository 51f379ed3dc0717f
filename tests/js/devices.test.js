import assert from "node:assert/strict";
import { test } from "node:test";

import { Devices } from "../../realtime/static/realtime/devices.js";

/** A machine on which some kinds of device fail. */
function machine(failures) {
  const asked = [];
  const device = (kind) => ({ kind, getSettings: () => ({ deviceId: `${kind}-1` }) });
  return {
    asked,
    async getUserMedia({ audio, video }) {
      asked.push({ audio, video });
      for (const [kind, wanted] of Object.entries({ audio, video })) {
        if (wanted && failures[kind]) throw new DOMException("", failures[kind]);
      }
      return {
        getAudioTracks: () => (audio ? [device("audio")] : []),
        getVideoTracks: () => (video ? [device("video")] : []),
      };
    },
  };
}

function open(failures, remembered = { audio: "", video: "" }) {
  const media = machine(failures);
  const store = {
    choice: remembered,
    get: () => store.choice,
    set: (choice) => {
      store.choice = choice;
    },
  };
  return { media, store, opened: new Devices({ media, store }).open() };
}

test("remembered devices are asked for at once, and what was opened is remembered", async () => {
  const { media, store, opened } = open({}, { audio: "usb", video: "hall" });

  const { tracks, problems } = await opened;

  assert.deepEqual([tracks.audio.kind, tracks.video.kind, problems], ["audio", "video", {}]);
  assert.equal(media.asked.length, 1);
  assert.deepEqual(media.asked[0].audio.deviceId, { ideal: "usb" });
  assert.deepEqual(store.choice, { audio: "audio-1", video: "video-1" });
});

const failures = [
  ["NotAllowedError", "blocked"],
  ["NotFoundError", "none"],
  ["NotReadableError", "busy"],
];
for (const [name, why] of failures) {
  test(`a camera that fails with ${name} is ${why}, and the microphone goes on`, async () => {
    const { tracks, problems } = await open({ video: name }).opened;

    assert.equal(tracks.audio.kind, "audio");
    assert.equal(tracks.video, null);
    assert.deepEqual(problems, { video: why });
  });

  test(`a machine on which both fail with ${name} listens`, async () => {
    const { tracks, problems } = await open({ audio: name, video: name }).opened;

    assert.deepEqual(tracks, { audio: null, video: null });
    assert.deepEqual(problems, { audio: why, video: why });
  });
}

test("a page that is not secure has no devices and still opens", async () => {
  const store = { get: () => ({ audio: "", video: "" }), set: () => {} };

  const { problems } = await new Devices({ media: undefined, store }).open();

  assert.deepEqual(problems, { audio: "none", video: "none" });
});
