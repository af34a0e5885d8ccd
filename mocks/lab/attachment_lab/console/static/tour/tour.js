// The tour: captions over the console's own pages. The story happens on the server; this shows where it is, and opens
// the page of each step.

import { bareAddress, keyAction, readingMs, speedOf, stepAddress, TOUR_PARAMETERS } from "../logic/tour_steps.js";
import { parameter } from "../shared/address.js";
import { getJson, postJson } from "../shared/calls.js";
import { byId, make, setText, showTrouble } from "../shared/dom.js";
import { highlight } from "./highlight.js";

const POLL_MS = 400;
const tenantUrl = `${location.origin}/w/${encodeURIComponent(document.body.dataset.tenant)}/`;
const api = `${tenantUrl}tour/api`;
const speed = speedOf(parameter("speed"));
const box = byId("tour");
let table = [];
let at = parameter("tour");
let auto = parameter("auto") === "1";
let urls = {};
let shownAt = 0;
let ready = false;
let finished = false;
let busy = false;
let leaving = null; // the step whose page was requested and has not come yet
let refused = false; // the shown step did not happen; the reason stays until another one is entered
let timer = null;

const index = () => table.findIndex((step) => step.id === at);
const current = () => table[index()];
const isLast = () => index() === table.length - 1;
const address = (id) => stepAddress(urls[id], tenantUrl, { id, auto, speed });

async function enter(id) {
  if (busy || !id) return;
  busy = true;
  say("One moment …");
  try {
    ({ urls, ready } = await postJson(`${api}/steps/${id}`, { speed }));
    refused = false;
  } catch (error) {
    say(error.message, "failed");
    refused = id === at;
    auto = false;
    drawAuto();
    return;
  } finally {
    busy = false;
  }
  if (at) goTo(id); // else the tour was ended meanwhile
}

function goTo(id) {
  const next = address(id);
  if (next.bare !== bareAddress(new URL(location.href))) {
    busy = true; // for good: this page is being left, and a second navigation would start over
    leaving = id;
    location.assign(next.url);
    return;
  }
  at = id;
  // A page that was just opened for this step has its entry already: two of them, and the way back would lead nowhere.
  if (parameter("tour") === id) history.replaceState(null, "", next.url);
  else history.pushState(null, "", next.url);
  show();
}

function show() {
  const step = current();
  shownAt = performance.now();
  finished = false;
  const number = index() + 1;
  setText(byId("tour-position"), `Step ${number} of ${table.length}`);
  setText(byId("tour-title"), step.title);
  setText(byId("tour-caption"), step.caption);
  byId("tour-bar").style.width = `${(100 * number) / table.length}%`;
  byId("tour-back").disabled = number === 1;
  setText(byId("tour-next"), isLast() ? "Finish" : "Next");
  sayWhetherReady();
  drawAuto();
  box.hidden = false;
  document.body.dataset.touring = "true";
  if (!isTyping()) byId("tour-title").focus({ preventScroll: true });
  highlight.begin();
  drawHighlight();
}

function isTyping() {
  const focused = document.activeElement;
  return focused?.matches("input, textarea, select, [contenteditable]") && !box.contains(focused);
}

function drawHighlight() {
  box.dataset.position = highlight.draw(current().anchor) ? "bottom" : "middle";
}

function say(words, tone = "") {
  byId("tour-waiting").dataset.tone = tone;
  setText(byId("tour-waiting"), words);
}

function sayWhetherReady() {
  const { waiting } = current();
  if (ready) say(waiting ? "There it is." : "", "done");
  else say(waiting || "One moment …");
}

function drawAuto() {
  const button = byId("tour-auto");
  button.setAttribute("aria-pressed", String(auto));
  button.lastChild.textContent = auto ? "Pause" : "Play by itself";
}

async function poll() {
  drawHighlight();
  if (busy || finished || refused) return;
  const step = current();
  if (!ready && !(await readState(step))) return;
  if (auto && ready && performance.now() - shownAt > readingMs(step.caption, speed)) await forward();
}

// Whether this is still the step that is shown: what was true of one that is left says nothing about the next.
async function readState(step) {
  let state;
  try {
    state = await getJson(`${api}/steps/${step.id}`);
  } catch (error) {
    say(error.message, "failed");
    return false;
  }
  if (busy || step !== current()) return false;
  ({ urls, ready } = state);
  if (ready) sayWhetherReady();
  return true;
}

const forward = () => (isLast() ? finish() : enter(table[index() + 1].id));
const back = () => enter(table[index() - 1]?.id);

async function finish() {
  if (finished) return;
  finished = true;
  const verdict = await postJson(`${api}/finish`, {});
  auto = false;
  drawAuto();
  setText(byId("tour-title"), verdict.ok ? "That was the tour" : "The story did not end as expected");
  setText(
    byId("tour-caption"),
    verdict.ok
      ? "Every file of both chats is in SAP Service Cloud, byte for byte, and every invariant of the reconciliation " +
          "holds. The pages are yours now: try your own files, or break something."
      : "What is missing:",
  );
  if (!verdict.ok) {
    const lines = verdict.missing.flatMap((text) => [make("span", "", text), make("br")]);
    byId("tour-caption").append(make("br"), ...lines);
  }
  say(verdict.ok ? "Finished." : "", verdict.ok ? "done" : "failed");
  setText(byId("tour-next"), "Close");
  byId("tour-title").focus({ preventScroll: true });
}

function end() {
  clearInterval(timer);
  box.hidden = true;
  highlight.hide();
  document.body.dataset.touring = "false";
  const search = new URLSearchParams(location.search);
  for (const name of TOUR_PARAMETERS) search.delete(name);
  history.replaceState(null, "", location.pathname + (search.size ? `?${search}` : ""));
  at = null;
  byId("main").focus({ preventScroll: true });
}

function toggleAuto() {
  auto = !auto;
  drawAuto();
  if (leaving)
    location.assign(address(leaving).url); // or the page that comes would not know
  else if (urls[at]) history.replaceState(null, "", address(at).url); // else the step's own address takes it along
}

function keys(event) {
  if (!at) return;
  const isField = Boolean(event.target.closest("input, textarea, select, table, [role=tablist]"));
  const action = keyAction(event, { hasDialog: Boolean(document.querySelector("dialog[open]")), isField });
  if (action === "end") {
    event.stopImmediatePropagation();
    end();
  } else if (action === "forward") forward();
  else if (action === "back") back();
}

function listen() {
  byId("tour-next").addEventListener("click", () => (finished ? end() : forward()));
  byId("tour-back").addEventListener("click", back);
  byId("tour-end").addEventListener("click", end);
  byId("tour-auto").addEventListener("click", toggleAuto);
  document.addEventListener("keydown", keys);
  // A link within the page, such as the skip link, fires popstate too and leaves the step as it is.
  addEventListener("popstate", () => at && parameter("tour") !== at && location.reload());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  addEventListener("resize", () => at && drawHighlight());
}

async function begin() {
  try {
    table = (await getJson(`${api}/steps`)).steps;
  } catch (error) {
    showTrouble(error.message);
    return;
  }
  if (!current()) at = table[0].id;
  listen();
  show(); // at once: what must have happened before this step may take a minute
  await enter(at);
  if (at) timer = setInterval(poll, Math.min(POLL_MS, 800 / speed));
}

if (at) begin();
