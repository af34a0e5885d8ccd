// Guided set-up: the states of the steps stay live; a button does a step, all steps, or a mistake.

import { groupSum, retriedWords, STATE_TONES, stateWords, sumWords } from "../logic/guided.js";
import { doing, follow, postJson } from "../shared/calls.js";
import { byId, make, setText } from "../shared/dom.js";

const items = new Map([...document.querySelectorAll("[data-step]")].map((item) => [item.dataset.step, item]));

function draw({ done, total, steps }) {
  byId("progress").max = total;
  byId("progress").value = done;
  setText(byId("sum"), sumWords({ done, total, steps }));
  byId("do-all").hidden = done === total;
  byId("play").hidden = done !== total;
  for (const step of steps) drawStep(items.get(step.id), step);
  for (const group of document.querySelectorAll(".guided-group")) drawGroup(group, steps);
}

function drawStep(item, { state, found, remedy }) {
  item.dataset.tone = STATE_TONES[state];
  item.dataset.state = state;
  setText(item.querySelector("[data-state]"), stateWords(state));
  setText(item.querySelector("[data-found]"), found);
  const todo = item.querySelector("[data-remedy]");
  setText(todo, remedy);
  todo.hidden = !remedy;
  item.querySelector("[data-do]").hidden = state === "done";
}

function drawGroup(group, steps) {
  const mine = [...group.querySelectorAll("[data-step]")].map((item) => item.dataset.step);
  const { tone, words } = groupSum(steps.filter((step) => mine.includes(step.id)));
  const chip = group.querySelector("[data-group-sum]");
  chip.dataset.tone = tone;
  setText(chip, words);
}

async function act(button, path) {
  const found = await doing(button, () => postJson(path, {}));
  if (!found) return found;
  draw(found);
  setText(byId("retried"), retriedWords(found.retried ?? 0));
  return found;
}

for (const [id, item] of items) {
  item.querySelector("[data-do]").addEventListener("click", async ({ currentTarget }) => {
    // The button goes away with its work: the keyboard stays at the step.
    if (await act(currentTarget, `api/steps/${id}/do`)) item.focus();
  });
}

byId("do-all").addEventListener("click", async ({ currentTarget }) => {
  if (await act(currentTarget, "api/do-all")) byId("play").focus();
});

for (const button of document.querySelectorAll("[data-mistake]"))
  button.addEventListener("click", () => act(button, `api/mistakes/${button.dataset.mistake}`));

byId("begin").addEventListener("click", async ({ currentTarget }) => {
  const text = byId("configuration").value.trim();
  const body = text ? { configuration: text, empty: true } : { options: { empty: true } };
  const opened = await doing(currentTarget, () => postJson("/api/tenants", body));
  if (opened) showBegun(opened);
});

function showBegun({ tenant, remarks }) {
  setText(byId("begun-heading"), `Tenant ${tenant} is open`);
  byId("begun-remarks").replaceChildren(...(remarks ?? []).map((words) => make("li", "", words)));
  byId("begun-link").href = `/w/${encodeURIComponent(tenant)}/guided/`;
  byId("begun-dialog").showModal();
}

follow("events", { steps: draw });
