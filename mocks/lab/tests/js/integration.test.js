import assert from "node:assert/strict";
import { test } from "node:test";
import { deliveryChip, reasonOf } from "../../attachment_lab/console/static/logic/delivery.js";
import {
  dryRunVerdict,
  integrationLine,
  isQueue,
  ordinalOf,
  otherQueues,
  parseQueues,
  refusalLines,
  verdictOf,
} from "../../attachment_lab/console/static/logic/integration.js";

const GUID = "0123456789ABCDEF0123456789ABCDEF";

test("a queue is given by its guid or by its address", () => {
  assert.deepEqual(parseQueues(` ${GUID} \n\nclaims@acme`), [
    { id: GUID, address: "" },
    { id: "", address: "claims@acme" },
  ]);
});

test("a saved queue ticks its box by guid or by address; the others stay in the text", () => {
  const known = { id: GUID, address: "claims@acme" };
  assert.ok(isQueue(known, { id: GUID, address: "" }));
  assert.ok(isQueue(known, { id: "", address: "claims@acme" }));
  assert.ok(!isQueue({ id: "x", address: "" }, { id: "", address: "" }));
  assert.equal(
    otherQueues([known, { id: "other", address: "" }, { id: "", address: "b@acme" }], [known]),
    "other\nb@acme",
  );
});

test("an empty ordinal is null and not zero", () => {
  assert.deepEqual([ordinalOf(""), ordinalOf("0"), ordinalOf("7")], [null, 0, 7]);
});

test("the gate's sum is as grave as its gravest finding", () => {
  assert.deepEqual(verdictOf({ errors: 1, warnings: 2, notes: 0 }), { tone: "failed", words: "1 error, 2 warnings" });
  assert.deepEqual(verdictOf({ errors: 0, warnings: 1, notes: 1 }), { tone: "waiting", words: "1 warning, 1 note" });
  assert.deepEqual(verdictOf({ errors: 0, warnings: 0, notes: 0 }), {
    tone: "done",
    words: "The gate finds nothing wrong",
  });
});

test("a refusal names each field, with its place where it has one", () => {
  const errors = [
    { field: "events", expected: "at least one event", remedy: "Tick one" },
    { field: "json", line: 1, column: 30, expected: "a value", remedy: "Remove the comma" },
  ];
  assert.deepEqual(refusalLines(errors), [
    "events: expected at least one event. Tick one.",
    "json, line 1, column 30: expected a value. Remove the comma.",
  ]);
});

test("a dry run says whether the endpoint would take the request, and whether it is sent", () => {
  assert.equal(dryRunVerdict({ ok: false, sends: true }), "The endpoint would refuse this request.");
  assert.equal(dryRunVerdict({ ok: true, sends: true }), "The endpoint would take this request.");
  assert.match(dryRunVerdict({ ok: true, sends: false }), /Not sent for this event/);
  assert.match(dryRunVerdict({ ok: true, sends: null }), /Sent if the condition is true/);
});

test("an integration is one line", () => {
  const saved = {
    channel_type: "Chat",
    direction: "Both",
    events: ["Ended", "Closed"],
    ordinal: 1,
    endpoint_url: "https://host/prod/chat-attachments",
  };
  assert.equal(integrationLine(saved), "Chat · both · Ended, Closed · ordinal 1 · host/prod/chat-attachments");
});

test("a delivery's chip has its state and status; an unknown state shows itself", () => {
  assert.deepEqual(deliveryChip({ state: "delivered", status: 202 }), { tone: "done", words: "Delivered, 202" });
  assert.deepEqual(deliveryChip({ state: "not_sent", status: null }), { tone: "failed", words: "Not sent" });
  assert.deepEqual(deliveryChip({ state: "odd" }), { tone: "idle", words: "odd" });
  assert.deepEqual(deliveryChip(undefined, "Nothing to do"), { tone: "idle", words: "Nothing to do" });
});

test("the reason is the last delivery's error, else each integration's verdict", () => {
  const verdicts = [
    { name: "one", reason: "it is disabled" },
    { name: "two", reason: "it listens to Ended" },
  ];
  assert.equal(reasonOf({ verdicts }, { state: "failed", error: "no answer" }), "no answer");
  assert.equal(reasonOf({ verdicts }, { state: "delivered" }), "");
  assert.equal(reasonOf({ verdicts }, undefined), "one: it is disabled; two: it listens to Ended");
  assert.equal(reasonOf({ verdicts: [] }, undefined), "There is no event-driven integration.");
});
