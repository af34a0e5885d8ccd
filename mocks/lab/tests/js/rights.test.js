import assert from "node:assert/strict";
import { test } from "node:test";
import {
  grantOf,
  isEverywhere,
  isNowhere,
  logonState,
  reachOf,
} from "../../attachment_lab/console/static/logic/rights.js";

const NONE = { queue_groups: [], queues: [], agents: [] };
const ALL = { queue_groups: ["*"], queues: ["*"], agents: ["*"] };
/** @type {import("../../attachment_lab/console/static/logic/rights.js").Place[]} */
const PLACES = [
  { kind: "queue_groups", id: "G", name: "Service chats" },
  { kind: "queues", id: "Q", name: "Claims" },
];

test("everywhere is a star in each list", () => {
  assert.deepEqual(grantOf({ everywhere: true, ticked: [] }, PLACES, NONE), ALL);
  assert.ok(isEverywhere(ALL));
  assert.ok(!isEverywhere(NONE));
  assert.ok(isNowhere(NONE));
});

test("ids without a box are kept, a star is not", () => {
  const before = { queue_groups: ["*", "X"], queues: ["Q"], agents: ["A"] };
  assert.deepEqual(grantOf({ everywhere: false, ticked: [PLACES[0]] }, PLACES, before), {
    queue_groups: ["G", "X"],
    queues: [],
    agents: ["A"],
  });
});

test("where a right is given stands in words", () => {
  assert.equal(reachOf(ALL, PLACES), "everywhere");
  assert.equal(reachOf(NONE, PLACES), "nowhere");
  assert.equal(reachOf({ queue_groups: ["G"], queues: ["Q"], agents: ["X"] }, PLACES), "Service chats, Claims, X");
  assert.equal(reachOf({ ...NONE, agents: ["*"] }, PLACES), "every agent");
});

test("a logon's state has a colour and words", () => {
  const time = () => "12:30";
  assert.deepEqual(logonState({ logon: "good", locked_until: null }, time), { tone: "done", words: "Can log on" });
  assert.equal(logonState({ logon: "locked", locked_until: "x" }, time).words, "Locked until 12:30");
  assert.equal(logonState({ logon: "new", locked_until: null }, time).words, "new");
});
