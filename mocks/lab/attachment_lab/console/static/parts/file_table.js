// The table of a chat's files: state, the bar of the journey, digests at both ends.

import { dotted, hopTime } from "../logic/text.js";
import { byId, make, reconcile, setText } from "../shared/dom.js";

const exact = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
});

export function drawFiles(files) {
  reconcile(byId("rows"), files, { key: (file) => file.id, build: newRow, draw: drawRow });
  byId("empty").hidden = files.length > 0;
}

function newRow() {
  const row = make("tr");
  const first = make("td");
  first.append(make("div", "name"), make("div", "why"), make("div", "todo"));
  const state = make("td");
  state.append(make("span", "chip"));
  const way = make("td", "way");
  way.append(newBar());
  row.append(
    first,
    make("td", "number"),
    state,
    way,
    digestCell("sha256", "mono digest"),
    digestCell("C4C object", "mono"),
  );
  return row;
}

function digestCell(label, className) {
  const cell = make("td");
  cell.dataset.label = label;
  cell.append(make("span", className));
  return cell;
}

// A bar of the whole journey with this file's hops on it, and their times in words below.
function newBar() {
  const box = make("details", "hops");
  const summary = make("summary");
  const bar = make("span", "bar");
  bar.setAttribute("aria-hidden", "true");
  summary.append(bar, make("span", "took"));
  box.append(summary, make("ol"));
  return box;
}

function drawBar(box, hops) {
  const shown = JSON.stringify(hops);
  if (box.dataset.shown === shown) return;
  box.dataset.shown = shown;
  box.querySelector(".bar").replaceChildren(...hops.filter((hop) => hop.act !== "sent").map(barPiece));
  const [read, stored] = ["read", "stored"].map((act) => hops.filter((hop) => hop.act === act).at(-1));
  const words = dotted(read && `read ${hopTime(read.took_ms)}`, stored && `sent ${hopTime(stored.took_ms)}`);
  setText(box.querySelector(".took"), words || (hops.length ? "waiting" : "–"));
  box.querySelector("ol").replaceChildren(...hops.map(hopLine));
}

function barPiece(hop) {
  const piece = make("i");
  piece.dataset.act = hop.act;
  piece.dataset.tone = hop.tone;
  piece.style.left = `${100 * hop.start}%`;
  piece.style.width = `${100 * (hop.end - hop.start)}%`;
  return piece;
}

function hopLine(hop) {
  const line = make("li");
  line.dataset.tone = hop.tone;
  const time = make("time", "", exact.format(new Date(hop.at)));
  time.dateTime = hop.at;
  line.append(time, make("span", "", dotted(hop.words, hop.took_ms && `took ${hopTime(hop.took_ms)}`, hop.note)));
  return line;
}

const short = (digest) => `${digest.slice(0, 8)}…`;

function drawRow(row, file) {
  row.dataset.tone = file.tone;
  setText(row.querySelector(".name"), file.name);
  setText(row.querySelector(".why"), file.reason);
  setText(row.querySelector(".todo"), file.remedy);
  setText(row.querySelector(".number"), file.size);
  const chip = row.querySelector(".chip");
  chip.dataset.tone = file.tone;
  setText(chip, file.chip);
  drawBar(row.querySelector(".hops"), file.hops);
  const [digest, object] = row.querySelectorAll(".mono");
  const equal = file.sha256 === file.c4c_sha256;
  row.dataset.equal = file.c4c_sha256 ? String(equal) : "";
  setText(digest, `${short(file.sha256)} ${file.c4c_sha256 ? `${equal ? "=" : "≠"} ${short(file.c4c_sha256)}` : ""}`);
  digest.title = `CMI ${file.sha256}\nC4C ${file.c4c_sha256 || "–"}`;
  setText(object, file.object_id ? short(file.object_id) : "–");
  object.title = file.object_id;
}
