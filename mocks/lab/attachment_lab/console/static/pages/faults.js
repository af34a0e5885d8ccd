// Faults, clock and scenarios. The stack above is the same picture as on the chain's page.

import { plannedSum, progressOf } from "../logic/fault_form.js";
import { clockOffset } from "../logic/text.js";
import { fillFields, fillKinds, planFault, useCatalogue } from "../parts/fault_form.js";
import { drawScenarios, listenToCards } from "../parts/scenario_cards.js";
import { parameter } from "../shared/address.js";
import { call, doing, follow, getJson, postJson, withParameters } from "../shared/calls.js";
import { byId, make, reconcile, setText, showTrouble } from "../shared/dom.js";
import { clearStack, drawStations, drawTokens } from "../shared/stations.js";

const NAMES = { orchestration: "Contact Pro", cmi: "CMI", c4c: "SAP Service Cloud", service: "Transfer service" };
const TICK_MS = 1000;
const time = new Intl.DateTimeFormat(undefined, {
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
let clocks = [];
let announced = "";

function announce(words) {
  if (words === announced) return;
  announced = words;
  setText(byId("announce"), words);
}

// -- what is planned ---------------------------------------------------------

function drawPlanned(faults) {
  setText(byId("broken"), plannedSum(faults));
  byId("none-planned").hidden = faults.length > 0;
  byId("clear").hidden = faults.length === 0;
  reconcile(byId("planned"), faults, { key: (each) => `${each.mock}/${each.id}`, build: newPlanned, draw: drawFault });
}

function newPlanned(fault) {
  const item = make("li");
  const button = make("button", "quiet small", "Remove");
  button.type = "button";
  button.append(make("span", "unseen", ` ${fault.kind}, ${fault.where}`));
  button.addEventListener("click", () => doing(button, () => remove(fault)));
  item.append(make("p", "what"), make("p", "where"), make("p", "left"), make("p", "wrong"), button);
  return item;
}

async function remove({ mock, id }) {
  await call("DELETE", `api/faults/${mock}/${encodeURIComponent(id)}`).catch((error) => {
    if (error.status !== 404) throw error;
  });
  byId("planned-heading").focus();
}

function drawFault(item, fault) {
  item.dataset.spent = String(fault.remaining === 0);
  setText(item.querySelector(".what"), fault.detail ? `${fault.kind}: ${fault.detail}` : fault.kind);
  setText(item.querySelector(".where"), `${fault.hop} · ${fault.where}`);
  const ends = fault.expires_at ? time.format(new Date(fault.expires_at)) : "";
  setText(item.querySelector(".left"), progressOf(fault, ends));
  item.querySelector(".wrong").hidden = !fault.warning;
  setText(item.querySelector(".wrong"), fault.warning);
}

// -- the clock ---------------------------------------------------------------

function drawClocks() {
  reconcile(byId("clocks"), clocks, { key: (each) => each.name, build: newClock, draw: drawClock });
}

function newClock() {
  const item = make("li");
  item.append(make("span"), make("span", "time"), make("span", "ahead"));
  return item;
}

function drawClock(item, { name, offset_s: offset }) {
  setText(item.firstElementChild, NAMES[name]);
  setText(item.querySelector(".time"), time.format(new Date(Date.now() + offset * 1000)));
  const ahead = offset < 1 ? "on this machine’s time" : `${clockOffset(offset)} ahead of this machine`;
  setText(item.querySelector(".ahead"), ahead);
}

// Whether only this tenant's mocks are moved.
function isTenantOnly() {
  const only = document.querySelector('input[name="scope"]:checked').value === "tenant";
  byId("scope-tenant").hidden = !only;
  byId("scope-all").hidden = only && !document.querySelector('input[value="all"]').disabled;
  return only;
}

function advance(button, seconds) {
  return doing(button, async () => {
    if (!Number.isFinite(seconds) || seconds <= 0) {
      throw new Error("Seconds: a number above 0, at most 604800 (a week).");
    }
    ({ clocks } = await postJson("api/clock", { seconds, all: !isTenantOnly() }));
    drawClocks();
    announce(`The clock moved on by ${clockOffset(seconds)}.`);
  });
}

// -- all together ------------------------------------------------------------

function drawScene(picture) {
  const sentence = byId("scene-sentence");
  sentence.dataset.tone = picture?.tone ?? "idle";
  setText(sentence, picture?.sentence ?? "No chat yet. Play a scenario to see one.");
  if (!picture) {
    clearStack();
    return;
  }
  byId("scene-link").href = `../chain/?chat=${encodeURIComponent(picture.guid)}`;
  drawStations(picture.stations);
  drawTokens(picture.files);
}

function draw(state) {
  showTrouble(state.trouble ? `The stack cannot be read: ${state.trouble}` : null);
  clocks = state.clocks;
  drawPlanned(state.faults);
  drawClocks();
  drawScenarios(state.scenarios, announce);
  if (!state.trouble) drawScene(state.picture);
}

byId("location").addEventListener("change", fillKinds);
byId("kind").addEventListener("change", fillFields);
byId("forever").addEventListener("change", ({ target }) => {
  byId("times").disabled = target.checked;
});
byId("break").addEventListener("submit", async (event) => {
  event.preventDefault();
  const fault = await doing(byId("break-button"), planFault);
  if (fault) announce(fault.warning ? `Planned, but ${fault.warning}` : `Planned: ${fault.kind}, ${fault.where}.`);
});
byId("clear").addEventListener("click", ({ target }) =>
  doing(target, async () => {
    await call("DELETE", "api/faults");
    byId("planned-heading").focus();
  }),
);
for (const button of document.querySelectorAll("[data-seconds]")) {
  button.addEventListener("click", () => advance(button, Number(button.dataset.seconds)));
}
byId("clock").addEventListener("submit", (event) => {
  event.preventDefault();
  advance(byId("advance"), Number(byId("seconds").value));
});
for (const radio of document.querySelectorAll('input[name="scope"]')) radio.addEventListener("change", isTenantOnly);
listenToCards(announce);
setInterval(drawClocks, TICK_MS);
isTenantOnly();
doing(null, async () => useCatalogue(await getJson("api/catalogue")));
follow(withParameters("events", { chat: parameter("chat") }), { faults: draw });
