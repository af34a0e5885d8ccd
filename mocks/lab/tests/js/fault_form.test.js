import assert from "node:assert/strict";
import { test } from "node:test";

import {
  faultBody,
  numberOf,
  parameterOf,
  parseHeaders,
  plannedSum,
  progressOf,
  scenarioChip,
  WrongField,
} from "../../attachment_lab/console/static/logic/fault_form.js";

const FIELDS = {
  location: "upload",
  kind: "status",
  params: [],
  forever: false,
  times: "1",
  skip: "0",
  expires: "",
  phase: null,
};

test("headers are one per line; a value may have colons", () => {
  assert.deepEqual(parseHeaders(" Retry-After: 5 \n\nLocation: https://a:1/b"), {
    "Retry-After": "5",
    Location: "https://a:1/b",
  });
});

test("a line that is no header names the field and the line", () => {
  for (const line of ["no colon here", "bad name: 1", ": empty"]) {
    assert.throws(
      () => parseHeaders(line),
      (error) =>
        error instanceof WrongField && error.error.field === "params.headers" && error.error.remedy.includes("“"),
    );
  }
});

test("an empty number is left out, an empty text is not", () => {
  assert.equal(numberOf(" "), undefined);
  assert.equal(parameterOf("whole", ""), undefined);
  assert.equal(parameterOf("number", "0.5"), 0.5);
  assert.equal(parameterOf("text", ""), "");
});

test("the body has what the form holds, with the API's defaults for what is empty", () => {
  const params = [
    { name: "status", input: "whole", value: "503" },
    { name: "retry_after_s", input: "whole", value: "" },
    { name: "headers", input: "headers", value: "X-A: 1" },
  ];
  assert.deepEqual(faultBody({ ...FIELDS, params, skip: "", expires: "90", phase: "after" }), {
    location: "upload",
    kind: "status",
    params: { status: 503, headers: { "X-A": "1" } },
    times: 1,
    skip: 0,
    expires_in_s: 90,
    phase: "after",
  });
});

test("until removed is null; a missing number is sent as such, so that the API names the field", () => {
  assert.equal(faultBody({ ...FIELDS, forever: true }).times, null);
  assert.equal(faultBody({ ...FIELDS, times: "" }).times, "");
});

test("a planned fault says when it strikes and what is left of it", () => {
  const fault = { applied: 0, remaining: 1, phase: "before" };
  assert.equal(progressOf(fault, ""), "before the work · has not struck yet · 1 left");
  assert.equal(
    progressOf({ applied: 2, remaining: null, phase: "after" }, "Mon 10:00"),
    "after the work · struck 2 times · stays until removed · ends Mon 10:00 by the stack’s clock",
  );
  assert.match(progressOf({ applied: 1, remaining: 0, phase: "before" }, ""), /struck 1 time · used up/);
});

test("spent faults are not counted", () => {
  assert.equal(plannedSum([{ remaining: 0 }]), "Nothing is broken on purpose.");
  assert.equal(plannedSum([{ remaining: 1 }]), "1 fault is planned.");
  assert.equal(plannedSum([{ remaining: null }, { remaining: 3 }]), "2 faults are planned.");
});

test("a scenario that did not run differs from one that ended wrong", () => {
  assert.deepEqual(
    [
      scenarioChip(true, undefined),
      scenarioChip(false, undefined),
      scenarioChip(false, { ok: true }),
      scenarioChip(false, { ok: false, trouble: "no worker" }),
      scenarioChip(false, { ok: false, trouble: null }),
    ].map(({ words }) => words),
    ["Playing", "", "As it should be", "Did not run", "Not as it should be"],
  );
});
