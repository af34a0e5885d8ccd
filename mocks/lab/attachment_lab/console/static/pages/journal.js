// The journal: follows the newest page live, filters on the server, one exchange beside the list, all in the address.

import {
  addressOf,
  chatOf,
  countLine,
  FILTERS,
  filtersOf,
  marksOf,
  pageLine,
  statusWords,
  toneOf,
} from "../logic/exchange.js";
import { humanSize, requestTime } from "../logic/text.js";
import { drawDetail, ICONS, moment } from "../parts/exchange_detail.js";
import { parameter, showInAddress } from "../shared/address.js";
import { getJson, Stream } from "../shared/calls.js";
import { byId, icon, isForBrowser, make, reconcile, setText, showTrouble } from "../shared/dom.js";
import { reveal } from "../shared/reveal.js";

const TYPING_MS = 250;
const numbers = new Intl.NumberFormat();
const form = byId("filters");
const stream = new Stream();
let shown = { entries: [], older: 0, newer: 0 };
let after = "";
let typing = null;
let open = parameter("x");

const filters = () => filtersOf(new FormData(form));
const parameters = (changes = {}) => addressOf(filters(), { after, open }, changes);
const remember = () => showInAddress(parameters());

function listen() {
  stream.end();
  const set = filters();
  byId("har").href = `export.har?${set}`;
  byId("clear").hidden = set.size === 0;
  setText(byId("filter-count"), set.size ? `${set.size} set` : "");
  showPytest(set.get("about"));
  if (after) {
    set.set("after", after);
    getJson(`api/exchanges?${set}`).then(draw, (error) => showTrouble(error.message));
  } else stream.listen(`events?${set}`, { exchanges: draw });
}

function showPytest(about) {
  const link = byId("pytest");
  const chat = chatOf(shown.entries, about);
  link.hidden = !chat;
  if (chat) link.href = `export.py?chat=${chat}`;
}

function draw(page) {
  const isFirst = shown.entries.length === 0;
  const known = new Set(shown.entries.map((entry) => entry.key));
  shown = page;
  reconcile(byId("rows"), page.entries, { key: (entry) => entry.key, build: newRow, draw: drawRow });
  if (!isFirst) {
    for (const row of byId("rows").children) if (!known.has(row.dataset.key)) row.dataset.new = "true";
  }
  showPytest(filters().get("about"));
  setText(byId("count"), countLine(page, numbers));
  byId("empty").hidden = page.entries.length > 0;
  setText(
    byId("empty"),
    page.total
      ? "No exchange fits these filters."
      : "Nothing was exchanged yet. Play a chat on the page “Chain”, and it appears here as it happens.",
  );
  byId("pager").hidden = !(page.older || page.newer);
  byId("older").disabled = page.older === 0;
  byId("newest").disabled = page.newer === 0 && !after;
  setText(byId("range"), pageLine(page, numbers));
}

function newRow() {
  const row = make("tr");
  const what = make("td", "what");
  what.append(make("a"), make("span", "marks"), make("span", "path"));
  const hop = make("td");
  hop.append(make("span", "hop"));
  const status = make("td", "status");
  status.append(make("span", "chip"));
  row.append(make("td", "time"), hop, what, status, make("td", "number"), make("td", "number"), make("td", "number"));
  return row;
}

function drawRow(row, entry) {
  const [time, hop, what, status, sent, got, took] = row.children;
  setText(time, moment.format(new Date(entry.at)));
  row.dataset.hop = entry.hop;
  drawHop(hop.firstChild, entry);
  const link = what.querySelector("a");
  setText(link, entry.words);
  link.href = `?${parameters({ x: entry.key })}`;
  const line = `${entry.method} ${entry.url}`;
  setText(what.querySelector(".path"), line === entry.words ? "" : line);
  reconcile(what.querySelector(".marks"), marksOf(entry), {
    key: (text) => text,
    build: (text) => make("span", "mark", text),
  });
  const chip = status.firstChild;
  chip.dataset.tone = toneOf(entry);
  setText(chip, statusWords(entry));
  setText(sent, humanSize(entry.request_bytes));
  setText(got, humanSize(entry.response_bytes));
  setText(took, requestTime(entry.duration_ms));
  row.setAttribute("aria-current", String(entry.key === open));
}

function drawHop(tag, entry) {
  if (tag.firstChild) return;
  tag.append(icon(ICONS[entry.hop]), make("span", "hop-name", entry.hop_name));
  tag.title = entry.hop_name;
}

async function show(key, { focus = true } = {}) {
  open = key;
  remember();
  try {
    drawDetail(await getJson(`api/exchanges/${encodeURIComponent(key)}`));
    showTrouble(null);
  } catch (error) {
    hide();
    showTrouble(error.message);
    return;
  }
  markOpen(key);
  byId("columns").dataset.open = "true";
  byId("detail").hidden = false;
  byId("detail").scrollTop = 0;
  if (focus) byId("detail-heading").focus();
}

function hide() {
  const row = [...byId("rows").children].find((each) => each.dataset.key === open);
  open = null;
  remember();
  byId("columns").dataset.open = "false";
  byId("detail").hidden = true;
  markOpen(null);
  row?.querySelector("a").focus();
}

function markOpen(key) {
  for (const row of byId("rows").children) row.setAttribute("aria-current", String(row.dataset.key === key));
}

function change() {
  after = "";
  remember();
  listen();
}

function setFilter(name, value) {
  const field = form.elements[name];
  if (field.type === "checkbox") field.checked = value === "1";
  else field.value = value;
}

for (const name of FILTERS) setFilter(name, parameter(name) ?? "");
after = parameter("after") ?? "";

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", (event) => {
  clearTimeout(typing);
  if (event.target.type === "search") typing = setTimeout(change, TYPING_MS);
  else change();
});
byId("clear").addEventListener("click", () => {
  for (const name of FILTERS) setFilter(name, "");
  change();
  form.elements.q.focus();
});
byId("rows").addEventListener("click", (event) => {
  const row = event.target.closest("tr");
  if (!row || isForBrowser(event)) return;
  event.preventDefault();
  show(row.dataset.key);
});
byId("close").addEventListener("click", hide);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && open && !document.querySelector("dialog[open]")) hide();
});
byId("older").addEventListener("click", () => {
  after = shown.entries.at(-1)?.key ?? "";
  remember();
  listen();
  reveal(byId("list-heading"), { block: "center" });
});
byId("newest").addEventListener("click", change);
if (matchMedia("(max-width: 44rem)").matches) byId("filter-box").open = false;
listen();
if (open) show(open, { focus: false });
