// Draws what the server's stream of pictures says. File names arrive escaped for display and are only ever set as text.

import { byId, clock, doing, follow, getJson, make, postJson, setText, showInAddress, showTrouble } from "./base.js";
import { drawLanes } from "./lanes.js";
import { Replay } from "./replay.js";
import { drawStations, drawTokens } from "./stack.js";

const exact = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});
const asked = new URLSearchParams(location.search);
let stop = null;
let chosen = asked.get("chat");
let query = asked.get("q") ?? "";
let isAll = asked.get("view") === "all";
let latest = null;
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
  for (const row of old.values()) row.remove();
  byId("empty").hidden = files.length > 0;
}

function newRow(file) {
  const row = make("tr");
  row.dataset.id = file.id;
  const first = make("td");
  first.append(make("div", "name"), make("div", "why"), make("div", "todo"));
  const state = make("td");
  state.append(make("span", "chip"));
  const way = make("td", "way");
  way.append(newWay());
  const digest = make("td");
  const object = make("td");
  for (const [cell, label] of [
    [digest, "sha256"],
    [object, "C4C object"],
  ]) {
    cell.dataset.label = label;
    cell.append(make("span", "mono"));
  }
  row.append(first, make("td", "number"), state, way, digest, object);
  return row;
}

// A bar of the whole journey with this file's hops on it, and their times in words below.
function newWay() {
  const box = make("details", "hops");
  const summary = make("summary");
  const bar = make("span", "bar");
  bar.setAttribute("aria-hidden", "true");
  summary.append(bar, make("span", "took"));
  box.append(summary, make("ol"));
  return box;
}

