import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { OwnMedia } from "../../realtime/static/realtime/own_media.js";

/** A track that can end. */
class Track extends EventTarget {
  enabled = true;
  isStopped = false;
  contentHint = "";

  constructor(kind) {
    super();
    this.kind = kind;
    made.push(this);
  }

  stop() {
    this.isStopped = true;
  }
}

/** Every track there ever was. */
let made;
let asked;
let off;
let media;
let changes;

const settled = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  made = [];
  asked = [];
  off = [];
  changes = 0;
  const devices = {
    open: async (kinds) => {
      asked.push(kinds);
      const tracks = { audio: null, video: null };
      for (const kind of kinds) tracks[kind] = new Track(kind);
      return { tracks, problems: {} };
    },
  };
  media = new OwnMedia({
    devices,
    off: {
      get: () => off,
      set: (kinds) => {
        off = kinds;
      },
    },
    share: async (options) => ({ options, getVideoTracks: () => [new Track("video")] }),
  });
  media.addEventListener("change", () => {
    changes += 1;
  });
});

test("what was switched off is switched off when the page comes back", async () => {
  off = ["video"];

  await media.open(["audio", "video"]);

  assert.deepEqual([media.isOn("audio"), media.isOn("video")], [true, false]);
  await media.toggle("video");
  assert.deepEqual([media.isOn("video"), off], [true, []]);
});

test("whoever is asked to be quiet is, and may speak again", async () => {
  await media.open(["audio"]);

  assert.equal(media.muteAsAsked(), true);
  assert.deepEqual([media.isOn("audio"), off], [false, ["audio"]]);
  assert.equal(media.muteAsAsked(), false);

  await media.toggle("audio");
  assert.deepEqual([media.isOn("audio"), off], [true, []]);
});

test("a page beside its school's device opens no microphone, and gives one back that is open", async () => {
  await media.open(["audio", "video"]);
  const { audio } = media.tracks;

  media.listen(true);
  await media.open(["audio", "video"]);

  assert.deepEqual([audio.isStopped, media.tracks.audio], [true, null]);
  assert.deepEqual(asked.at(-1), ["video"]);
});

test("a microphone that opens only after the room asked for none is closed again", async () => {
  const opening = media.open(["audio"]);

  media.listen(true);
  await opening;

  assert.equal(media.tracks.audio, null);
});

test("when the device has gone the page may be heard again, by a press alone", async () => {
  await media.open(["audio"]);
  media.listen(true);

  assert.equal(media.listen(false), true);
  await settled();

  assert.equal(media.tracks.audio.isStopped, false);
  assert.deepEqual([media.isOn("audio"), off], [false, ["audio"]]);
  await media.toggle("audio");
  assert.deepEqual([media.isOn("audio"), off], [true, []]);
  assert.equal(media.listen(false), false);
});

test("whoever is asked to be quiet before the microphone is there is quiet when it comes", async () => {
  const opening = media.open(["audio"]);

  assert.equal(media.muteAsAsked(), true);
  assert.equal(media.muteAsAsked(), false);
  await opening;

  assert.deepEqual([media.isOn("audio"), off], [false, ["audio"]]);
});

test("what the browser brings after the end is stopped, and nothing is opened anew", async () => {
  const { audio } = await media.open(["audio"]).then(() => media.tracks);
  const opening = media.open(["video"]);

  media.stop();
  await opening;
  await media.open(["audio", "video"]);

  assert.equal(audio.isStopped, true);
  assert.deepEqual(
    made.map((track) => track.isStopped),
    [true, true],
  );
  assert.equal(media.tracks.video, null);
});

test("a screen that is chosen after the end is shared with nobody", async () => {
  const sharing = media.toggleScreen();

  media.stop();
  await sharing;

  assert.deepEqual([media.tracks.screen, made.at(-1).isStopped], [null, true]);
});

test("of two that were asked for at once, one stays open", async () => {
  await Promise.all([media.open(["audio", "video"]), media.open(["video"])]);

  assert.deepEqual(
    made.map((track) => [track.kind, track.isStopped]),
    [
      ["audio", false],
      ["video", true],
      ["video", false],
    ],
  );
  assert.equal(media.tracks.video, made[2]);
});

test("one that is opened anew takes the place of the one before", async () => {
  await media.open(["video"]);
  await media.open(["video"]);

  assert.deepEqual(
    made.map((track) => track.isStopped),
    [true, false],
  );
});

test("a shared screen is sharp, and ends by the button or the browser's own", async () => {
  await media.toggleScreen();
  const { screen } = media.tracks;
  assert.equal(screen.contentHint, "detail");

  screen.dispatchEvent(new Event("ended"));
  assert.deepEqual([media.tracks.screen, screen.isStopped], [null, true]);

  await media.toggleScreen();
  await media.toggleScreen();
  assert.equal(media.tracks.screen, null);
  assert.equal(changes, 4);
});

test("who does not choose a screen after all shares none, and a browser that cannot says so", async () => {
  const refusing = new OwnMedia({
    devices: {},
    off: { get: () => [], set: () => {} },
    share: () => Promise.reject(new DOMException("", "NotAllowedError")),
  });

  await refusing.toggleScreen();

  assert.equal(refusing.tracks.screen, null);
  assert.equal(new OwnMedia({ devices: {}, off: { get: () => [], set: () => {} } }).canShare, false);
});
