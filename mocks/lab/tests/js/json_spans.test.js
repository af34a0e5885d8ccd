import assert from "node:assert/strict";
import { test } from "node:test";

import {
  nextFinding,
  spansOf,
  tokensOf,
  worstByLine,
  worstOf,
} from "../../attachment_lab/console/static/logic/json_spans.js";

const TEXT = '{"key": "a {b.c} d", "n": -1.5e3, "w": true}';
const colours = (text) => tokensOf(text).map(([start, end, colour]) => [text.slice(start, end), colour]);
const finding = (start, end, severity = "error", line = 1) => ({ start, end, line, severity });

test("keys, texts, placeholders, numbers, words and signs are told apart", () => {
  assert.deepEqual(colours(TEXT), [
    ["{", "t-sign"],
    ['"key"', "t-key"],
    ['"a ', "t-text"],
    ["{b.c}", "t-place"],
    [' d"', "t-text"],
    [",", "t-sign"],
    ['"n"', "t-key"],
    ["-1.5e3", "t-number"],
    [",", "t-sign"],
    ['"w"', "t-key"],
    ["true", "t-word"],
    ["}", "t-sign"],
  ]);
});

test("an escaped quotation mark does not end a text, and an unfinished text ends with its line", () => {
  assert.deepEqual(colours('"a\\"b"'), [['"a\\"b"', "t-text"]]);
  assert.deepEqual(colours('"open\n1'), [
    ['"open', "t-text"],
    ["1", "t-number"],
  ]);
});

test("spans cover every character exactly once, whatever is typed", () => {
  for (const text of [TEXT, "", "{", '"', "no json at all", '{"a": \n"b', "😀 {x} 契約"]) {
    const spans = spansOf(text, [finding(0, 3), finding(2, 1000, "note")]);
    assert.equal(spans.map(({ start, end }) => text.slice(start, end)).join(""), text);
  }
});

test("a finding underlines its characters; where two overlap the graver one shows", () => {
  const spans = spansOf('"abcdef"', [finding(1, 5, "note"), finding(3, 4, "error")]);
  assert.deepEqual(
    spans.map(({ start, severity }) => [start, severity]),
    [
      [0, undefined],
      [1, "note"],
      [3, "error"],
      [4, "note"],
      [5, undefined],
    ],
  );
});

test("an empty finding underlines one character", () => {
  assert.deepEqual(
    spansOf("abc", [finding(1, 1)]).map(({ start, severity }) => [start, severity]),
    [
      [0, undefined],
      [1, "error"],
      [2, undefined],
    ],
  );
});

test("a line shows its gravest finding", () => {
  const worst = worstByLine([finding(0, 1, "note", 3), finding(0, 1, "error", 3), finding(0, 1, "warning", 4)]);
  assert.deepEqual(
    [...worst],
    [
      [3, "error"],
      [4, "warning"],
    ],
  );
  assert.equal(worstOf([]), undefined);
});

test("the next finding is behind the caret, and after the last one the first", () => {
  const findings = [finding(5, 6), finding(9, 10)];
  assert.deepEqual(
    [0, 5, 9].map((caret) => nextFinding(findings, caret).start),
    [5, 9, 5],
  );
  assert.equal(nextFinding([], 0), undefined);
});
