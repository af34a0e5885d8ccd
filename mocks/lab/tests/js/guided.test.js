import assert from "node:assert/strict";
import { test } from "node:test";
import {
  groupSum,
  retriedWords,
  STATE_TONES,
  stateWords,
  sumWords,
} from "../../attachment_lab/console/static/logic/guided.js";

const steps = (...states) => states.map((state) => ({ state }));

test("the sum counts what is done, wrong and missing", () => {
  const some = { done: 1, total: 4, steps: steps("done", "wrong", "missing", "missing") };
  assert.equal(sumWords(some), "1 of 4 steps are done, 1 wrong, 2 missing.");
  const rest = { done: 1, total: 2, steps: steps("done", "missing") };
  assert.equal(sumWords(rest), "1 of 2 steps are done, 1 missing.");
});

test("when all is done, the sum says what follows", () => {
  assert.match(sumWords({ done: 2, total: 2, steps: steps("done", "done") }), /^All 2 steps are done\./);
});

test("a group is done when all its steps are, and failed when one is wrong", () => {
  assert.deepEqual(groupSum(steps("done", "done")), { tone: "done", words: "Done" });
  assert.deepEqual(groupSum(steps("done", "missing")), { tone: "waiting", words: "1 of 2" });
  assert.deepEqual(groupSum(steps("wrong", "missing")), { tone: "failed", words: "0 of 2" });
});

test("every state has a word and a tone", () => {
  assert.deepEqual(["done", "missing", "wrong"].map(stateWords), ["Done", "Missing", "Wrong"]);
  assert.deepEqual(Object.keys(STATE_TONES), ["done", "missing", "wrong"]);
});

test("transfers that are tried again are counted, none is no word", () => {
  assert.deepEqual([0, 1, 3].map(retriedWords), [
    "",
    "The transfer that failed is tried again.",
    "3 transfers that failed are tried again.",
  ]);
});
