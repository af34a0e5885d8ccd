import assert from "node:assert/strict";
import { test } from "node:test";

import {
  age,
  bytes,
  cancelQuestion,
  filterOf,
  healthItems,
  mayRetryAll,
  retryBody,
  retryQuestion,
  retryReport,
  sentenceOf,
} from "../../attachment_transfer/ingress/operator/words.js";

const REDRIVABLE = new Set(["parked", "waiting", "cancelled"]);

test("a size is given in the decimal unit that fits, and nothing for an unknown one", () => {
  assert.deepEqual([0, 999, 1000, 1_234_567, 5e15, null].map(bytes), [
    "0 B",
    "999 B",
    "1.0 kB",
    "1.2 MB",
    "5000.0 TB",
    "",
  ]);
});

test("a duration is given in the unit that fits", () => {
  assert.deepEqual([59, 60, 7199, 7200, 172_799, 172_800].map(age), ["59 s", "1 min", "120 min", "2 h", "48 h", "2 d"]);
});

test("the metrics page becomes the header's strip; what needs attention is marked", () => {
  const metrics = [
    "# HELP attachment_transfer_transfers Transfers by state",
    'attachment_transfer_transfers{state="queued"} 2',
    'attachment_transfer_transfers{state="parked"} 1.0',
    "attachment_transfer_ambiguous_uploads 0",
    "attachment_transfer_oldest_open_transfer_age_seconds 7200",
  ].join("\n");
  assert.deepEqual(healthItems(metrics), [
    ["queued", "2", ""],
    ["parked", "1", "attention"],
    ["oldest open", "2 h", "attention"],
  ]);
});

test("without a metrics page there is no strip", () => {
  assert.deepEqual(healthItems(""), []);
});

test("an ambiguous upload needs attention, an idle service says none", () => {
  const metrics = "attachment_transfer_ambiguous_uploads 3\nattachment_transfer_oldest_open_transfer_age_seconds 0";
  assert.deepEqual(healthItems(metrics), [
    ["ambiguous", "3", "attention"],
    ["oldest open", "none", ""],
  ]);
});

test("a retry of many says how many run, and counts the reasons of those that were skipped", () => {
  const skipped = [{ message: "it is running" }, { message: "it is settled" }, { message: "it is running" }];
  assert.equal(
    retryReport({ redriven: 1, skipped, more: true }),
    "1 transfer runs again · 2 skipped: it is running · 1 skipped: it is settled · " +
      "more fit the filter: retry again for the next ones",
  );
  assert.equal(retryReport({ redriven: 2, skipped: [], more: false }), "2 transfers run again");
});

test("a retry of everything that fits sends the filter's parameters and nothing else", () => {
  const body = retryBody(new URLSearchParams("state=parked&reason_code=gone&cursor=x&created_from=y"));
  assert.deepEqual(body, { limit: 1000, state: "parked", reason_code: "gone" });
  assert.equal(
    retryQuestion(body),
    "Run again every transfer with state parked, reason code gone? At most 1000 at once, oldest first.",
  );
});

test("everything may be run again only with a redrivable state and no start date", () => {
  const may = (query) => mayRetryAll(new URLSearchParams(query), REDRIVABLE);
  assert.deepEqual(["state=parked", "state=running", "", "state=parked&created_from=x"].map(may), [
    true,
    false,
    false,
    false,
  ]);
});

test("the question before a cancellation says which files stay at C4C", () => {
  assert.match(cancelQuestion([{ state: "stored" }, { state: "parked" }]), / 1 file at C4C stays there\./);
  assert.doesNotMatch(cancelQuestion([{ state: "open" }]), /at C4C/);
});

test("the filter drops empty fields and sends dates with their zone", () => {
  const filter = filterOf([
    ["state", " parked "],
    ["reason_code", ""],
    ["created_before", "2026-01-02T03:04:05Z"],
  ]);
  assert.equal(filter.toString(), "state=parked&created_before=2026-01-02T03%3A04%3A05.000Z");
});

test("a problem becomes one sentence, whatever it has", () => {
  assert.equal(sentenceOf({ title: "Conflict.", detail: "It is running." }), "Conflict. It is running.");
  assert.equal(sentenceOf({ title: "HTTP 502" }), "HTTP 502");
});
