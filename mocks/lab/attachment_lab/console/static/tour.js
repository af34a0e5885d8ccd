// The tour: captions over the console's own pages. The story happens on the server; this shows where it is, and turns the pages.
import { byId, calm, getJson, make, postJson, setText, showTrouble, TOUR_PARAMETERS } from "./base.js";
import { reveal } from "./reveal.js";

const LOOK_MS = 400;
const LEAST_MS = 3500;
const WORD_MS = 330;
const SETTLING_MS = 4000;
const given = new URLSearchParams(location.search);
const base = `/w/${encodeURIComponent(document.body.dataset.tenant)}/tour/`;
const speed = Math.max(0.1, Number(given.get("speed")) || 1);
const box = byId("tour");
const light = byId("tour-light");
let table = [];
let at = given.get("tour");
let auto = given.get("auto") === "1";
let urls = {};
let shownAt = 0;
let ready = false;
let finished = false;
let busy = false;
let leaving = null; // the step whose page was asked for and has not come yet
let refused = false; // the step that is shown did not happen; the reason stays until another one is entered
let touched = false;
let scrolled = false; // to the anchor of this step, which may come late
let timer = null;

const stepInAddress = () => new URLSearchParams(location.search).get("tour");
const place = () => table.findIndex((step) => step.id === at);
const current = () => table[place()];

function params(id) {
  const next = new URLSearchParams({ tour: id });
  if (auto) next.set("auto", "1");
  if (speed !== 1) next.set("speed", String(speed));
  return next;
}

// Where a step is told, with the tour's own parameters; `bare` is what decides whether the page must be turned.
function address(id) {
  const url = new URL(`/w/${encodeURIComponent(document.body.dataset.tenant)}/${urls[id]}`, location.origin);
  const bare = `${url.pathname}?${[...url.searchParams].sort().join("&")}`;
  for (const [name, value] of params(id)) url.searchParams.set(name, value);
  return { url: url.pathname + url.search, bare };
}

function here() {
  const search = new URLSearchParams(location.search);
  for (const name of TOUR_PARAMETERS) search.delete(name);
  return `${location.pathname}?${[...search].sort().join("&")}`;
}