function took(ms) {
  return ms < 1000 ? `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function fillWay(box, hops) {
  const shown = JSON.stringify(hops);
  if (box.dataset.shown === shown) return;
  box.dataset.shown = shown;
  box.querySelector(".bar").replaceChildren(
    ...hops
      .filter((hop) => hop.act !== "sent")
      .map((hop) => {
        const piece = make("i");
        piece.dataset.act = hop.act;
        piece.dataset.tone = hop.tone;
        piece.style.left = `${100 * hop.start}%`;
        piece.style.width = `${100 * (hop.end - hop.start)}%`;
        return piece;
      }),
  );
  const [read, stored] = ["read", "stored"].map((act) => hops.filter((hop) => hop.act === act).at(-1));
  const words = [read && `read ${took(read.took_ms)}`, stored && `sent ${took(stored.took_ms)}`].filter(Boolean);
  setText(box.querySelector(".took"), words.join(" · ") || (hops.length ? "waiting" : "–"));
  box.querySelector("ol").replaceChildren(
    ...hops.map((hop) => {
      const line = make("li");
      line.dataset.tone = hop.tone;
      const told = [hop.words, hop.took_ms ? `took ${took(hop.took_ms)}` : "", hop.note].filter(Boolean).join(" · ");
      line.append(make("time", "", exact.format(new Date(hop.at))), make("span", "", told));
      line.firstChild.dateTime = hop.at;
      return line;
    }),
  );
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
  fillWay(row.querySelector(".hops"), file.hops);
  const [digest, object] = row.querySelectorAll(".mono");
  digest.classList.add("digest");
  const equal = file.sha256 === file.c4c_sha256;
  row.dataset.equal = file.c4c_sha256 ? String(equal) : "";
  setText(digest, `${short(file.sha256)} ${file.c4c_sha256 ? `${equal ? "=" : "≠"} ${short(file.c4c_sha256)}` : ""}`);
  digest.title = `CMI ${file.sha256}\nC4C ${file.c4c_sha256 || "–"}`;
  setText(object, file.object_id ? `${file.object_id.slice(0, 8)}…` : "–");
  object.title = file.object_id;
}

function short(digest) {
  return `${digest.slice(0, 8)}…`;
}

function drawMeta(picture) {
  const parts = [`Chat ${picture.guid.slice(0, 8)}…`];
  if (picture.since) parts.push(`started ${clock.format(new Date(picture.since))}`);
  if (picture.since && picture.until)
    parts.push(`took ${((new Date(picture.until) - new Date(picture.since)) / 1000).toFixed(1)} s`);
  if (picture.is_proven) parts.push("reconciliation: every invariant holds");
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

function drawInvariants(violations) {
  byId("invariants").hidden = violations.length === 0;
  byId("violations").replaceChildren(...violations.map((text) => make("li", "", text)));
}

async function drawRests(picture) {
  const key = `${picture.guid} ${picture.until}`;
  if (!picture.until || key === restsFor) return;
  restsFor = key;
  const found = await getJson("api/assumptions");
  setText(byId("rests-count"), `${found.length} assumption${found.length === 1 ? "" : "s"}`);
  byId("assumptions").replaceChildren(
    ...found.map((each) => {
      const item = make("li");
      item.append(make("span", "tag", `${each.mock} · ${each.label}`), make("span", "", each.behaviour));
      return item;
    }),
  );
}

function drawRedrive(picture) {
  const box = byId("redrive");
  box.hidden = !picture.can_retry;
  if (box.hidden) return;
  const waits = picture.tone === "waiting";
  setText(
    byId("redrive-words"),
    waits
      ? "The service tries again by itself; you need not wait for it."
      : "The service needs somebody: mend the cause, then let it try again. What is stored already is not sent twice.",
  );
  setText(byId("retry-words"), waits ? "Try now" : "Try again");
  byId("retry").dataset.transfer = picture.transfer_id;
}

function drawPicture(picture, speed = 1) {
  const sentence = byId("sentence");
  sentence.dataset.tone = picture.tone;
  setText(sentence, picture.sentence);
  drawStations(picture.stations);
  drawTokens(
    picture.files.filter((file) => !file.isUnsent),
    { speed },
  );
  drawRows(picture.files);
  drawInvariants(picture.violations);
  drawRedrive(picture);
}

function draw(told) {
  latest = told;
  const { chats, picture, is_playing: isPlaying, error } = told;
  if (error) showTrouble(error);
  else byId("trouble").hidden = true;
  byId("play-button").disabled = isPlaying;
  drawChats(chats, picture?.guid);
  replay.follow(picture?.guid ?? null);
  if (!picture) {
    setText(byId("sentence"), "No chat yet.");
    byId("to-journal").hidden = true;
    drawRows([]);
    return;
  }
  if (replay.on) return;
  const news = `${picture.guid} ${picture.tone}`;
  if (news !== announced) {
    announced = news;
    setText(byId("announce"), picture.sentence);
  }
  drawMeta(picture);
  byId("to-journal").hidden = false;
  byId("to-journal").href = `../journal/?about=${encodeURIComponent(picture.guid)}`;
  drawPicture(picture);
  drawRests(picture);
}

function drawAll(told) {
  if (told.error) showTrouble(told.error);
  else byId("trouble").hidden = true;
  byId("play-button").disabled = told.is_playing;
  const sentence = byId("sentence");
  sentence.dataset.tone = told.failed ? "failed" : "idle";
  const which = query
    ? `${told.matching} of ${told.chats} conversations`
    : `${told.chats} conversation${told.chats === 1 ? "" : "s"}`;
  setText(sentence, told.chats ? `${which}, ${told.stored} of ${told.files} files stored.` : "No conversation yet.");
  drawLanes(told, query, choose);
}

function remember() {
  const to = new URLSearchParams();
  if (chosen) to.set("chat", chosen);
  if (isAll) to.set("view", "all");
  if (isAll && query) to.set("q", query);
  showInAddress(to);
}

function listen() {
  stop?.();
  stop = isAll
    ? follow(`all-events?q=${encodeURIComponent(query)}`, { lanes: drawAll })
    : follow(`events${chosen ? `?chat=${encodeURIComponent(chosen)}` : ""}`, { chain: draw });
}

function show(all) {
  isAll = all;
  if (all && replay.on) replay.leave();
  for (const [id, on] of [
    ["view-one", !all],
    ["view-all", all],
  ])
    byId(id).setAttribute("aria-pressed", String(on));
  byId("one").hidden = all;
  byId("all").hidden = byId("filter-field").hidden = !all;
  for (const id of ["meta", "redrive"]) byId(id).hidden = all || id === "redrive";
  remember();
  listen();
}

function choose(guid) {
  chosen = guid;
  replay.follow(guid);
  show(false);
}

const replay = new Replay({ draw: drawPicture, left: () => latest && draw(latest) });

byId("chats").addEventListener("change", (event) => choose(event.target.value));
byId("play").addEventListener("submit", async (event) => {
  event.preventDefault();
  const told = await doing(byId("play-button"), () =>
    postJson("api/play", { slow: byId("slow").checked, fault: byId("fault").value || null }),
  );
  if (!told) return;
  chosen = told.guid;
  if (!isAll) choose(told.guid);
});
byId("retry").addEventListener("click", ({ currentTarget }) =>
  doing(currentTarget, async () => {
    await postJson(`api/retry/${encodeURIComponent(currentTarget.dataset.transfer)}`, {});
    setText(byId("announce"), "The service tries again.");
  }),
);
byId("view-one").addEventListener("click", () => show(false));
byId("view-all").addEventListener("click", () => show(true));
let typing = null;
byId("filter").addEventListener("input", ({ target }) => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    query = target.value.trim();
    remember();
    listen();
  }, 200);
});
byId("filter").value = query;
show(isAll);
