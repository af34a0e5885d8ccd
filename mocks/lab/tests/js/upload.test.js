import assert from "node:assert/strict";
import { test } from "node:test";

import { isOutdated } from "../../attachment_lab/console/static/logic/report_mark.js";
import { noFilesReason, progressWords, refusalOf } from "../../attachment_lab/console/static/logic/upload.js";

const MIB = 1024 * 1024;
const LIMITS = { most: 256 * MIB, mostName: 255, limits: { image: 5 * MIB, document: 100 * MIB } };
const file = (more) => ({ name: "a.txt", type: "text/plain", size: 1, ...more });

test("a name is counted in characters, not in code units", () => {
  assert.equal(refusalOf(file({ name: "😀".repeat(255) }), LIMITS), "");
  assert.match(refusalOf(file({ name: "n".repeat(256) }), LIMITS), /longer than 255 characters/);
});

test("a file is refused above the pages' limit, and above its kind's on the channel", () => {
  assert.match(refusalOf(file({ size: 257 * MIB }), LIMITS), /larger than 256\.0 MiB/);
  assert.match(refusalOf(file({ type: "image/png", size: 6 * MIB }), LIMITS), /takes image files of at most 5\.0 MiB/);
  assert.match(refusalOf(file({ size: 101 * MIB }), LIMITS), /takes document files of at most 100\.0 MiB/);
  assert.equal(refusalOf(file({ type: "video/mp4", size: 200 * MIB }), LIMITS), "");
  assert.equal(refusalOf(file({ type: "image/png", size: 6 * MIB }), { ...LIMITS, limits: null }), "");
});

test("progress is a share, and handing over once all is sent", () => {
  assert.equal(progressWords(512, 1024, 1024), "50 % of 1.0 KiB");
  assert.equal(progressWords(1024, 1024, 1024), "1.0 KiB · handing over");
  assert.equal(progressWords(0, 0, 0), "0 B · handing over");
});

test("a direct chat takes no files, nor does a channel without", () => {
  assert.match(noFilesReason(true, { name: "WhatsApp", files: true }), /Direct chats/);
  assert.match(noFilesReason(false, { name: "SMS", files: false }), /SMS carries text only/);
  assert.equal(noFilesReason(false, { name: "WhatsApp", files: true }), "");
  assert.equal(noFilesReason(false, undefined), "");
});

test("a report is outdated once a chat that it is about has changed", () => {
  const chats = [
    { guid: "A", files: 2, stored: 2, failed: 0 },
    { guid: "B", files: 1, stored: 0, failed: 1 },
  ];
  assert.equal(isOutdated("A:2:2:0;B:1:0:1", chats, null), false);
  assert.equal(isOutdated("A:2:2:0;B:1:0:0", chats, null), true);
  assert.equal(isOutdated("A:2:2:0", chats, "A"), false);
  assert.equal(isOutdated("", [], null), false);
});
