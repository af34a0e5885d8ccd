// The journal: follows the newest page live, filters on the server, one exchange beside the list, all in the address.
import { byId, follow, getJson, humanSize, make, reconcile, setText, showInAddress, showTrouble } from "./base.js";
import { reveal } from "./reveal.js";

const FILTERS = ["q", "about", "hop", "method", "status", "label", "failed", "struck"];
const ICONS = { "contact-pro": "chat", delivery: "bolt", cmi: "down", c4c: "case", stray: "warn" };
const TYPING_MS = 250;
const form = byId("filters");
let shown = { entries: [], older: 0, newer: 0 };
let after = "";
let stop = null;
let typing = null;
let open = new URLSearchParams(location.search).get("x");

const numbers = new Intl.NumberFormat();
const moment = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" });
const icon = (name) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  svg.append(Object.assign(document.createElementNS("http://www.w3.org/2000/svg", "use")));
  svg.firstChild.setAttribute("href", `#i-${name}`);
  return svg;
};

function filters() {
  const given = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value) given.set(name, value.trim());
  return given;
}

function parameters(changes = {}) {
  const given = filters();
  if (after) given.set("after", after);
  if (open) given.set("x", open);
  for (const [name, value] of Object.entries(changes)) value ? given.set(name, value) : given.delete(name);
  return given;
}

const remember = () => showInAddress(parameters());

function listen() {
  stop?.();
  stop = null;
  const given = filters();
  byId("har").href = `export.har?${given}`;
  byId("clear").hidden = given.size === 0;
  setText(byId("filter-count"), given.size ? `${given.size} set` : "");
  showPytest(given.get("about"));
  if (after) {
    given.set("after", after);
    getJson(`api/exchanges?${given}`).then(draw, (error) => showTrouble(error.message));
    return;
  }
  stop = follow(`events?${given}`, { exchanges: draw });
}

function showPytest(about) {
  const link = byId("pytest");
  const chat = shown.entries.find((entry) => entry.chat && entry.chat === about?.toUpperCase());
  link.hidden = !chat;
  if (chat) link.href = `export.py?chat=${chat.chat}`;
}

function draw(page) {
  const first = shown.entries.length === 0;
  const known = new Set(shown.entries.map((entry) => entry.key));
  shown = page;
  reconcile(byId("rows"), page.entries, { key: (entry) => entry.key, build: buildRow, draw: drawRow });
  if (!first) for (const row of byId("rows").children) if (!known.has(row.dataset.key)) row.dataset.new = "true";
  showPytest(filters().get("about"));
  const few = page.matching === page.total ? "" : `${numbers.format(page.matching)} of `;
  setText(byId("count"), `${few}${numbers.format(page.total)} exchange${page.total === 1 ? "" : "s"} between Contact Pro, the service, CMI and SAP Service Cloud. Secrets are masked before anything is kept.`);
  const empty = byId("empty");
  empty.hidden = page.entries.length > 0;
  setText(empty, page.total ? "No exchange fits these filters." : "Nothing was exchanged yet. Play a chat on the page “Chain”, and it appears here as it happens.");
  byId("pager").hidden = !(page.older || page.newer);
  byId("older").disabled = page.older === 0;
  byId("newest").disabled = page.newer === 0 && !after;
  setText(byId("place"), page.entries.length ? `${numbers.format(page.newer + 1)} – ${numbers.format(page.newer + page.entries.length)} of ${numbers.format(page.matching)}` : "");
}

function buildRow() {
  const row = make("tr");
  const what = make("td", "what");
  const link = make("a");
  what.append(link, make("span", "marks"), make("span", "path"));
  const hop = make("td");
  hop.append(make("span", "hop"));
  const status = make("td", "status");
  status.append(make("span", "chip"));
  row.append(make("td", "time"), hop, what, status, make("td", "number"), make("td", "number"), make("td", "number"));
  return row;
}

