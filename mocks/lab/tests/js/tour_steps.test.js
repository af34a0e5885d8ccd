import assert from "node:assert/strict";
import { test } from "node:test";

import {
  bareAddress,
  keyAction,
  readingMs,
  speedOf,
  stepAddress,
  withTour,
} from "../../attachment_lab/console/static/logic/tour_steps.js";

const TENANT = "http://127.0.0.1:8100/w/acme/";
const PAGE = { hasDialog: false, isField: false };
const press = (key, page = {}, modifiers = {}) =>
  keyAction({ key, altKey: false, ctrlKey: false, metaKey: false, ...modifiers }, { ...PAGE, ...page });

test("a step's address has the page's own parameters and the tour's; a default is left out", () => {
  const plain = stepAddress("chat/?chat=G", TENANT, { id: "write", auto: false, speed: 1 });
  assert.equal(plain.url, "/w/acme/chat/?chat=G&tour=write");
  const fast = stepAddress("chat/?chat=G", TENANT, { id: "write", auto: true, speed: 20 });
  assert.equal(fast.url, "/w/acme/chat/?chat=G&tour=write&auto=1&speed=20");
});

test("two steps on the same page differ in the tour's parameters alone, so no page is opened", () => {
  const there = stepAddress("chain/?chat=G", TENANT, { id: "equal", auto: true, speed: 4 });
  const here = new URL("/w/acme/chain/?tour=travel&chat=G&speed=4&auto=1", TENANT);
  assert.equal(bareAddress(here), there.bare);
  assert.notEqual(bareAddress(new URL("/w/acme/chain/?chat=OTHER&tour=equal", TENANT)), there.bare);
});

test("the order of parameters makes no difference", () => {
  assert.equal(bareAddress(new URL("?b=2&a=1", TENANT)), bareAddress(new URL("?a=1&b=2", TENANT)));
});

test("what a page shows replaces its parameters and keeps the tour's", () => {
  const shown = withTour(new URLSearchParams("chat=NEW"), new URLSearchParams("chat=OLD&tour=write&speed=20&x=1"));
  assert.equal(shown.toString(), "chat=NEW&tour=write&speed=20");
});

test("the speed is a number above zero, 1 when there is none", () => {
  assert.deepEqual(["20", "0.5", "0", "-3", "fast", null].map(speedOf), [20, 0.5, 1, 0.1, 1, 1]);
});

test("a caption is shown as long as its words need, and never too short", () => {
  assert.equal(readingMs("Two words", 1), 3500);
  assert.equal(readingMs(Array(20).fill("word").join(" "), 2), 3300);
});

test("arrow keys turn the steps and Escape ends the tour", () => {
  assert.deepEqual(
    ["ArrowRight", "ArrowLeft", "Escape", "a"].map((key) => press(key)),
    ["forward", "back", "end", ""],
  );
});

test("a field keeps its arrow keys, a dialog keeps all, and a modifier is the browser's", () => {
  assert.equal(press("ArrowRight", { isField: true }), "");
  assert.equal(press("Escape", { isField: true }), "end");
  assert.equal(press("Escape", { hasDialog: true }), "");
  assert.equal(press("ArrowLeft", {}, { altKey: true }), "");
});
