// The scenarios' cards: what plays, and how each one ended.

import { scenarioChip } from "../logic/fault_form.js";
import { dotted, plural } from "../logic/text.js";
import { doing, postJson } from "../shared/calls.js";
import { byId, icon, make, setText } from "../shared/dom.js";

const cards = [...document.querySelectorAll(".scenario")];

export function listenToCards(announce) {
  for (const card of cards) {
    card.querySelector(".play").addEventListener("click", async ({ currentTarget }) => {
      const state = await doing(currentTarget, () => postJson(`api/scenarios/${card.dataset.id}`, {}));
      if (state) drawScenarios(state, announce);
    });
  }
}

export function drawScenarios({ playing, results }, announce) {
  for (const card of cards) {
    const { id } = card.dataset;
    drawCard(card, playing?.id === id ? playing : null, results[id], { isBusy: Boolean(playing), announce });
  }
  const done = Object.values(results);
  if (!done.length) return;
  const good = done.filter((each) => each.ok).length;
  setText(byId("score"), `${good} of ${done.length} played ended as they should.`);
}

function drawCard(card, playing, result, { isBusy, announce }) {
  const chip = card.querySelector(".chip");
  const { tone, words } = scenarioChip(Boolean(playing), result);
  card.dataset.tone = chip.dataset.tone = tone;
  chip.hidden = tone === "idle";
  setText(chip, words);
  const button = card.querySelector(".play");
  button.disabled = isBusy || button.dataset.never === "true";
  const progress = card.querySelector(".progress");
  progress.hidden = !playing;
  if (playing) setText(progress, playing.say || "Getting ready");
  if (drawResult(card, playing ? null : result)) announce(`${card.querySelector("h3").textContent}: ${words}.`);
}

// Whether a new result was drawn.
function drawResult(card, result) {
  const box = card.querySelector(".result");
  const shown = result ? JSON.stringify(result) : "";
  box.hidden = !result;
  if ((box.dataset.shown ?? "") === shown) return false;
  box.dataset.shown = shown;
  for (const other of document.querySelectorAll(".result")) other.open = other === box && Boolean(result);
  const link = card.querySelector(".see");
  link.hidden = !result?.chat;
  if (!result) return false;
  if (result.chat) link.href = `../chain/?chat=${encodeURIComponent(result.chat)}`;
  drawFindings(box, result);
  return true;
}

function drawFindings(box, { trouble, findings, facts }) {
  box.querySelector(".result-trouble").hidden = !trouble;
  setText(box.querySelector(".result-trouble"), trouble ?? "");
  box.querySelector(".findings").replaceChildren(...findings.map(findingItem));
  const good = findings.filter((each) => each.ok).length;
  setText(box.querySelector(".result-count"), findings.length ? `${good} of ${findings.length} checks hold` : "");
  const files = facts?.files ?? [];
  box.querySelector(".per-file").hidden = files.length === 0;
  box.querySelector(".per-file ul").replaceChildren(...files.map(fileItem));
}

function findingItem({ title, want, found, ok }) {
  const item = make("li");
  item.dataset.ok = String(ok);
  const words = make("span", "", title);
  words.append(make("span", "unseen", ok ? ": as it should be" : ": not as it should be"));
  const comparison = want === found ? `Is ${found}, as it should be` : `Should be ${want}; is ${found}`;
  item.append(icon(ok ? "check" : "cross"), words, make("span", "found", comparison));
  return item;
}

function fileItem({ name, outcome, reason, objects, downloads, uploads }) {
  const item = make("li");
  const counts = `read ${downloads}×, sent ${uploads}×, ${plural(objects, "object")} in C4C`;
  item.append(make("span", "", name), make("span", "", dotted(outcome, counts, reason)));
  return item;
}
