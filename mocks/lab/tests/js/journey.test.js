import assert from "node:assert/strict";
import { test } from "node:test";

import { GAP_S, lastBefore, momentAt, pictureAt, shareOf } from "../../attachment_lab/console/static/logic/journey.js";

const states = (...moments) => moments.map((at_s) => ({ at_s, tone: "active", headline: `at ${at_s}`, detail: "" }));
const file = (id, more = {}) => ({
  id,
  station: 4,
  tone: "done",
  chip: "Stored",
  reason: "",
  remedy: "",
  object_id: "O1",
  c4c_sha256: "aa",
  hops: [
    { start: 0.1, end: 0.2, act: "read" },
    { start: 0.6, end: 0.7, act: "stored" },
  ],
  ...more,
});
const stop = (at_s, station, chip, note = "") => ({ at_s, station, tone: "active", chip, note });

const REPLAY = {
  picture: {
    guid: "G",
    tone: "done",
    sentence: "All arrived.",
    stations: [],
    files: [file("A"), file("B")],
    violations: ["one"],
    is_proven: true,
    can_retry: true,
  },
  journey: {
    begun: 1000,
    length_s: 10,
    files: { A: [stop(1, 3, "On its way"), stop(6, 4, "Stored")], B: [stop(4, 3, "Again soon", "C4C answered 503")] },
    stations: [states(0, 5)],
    sentence: states(0, 3),
    gaps: [{ at_s: 4, skipped_s: 100 }],
  },
};

test("the last entry before a moment is found, also at the moment itself", () => {
  const list = states(0, 2, 2, 7);
  assert.deepEqual(
    [-1, 0, 1.9, 2, 6, 7, 99].map((at) => lastBefore(list, at)?.headline),
    [undefined, "at 0", "at 0", "at 2", "at 2", "at 7", "at 7"],
  );
  assert.equal(lastBefore([], 1), undefined);
});

test("from its end on a replay shows the present picture", () => {
  assert.equal(pictureAt(REPLAY, 10), REPLAY.picture);
  assert.equal(pictureAt(REPLAY, 11), REPLAY.picture);
});

test("before a file was sent it is not there yet", () => {
  const [first] = pictureAt(REPLAY, 0.5).files;
  assert.equal(first.chip, "Not sent yet");
  assert.ok(first.isUnsent);
  assert.deepEqual(first.hops, []);
});

test("on its way a file has neither object nor digest, and only the hops that have begun", () => {
  const [first, second] = pictureAt(REPLAY, 5).files;
  assert.deepEqual([first.chip, first.object_id, first.c4c_sha256], ["On its way", "", ""]);
  assert.deepEqual(
    first.hops.map(({ act }) => act),
    ["read"],
  );
  assert.deepEqual([second.chip, second.reason], ["Again soon", "C4C answered 503"]);
});

test("once it is stored a file has its object and digest", () => {
  const [first] = pictureAt(REPLAY, 7).files;
  assert.deepEqual([first.object_id, first.c4c_sha256], ["O1", "aa"]);
});

test("a replay shows no verdict and offers no retry: both are of the present", () => {
  const picture = pictureAt(REPLAY, 5);
  assert.deepEqual([picture.violations, picture.is_proven, picture.can_retry], [[], false, false]);
  assert.equal(picture.sentence, "at 3");
  assert.equal(picture.stations[0].headline, "at 5");
});

test("what a wait leaves out is added to the clock, in proportion while it passes", () => {
  assert.equal(momentAt(REPLAY.journey, 4).clockMs, 1_004_000);
  assert.equal(momentAt(REPLAY.journey, 4 + GAP_S / 2).clockMs, (1000 + 4 + GAP_S / 2 + 50) * 1000);
  assert.equal(momentAt(REPLAY.journey, 9).clockMs, (1000 + 9 + 100) * 1000);
  assert.deepEqual(
    [4, 5, 9].map((at) => momentAt(REPLAY.journey, at).note),
    ["", "1 min 40 s left out", ""],
  );
  assert.equal(momentAt(REPLAY.journey, 9).words, "9.0 of 10.0 s");
});

test("the slider's last step is the end", () => {
  assert.equal(shareOf(5, 0.1, 10), 0.5);
  assert.equal(shareOf(9.95, 0.1, 10), 1);
});
