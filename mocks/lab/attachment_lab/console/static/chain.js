// Draws what the server's stream of pictures says. File names arrive escaped for display and are only ever set as text.

import { byId, clock, doing, follow, getJson, make, postJson, setText, showTrouble } from "./base.js";
import { drawStations, drawTokens } from "./street.js";

let stop = null;
let chosen = new URLSearchParams(location.search).get("chat");
let announced = "";
let restsFor = "";

function drawRows(files) {
  const body = byId("rows");
  const old = new Map([...body.children].map((row) => [row.dataset.id, row]));
  files.forEach((file, index) => {
    const row = old.get(file.id) ?? newRow(file);
    old.delete(file.id);
    fillRow(row, file);
    if (body.children[index] !== row) body.insertBefore(row, body.children[index] ?? null);
  });
  old.forEach((row) => row.remove());
  byId("empty").hidden = files.length > 0;
}

function newRow(file) {
  const row = make("tr");
  row.dataset.id = file.id;
  const first = make("td");
  first.append(make("div", "name"), make("div", "why"), make("div", "todo"));
  const state = make("td");
  state.append(make("span", "chip"));
  const digest = make("td");
  const object = make("td");
  for (const [cell, label] of [[digest, "sha256"], [object, "C4C object"]]) {
    cell.dataset.label = label;
    cell.append(make("span", "mono"));
  }
  row.append(first, make("td", "number"), state, digest, object);
  return row;
}

function fillRow(row, file) {
  row.dataset.tone = file.tone;
  setText(row.querySelector(".name"), file.name);
  setText(row.querySelector(".why"), file.reason);
  setText(row.querySelector(".todo"), file.remedy);
  setText(row.querySelector(".number"), file.size);
  const chip = row.querySelector(".chip");
  chip.dataset.tone = file.tone;
  setText(chip, file.chip);
  const [digest, object] = row.querySelectorAll(".mono");
  digest.classList.add("digest");
  const equal = file.sha256 === file.c4c_sha256;
  row.dataset.equal = file.c4c_sha256 ? String(equal) : "";
  setText(digest, `${short(file.sha256)} ${file.c4c_sha256 ? `${equal ? "=" : "≠"} ${short(file.c4c_sha256)}` : ""}`);
  digest.title = `CMI ${file.sha256}\nC4C ${file.c4c_sha256 || "–"}`;
  setText(object, file.object_id ? `${file.object_id.slice(0, 12)}…` : "–");
  object.title = file.object_id;
}

function short(digest) {
  return `${digest.slice(0, 8)}…`;
}

function drawMeta(picture) {
  const parts = [`Chat ${picture.guid.slice(0, 8)}…`];
  if (picture.since) parts.push(`started ${clock.format(new Date(picture.since))}`);
  if (picture.since && picture.until) parts.push(`took ${((new Date(picture.until) - new Date(picture.since)) / 1000).toFixed(1)} s`);
  if (picture.is_proven) parts.push("chain ledger: every law holds");
  setText(byId("meta"), parts.join("  ·  "));
}

function drawChats(chats, guid) {
  const select = byId("chats");
  const wanted = chats.map((chat) => {
    const made = new Date(chat.created);
    const files = `${chat.files} file${chat.files === 1 ? "" : "s"}`;
    return [chat.guid, `${clock.format(made)} · ${files} · ${chat.status}`];
  });
  if (JSON.stringify(wanted) !== select.dataset.shown) {
    select.dataset.shown = JSON.stringify(wanted);
    select.replaceChildren(...wanted.map(([value, text]) => new Option(text, value)));
  }
  if (guid && document.activeElement !== select) select.value = guid;
}

function drawLaws(violations) {
  byId("laws").hidden = violations.length === 0;
  byId("violations").replaceChildren(...violations.map((text) => make("li", "", text)));
}

async function drawRests(picture) {
  const key = `${picture.guid} ${picture.until}`;
  if (!picture.until || key === restsFor) return;
  restsFor = key;
  const found = await getJson("api/assumptions");
  setText(byId("rests-count"), `${found.length} assumption${found.length === 1 ? "" : "s"}`);
  byId("assumptions").replaceChildren(...found.map((each) => {
    const item = make("li");
    item.append(make("span", "tag", `${each.mock} · ${each.label}`), make("span", "", each.behaviour));
    return item;
  }));
}

function draw({ chats, picture, is_playing: isPlaying, error }) {
  if (error) showTrouble(error);
  else byId("trouble").hidden = true;
  byId("play-button").disabled = isPlaying;
  drawChats(chats, picture?.guid);
  if (!picture) {
    setText(byId("sentence"), "No chat yet.");
    drawRows([]);
    return;
  }
  const sentence = byId("sentence");
  sentence.dataset.tone = picture.tone;
  setText(sentence, picture.sentence);
  const news = `${picture.guid} ${picture.tone}`;
  if (news !== announced) {
    announced = news;
    setText(byId("announce"), picture.sentence);
  }
  drawMeta(picture);
  drawStations(picture.stations);
  drawTokens(picture.files);
  drawRows(picture.files);
  drawLaws(picture.violations);
  drawRests(picture);
}

function listen() {
  stop?.();
  stop = follow(`events${chosen ? `?chat=${encodeURIComponent(chosen)}` : ""}`, { chain: draw });
}

function choose(guid) {
  chosen = guid;
  history.replaceState(null, "", `?chat=${encodeURIComponent(guid)}`);
  listen();
}

byId("chats").addEventListener("change", (event) => choose(event.target.value));
byId("play").addEventListener("submit", async (event) => {
  event.preventDefault();
  const told = await doing(byId("play-button"), () =>
    postJson("api/play", { slow: byId("slow").checked, fault: byId("fault").value || null }));
  if (told) choose(told.guid);
});
listen();