async function go(id) {
  if (busy || !id) return;
  busy = true;
  say("One moment …");
  try {
    ({ urls, ready } = await postJson(`${base}api/steps/${id}`, { speed }));
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
  if (!at) return; // the tour was ended meanwhile
  const next = address(id);
  if (next.bare !== here()) {
    busy = true; // for good: this page is being left, and whoever turned it again would begin anew
    leaving = id;
    location.assign(next.url);
    return;
  }
  at = id;
  // A page that was just opened for this step has its entry already: two of them, and the way back would lead nowhere.
  if (stepInAddress() === id) history.replaceState(null, "", next.url);
  else history.pushState(null, "", next.url);
  show();
}

function show() {
  const step = current();
  shownAt = performance.now();
  finished = false;
  setText(byId("tour-place"), `Step ${place() + 1} of ${table.length}`);
  setText(byId("tour-title"), step.title);
  setText(byId("tour-caption"), step.caption);
  byId("tour-bar").style.width = `${(100 * (place() + 1)) / table.length}%`;
  byId("tour-back").disabled = place() === 0;
  setText(byId("tour-next"), place() === table.length - 1 ? "Finish" : "Next");
  sayWhetherReady();
  drawAuto();
  box.hidden = false;
  document.body.dataset.touring = "true";
  const typing =
    document.activeElement?.matches("input, textarea, select, [contenteditable]") &&
    !box.contains(document.activeElement);
  if (!typing) byId("tour-title").focus({ preventScroll: true });
  scrolled = false;
  touched = false;
  lightUp();
}

// A page builds itself from its stream: the anchor may come later, be hidden, or not be there at all.
function anchorOf(step) {
  const found = step.anchor ? document.querySelector(`[data-tour="${CSS.escape(step.anchor)}"]`) : null;
  return found?.getClientRects().length ? found : null;
}

function lightUp() {
  const anchor = anchorOf(current());
  light.hidden = !anchor;
  box.dataset.place = anchor ? "bottom" : "middle";
  if (!anchor) return;
  // A page that is still being built pushes its lower parts down: follow, until the person scrolls.
  const drifted =
    !touched && performance.now() - shownAt < SETTLING_MS && anchor.getBoundingClientRect().top > innerHeight / 3;
  if (!scrolled || drifted) {
    scrolled = true;
    reveal(anchor, { block: "start", behavior: calm.matches ? "instant" : "smooth" });
  }
  const [from, pad] = [anchor.getBoundingClientRect(), 8];
  light.style.left = `${from.left + scrollX - pad}px`;
  light.style.top = `${from.top + scrollY - pad}px`;
  light.style.width = `${from.width + 2 * pad}px`;
  light.style.height = `${from.height + 2 * pad}px`;
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

async function look() {
  lightUp();
  if (busy || finished || refused) return;
  const step = current();
  if (!ready) {
    let found;
    try {
      found = await getJson(`${base}api/steps/${step.id}`);
    } catch (error) {
      say(error.message, "failed");
      return;
    }
    if (busy || step !== current()) return; // what was true of a step that is left says nothing of this one
    ({ urls, ready } = found);
    if (ready) sayWhetherReady();
  }
  const reading = Math.max(LEAST_MS, step.caption.split(" ").length * WORD_MS) / speed;
  if (auto && ready && performance.now() - shownAt > reading) await forward();
}

const forward = () => (place() === table.length - 1 ? finish() : go(table[place() + 1].id));

async function finish() {
  if (finished) return;
  finished = true;
  const verdict = await postJson(`${base}api/finish`, {});
  auto = false;
  drawAuto();
  setText(byId("tour-title"), verdict.ok ? "That was the tour" : "The story did not end as told");
  setText(
    byId("tour-caption"),
    verdict.ok
      ? "Every file of both chats lies in SAP Service Cloud, byte for byte, and every invariant of the reconciliation holds. The pages are yours now: try your own files, or break something."
      : "What is missing:",
  );
  if (!verdict.ok)
    byId("tour-caption").append(make("br"), ...verdict.missing.flatMap((text) => [make("span", "", text), make("br")]));
  say(verdict.ok ? "Finished." : "", verdict.ok ? "done" : "failed");
  setText(byId("tour-next"), "Close");
  byId("tour-title").focus({ preventScroll: true });
}

function end() {
  clearInterval(timer);
  box.hidden = true;
  light.hidden = true;
  document.body.dataset.touring = "false";
  const search = new URLSearchParams(location.search);
  for (const name of TOUR_PARAMETERS) search.delete(name);
  history.replaceState(null, "", location.pathname + (search.size ? `?${search}` : ""));
  at = null;
  byId("main").focus({ preventScroll: true });
}

async function begin() {
  try {
    table = (await getJson(`${base}api/steps`)).steps;
  } catch (error) {
    showTrouble(error.message);
    return;
  }
  if (!current()) at = table[0].id;
  byId("tour-next").addEventListener("click", () => (finished ? end() : forward()));
  byId("tour-back").addEventListener("click", () => go(table[place() - 1]?.id));
  byId("tour-end").addEventListener("click", end);
  byId("tour-auto").addEventListener("click", () => {
    auto = !auto;
    drawAuto();
    if (leaving)
      location.assign(address(leaving).url); // or the page that comes would not know
    else if (urls[at]) history.replaceState(null, "", address(at).url); // else the step's own address takes it along
  });
  document.addEventListener("keydown", keys);
  // A link within the page, such as the skip link, fires popstate too and turns no page.
  addEventListener("popstate", () => at && stepInAddress() !== at && location.reload());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  addEventListener("resize", () => at && lightUp());
  for (const name of ["wheel", "touchmove", "pointerdown"])
    addEventListener(name, () => (touched = true), { passive: true });
  show(); // at once: what must have happened before this step may take a minute
  await go(at);
  if (!at) return;
  timer = setInterval(look, Math.min(LOOK_MS, 800 / speed));
}

function keys(event) {
  if (!at || event.altKey || event.ctrlKey || event.metaKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") {
    event.stopImmediatePropagation();
    end();
  } else if (!event.target.closest("input, textarea, select, table, [role=tablist]")) {
    if (event.key === "ArrowRight") forward();
    if (event.key === "ArrowLeft") go(table[place() - 1]?.id);
  }
}

if (at) begin();
