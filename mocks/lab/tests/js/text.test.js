import assert from "node:assert/strict";
import { test } from "node:test";

import {
  clockOffset,
  dotted,
  extensionOf,
  hopTime,
  hueOf,
  humanSize,
  initials,
  kindOf,
  plural,
  requestTime,
  waitTime,
} from "../../attachment_lab/console/static/logic/text.js";

test("sizes are given in binary units", () => {
  assert.deepEqual([0, 1023, 1024, 1536, 1024 ** 2, 5 * 1024 ** 4].map(humanSize), [
    "0 B",
    "1023 B",
    "1.0 KiB",
    "1.5 KiB",
    "1.0 MiB",
    "5120.0 GiB",
  ]);
});

test("times are as exact as their size needs", () => {
  assert.deepEqual([0.44, 9.95, 12.4, 1000].map(requestTime), ["0.4 ms", "9.9 ms", "12 ms", "1.00 s"]);
  assert.deepEqual([3.21, 45.6, 2345].map(hopTime), ["3.2 ms", "46 ms", "2.3 s"]);
  assert.deepEqual([3.4, 60, 125.4].map(waitTime), ["3 s", "1 min 0 s", "2 min 5 s"]);
});

test("a clock's offset has at most two units", () => {
  assert.deepEqual([0, 59, 3690, 90_061].map(clockOffset), ["0 s", "59 s", "1 h 1 min", "1 d 1 h"]);
});

test("initials are of the first and the last word", () => {
  assert.deepEqual(["Emma Clarke", "Jürgen von Weiß", "aino", " "].map(initials), ["EC", "JW", "A", ""]);
});

test("a name always has the same colour, one of six", () => {
  assert.equal(hueOf("Emma Clarke"), hueOf("Emma Clarke"));
  for (const name of ["", "a", "契約書", "😀"]) assert.match(hueOf(name), /^[1-6]$/);
});

test("an extension is at most four letters, else the file has a general word", () => {
  const names = ["a.txt", "archive.tar.gz", "no-extension", ".hidden", "strange.extension", "dots.", "x.<b>"];
  assert.deepEqual(names.map(extensionOf), ["TXT", "GZ", "FILE", "FILE", "FILE", "FILE", "FILE"]);
  assert.deepEqual(["PDF", "JPEG", "OGG", "XYZ"].map(kindOf), ["pdf", "image", "media", "other"]);
});

test("words are joined without empty ones, and counted", () => {
  assert.equal(dotted("a", "", null, undefined, false, "b"), "a · b");
  assert.deepEqual([plural(1, "file"), plural(0, "file")], ["1 file", "0 files"]);
});