function drawRow(row, entry) {
  const at = new Date(entry.at);
  const [time, hop, what, status, sent, got, took] = row.children;
  setText(time, moment.format(at));
  row.dataset.hop = entry.hop;
  const tag = hop.firstChild;
  if (!tag.firstChild) {
    tag.append(icon(ICONS[entry.hop]), make("span", "hop-name", entry.hop_name));
    tag.title = entry.hop_name;
  }
  const link = what.querySelector("a");
  setText(link, entry.words);
  link.href = `?${parameters({ x: entry.key })}`;
  const line = `${entry.method} ${entry.url}`;
  setText(what.querySelector(".path"), line === entry.words ? "" : line);
  const marks = [...entry.fault.map((id) => `fault ${id}`), ...(entry.level === "warning" || entry.level === "error" ? ["note"] : [])];
  reconcile(what.querySelector(".marks"), marks, { key: (text) => text, build: (text) => make("span", "mark", text) });
  const chip = status.firstChild;
  chip.dataset.tone = tone(entry);
  setText(chip, statusWords(entry));
  setText(sent, humanSize(entry.request_bytes));
  setText(got, humanSize(entry.response_bytes));
  setText(took, duration(entry.duration_ms));
  row.setAttribute("aria-current", String(entry.key === open));
}

