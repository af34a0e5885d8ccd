import assert from "node:assert/strict";
import { test } from "node:test";

import {
  addressOf,
  bodyFacts,
  chatOf,
  countLine,
  FILTERS,
  filtersOf,
  marksOf,
  pageLine,
  pretty,
  requestLine,
  sourceLine,
  statusWords,
  toneOf,
  whyHeading,
} from "../../attachment_lab/console/static/logic/exchange.js";

const NUMBERS = new Intl.NumberFormat("en-GB");

test("only filters that are set are in the address, and without blanks around them", () => {
  const fields = FILTERS.map((name) => [name, name === "q" ? " photo " : ""]);
  assert.equal(filtersOf(fields).toString(), "q=photo");
});

test("the address has filters, place and open exchange; a change with no value removes one", () => {
  const filters = new URLSearchParams("hop=cmi");
  assert.equal(addressOf(filters, { after: "K1", open: "K2" }).toString(), "hop=cmi&after=K1&x=K2");
  assert.equal(addressOf(filters, { after: "", open: "K2" }, { x: null, hop: "c4c" }).toString(), "hop=c4c");
  assert.equal(filters.toString(), "hop=cmi");
});

test("a pytest file is offered for a chat that the filter names, in any case of letters", () => {
  const entries = [{ chat: null }, { chat: "AB" }];
  assert.equal(chatOf(entries, "ab"), "AB");
  assert.equal(chatOf(entries, null), undefined);
  assert.equal(chatOf(entries, "cd"), undefined);
});

test("an exchange is failed before it is struck, and struck before it is done", () => {
  const entry = { error: null, failed: false, fault: [], status: 200 };
  assert.deepEqual(
    [
      toneOf(entry),
      toneOf({ ...entry, status: null }),
      toneOf({ ...entry, fault: ["f-1"] }),
      toneOf({ ...entry, fault: ["f-1"], failed: true }),
      toneOf({ ...entry, error: "reset" }),
    ],
    ["done", "idle", "waiting", "failed", "failed"],
  );
});

test("a delivery without a status is under way; any other exchange had none", () => {
  assert.equal(statusWords({ status: 202, hop: "delivery", error: null }), "202");
  assert.equal(statusWords({ status: null, hop: "delivery", error: null }), "under way");
  assert.equal(statusWords({ status: null, hop: "delivery", error: "reset" }), "none");
  assert.equal(statusWords({ status: null, hop: "cmi", error: null }), "none");
});

test("marks name the faults, and that there is a note", () => {
  assert.deepEqual(marksOf({ fault: ["f-1"], level: "warning" }), ["fault f-1", "note"]);
  assert.deepEqual(marksOf({ fault: [], level: "info" }), []);
});

test("a request line has the host, unless its address has one", () => {
  assert.equal(requestLine({ method: "GET", url: "/a", host: "h" }), "GET https://h/a");
  assert.equal(requestLine({ method: "GET", url: "http://x/a", host: "h" }), "GET http://x/a");
});

test("the count says how many of all fit", () => {
  assert.match(countLine({ matching: 3000, total: 3000 }, NUMBERS), /^3,000 exchanges between/);
  assert.match(countLine({ matching: 2, total: 3000 }, NUMBERS), /^2 of 3,000 exchanges/);
  assert.match(countLine({ matching: 1, total: 1 }, NUMBERS), /^1 exchange between/);
  assert.equal(pageLine({ entries: Array(100).fill({}), newer: 100, matching: 3000 }, NUMBERS), "101 – 200 of 3,000");
  assert.equal(pageLine({ entries: [], newer: 0, matching: 0 }, NUMBERS), "");
});

test("a body says what it was, that there was none, or that it broke off", () => {
  assert.equal(bodyFacts({ size_bytes: 0 }), "no body");
  assert.equal(bodyFacts({}), "");
  assert.equal(
    bodyFacts({ size_bytes: 2048, sniffed_type: "image/png", sha256: "aa", complete: false }),
    "2.0 KiB, by its content image/png, sha256 aa; broke off or was not read to its end",
  );
});

test("JSON is laid out, anything else stays as it is", () => {
  assert.equal(pretty('{"a":1}'), '{\n  "a": 1\n}');
  assert.equal(pretty("<xml/>"), "<xml/>");
});

test("the heading asks why it failed, or names what was broken or noticed", () => {
  assert.equal(whyHeading({ failed: true, fault: ["f"] }), "Why did this fail?");
  assert.equal(whyHeading({ failed: false, fault: ["f"] }), "What was broken here?");
  assert.equal(whyHeading({ failed: false, fault: [] }), "What was noticed");
  assert.equal(sourceLine({ source: "guide", switch: "chat_shape" }), "guide · switch: chat_shape");
});