const tone = (entry) => (entry.error || entry.failed ? "failed" : entry.fault.length ? "waiting" : entry.status ? "done" : "idle");
const statusWords = (entry) => (entry.status ? String(entry.status) : entry.hop === "delivery" && !entry.error ? "under way" : "none");
const duration = (ms) => (ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`);

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
  for (const row of byId("rows").children) row.setAttribute("aria-current", String(row.dataset.key === key));
  byId("desk").dataset.open = "true";
  byId("detail").hidden = false;
  byId("detail").scrollTop = 0;
  if (focus) byId("detail-heading").focus();
}

function hide() {
  const row = [...byId("rows").children].find((each) => each.dataset.key === open);
  open = null;
  remember();
  byId("desk").dataset.open = "false";
  byId("detail").hidden = true;
  for (const each of byId("rows").children) each.setAttribute("aria-current", "false");
  row?.querySelector("a").focus();
}

function drawDetail({ entry, full, why, faults, evidence, curl }) {
  byId("detail").dataset.hop = entry.hop;
  byId("detail-hop").replaceChildren(icon(ICONS[entry.hop]), entry.hop_name);
  setText(byId("detail-heading"), entry.words);
  setText(byId("detail-line"), `${entry.method} ${entry.url.includes("://") ? entry.url : `https://${entry.host}${entry.url}`}`);
  const chip = make("span", "chip", statusWords(entry));
  chip.dataset.tone = tone(entry);
  const facts = [moment.format(new Date(entry.at)), duration(entry.duration_ms), entry.caller && `asked by ${entry.caller}`, entry.file, entry.transfer && `transfer ${entry.transfer.slice(0, 8)}…`];
  byId("detail-chips").replaceChildren(chip, ...facts.filter(Boolean).map((text) => make("span", "fact", text)));
  drawWhy(entry, why);
  drawActions(entry, curl);
  byId("sides").replaceChildren(...sides(full));
  byId("faults-part").hidden = faults.length === 0;
  byId("faults-list").replaceChildren(...faults.map((fault) => {
    const item = make("li");
    item.append(readable(JSON.stringify(fault, null, 1), `Fault ${fault.id}`));
    return item;
  }));
  byId("evidence-part").hidden = evidence.length === 0;
  byId("evidence").replaceChildren(...evidence.map(evidenceItem));
}

function drawWhy(entry, why) {
  const struck = entry.fault.length > 0;
  byId("why").hidden = !entry.failed && !struck && !why.because.length;
  byId("why").dataset.tone = entry.failed ? "failed" : "waiting";
  setText(byId("why-heading"), entry.failed ? "Why did this fail?" : struck ? "What was broken here?" : "What was noticed");
  setText(byId("why-headline"), why.headline);
  byId("why-because").replaceChildren(...why.because.map((text) => make("li", "", text)));
  const points = byId("why-points");
  points.hidden = why.points.length === 0;
  points.querySelector("tbody").replaceChildren(...why.points.map((point) => {
    const row = make("tr");
    const expected = make("td", "", point.expected);
    if (point.remedy) expected.append(make("div", "", point.remedy));
    row.append(make("td", "mono", point.field), make("td", "mono", point.found || "–"), expected);
    return row;
  }));
  setText(byId("why-remedy"), why.remedy);
  byId("why-then-part").hidden = why.then.length === 0;
  byId("why-then").replaceChildren(...why.then.map((text) => make("li", "", text)));
}

function drawActions(entry, curl) {
  byId("copy-curl").onclick = () => copy(curl.command, "The command is copied.");
  byId("copy-link").onclick = () => copy(location.href, "The link is copied.");
  setText(byId("said"), "");
  setText(byId("curl").querySelector("pre"), curl.command);
  setText(byId("curl-variables"), curl.variables.length ? `Set first: ${curl.variables.join(", ")}. The journal does not know their values.` : "");
  for (const [link, id] of [["to-chat", entry.chat], ["to-file", entry.attachment ?? entry.c4c_object]]) {
    byId(link).hidden = !id;
    byId(link).href = `?about=${id ?? ""}`;
  }
}

async function copy(text, words) {
  try {
    await navigator.clipboard.writeText(text);
    setText(byId("said"), words);
  } catch {
    byId("curl").open = true;
    setText(byId("said"), "The browser does not allow copying here; select the text below.");
  }
}

function sides(full) {
  if ("request_body" in full) {
    return [
      side("Request", full.request_headers, { head: full.request_body }),
      side("Answer", full.response_headers, { head: full.response_body }),
    ];
  }
  return [side("Request", full.request_headers, full.request), side("Answer", full.response_headers, full.response)];
}

function side(title, headers, body) {
  const part = make("section");
  part.append(make("h3", "", title));
  const facts = [];
  if (body.size_bytes !== undefined) facts.push(body.size_bytes ? `${humanSize(body.size_bytes)}, by its content ${body.sniffed_type}, sha256 ${body.sha256}` : "no body");
  if (body.complete === false) facts.push("broke off or was not read to its end");
  part.append(make("p", "side-facts", facts.join("; ")));
  const list = make("dl", "headers");
  for (const [name, value] of Object.entries(headers ?? {})) list.append(make("dt", "", name), make("dd", "", value));
  part.append(list);
  const text = pretty(body.head) || (body.head_b64 ? `The first bytes, base64:\n${body.head_b64}` : "");
  if (text) {
    part.append(readable(text, `${title}: start of the body`));
  }
  return part;
}

// A box that scrolls must be reachable by keyboard.
function readable(text, label) {
  const box = make("pre", "", text);
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", label);
  return box;
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function evidenceItem(each) {
  const item = make("li");
  const label = make("span", "label", each.label ?? "unknown");
  label.dataset.label = each.label ?? "";
  const words = make("div", "", each.behaviour ?? each.id);
  if (each.source) words.append(make("span", "source", `${each.source}${each.switch ? ` · switch: ${each.switch}` : ""}`));
  item.append(label, words);
  return item;
}

function change() {
  after = "";
  remember();
  listen();
}

const given = new URLSearchParams(location.search);
for (const name of FILTERS) {
  const field = form.elements[name];
  if (field.type === "checkbox") field.checked = given.get(name) === "1";
  else field.value = given.get(name) ?? "";
}
after = given.get("after") ?? "";

form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("input", (event) => {
  clearTimeout(typing);
  if (event.target.type === "search") typing = setTimeout(change, TYPING_MS);
  else change();
});
byId("clear").addEventListener("click", () => {
  for (const name of FILTERS) form.elements[name].type === "checkbox" ? (form.elements[name].checked = false) : (form.elements[name].value = "");
  change();
  form.elements.q.focus();
});
byId("rows").addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const row = event.target.closest("tr");
  if (!row) return;
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
