// One exchange of the journal in full: why it went as it did, both sides, the fault, the evidence.

import { bodyFacts, pretty, requestLine, sourceLine, statusWords, toneOf, whyHeading } from "../logic/exchange.js";
import { requestTime } from "../logic/text.js";
import { byId, icon, make, setText } from "../shared/dom.js";

export const ICONS = { "contact-pro": "chat", delivery: "bolt", cmi: "down", c4c: "case", stray: "warn" };
export const moment = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});

export function drawDetail({ entry, full, why, faults, evidence, curl }) {
  byId("detail").dataset.hop = entry.hop;
  byId("detail-hop").replaceChildren(icon(ICONS[entry.hop]), entry.hop_name);
  setText(byId("detail-heading"), entry.words);
  setText(byId("detail-line"), requestLine(entry));
  byId("detail-chips").replaceChildren(...chips(entry));
  drawWhy(entry, why);
  drawActions(entry, curl);
  byId("sides").replaceChildren(...sides(full));
  byId("faults-part").hidden = faults.length === 0;
  byId("faults-list").replaceChildren(...faults.map(faultItem));
  byId("evidence-part").hidden = evidence.length === 0;
  byId("evidence").replaceChildren(...evidence.map(evidenceItem));
}

function chips(entry) {
  const chip = make("span", "chip", statusWords(entry));
  chip.dataset.tone = toneOf(entry);
  const facts = [
    moment.format(new Date(entry.at)),
    requestTime(entry.duration_ms),
    entry.caller && `sent by ${entry.caller}`,
    entry.file,
    entry.transfer && `transfer ${entry.transfer.slice(0, 8)}…`,
  ];
  return [chip, ...facts.filter(Boolean).map((text) => make("span", "fact", text))];
}

function drawWhy(entry, why) {
  byId("why").hidden = !entry.failed && !entry.fault.length && !why.because.length;
  byId("why").dataset.tone = entry.failed ? "failed" : "waiting";
  setText(byId("why-heading"), whyHeading(entry));
  setText(byId("why-headline"), why.headline);
  byId("why-because").replaceChildren(...why.because.map((text) => make("li", "", text)));
  const points = byId("why-points");
  points.hidden = why.points.length === 0;
  points.querySelector("tbody").replaceChildren(...why.points.map(pointRow));
  setText(byId("why-remedy"), why.remedy);
  drawStepLink(why.step);
  byId("why-then-part").hidden = why.then.length === 0;
  byId("why-then").replaceChildren(...why.then.map((text) => make("li", "", text)));
}

// The step of the set-up that is the cause.
function drawStepLink(step) {
  byId("why-step").hidden = !step;
  if (!step) return;
  setText(byId("why-step-link"), `Go to step ${step.number}: ${step.title}`);
  byId("why-step-link").href = `../guided/#step-${step.id}`;
}

function pointRow(point) {
  const row = make("tr");
  const expected = make("td", "", point.expected);
  if (point.remedy) expected.append(make("div", "", point.remedy));
  row.append(make("td", "mono", point.field), make("td", "mono", point.found || "–"), expected);
  return row;
}

function drawActions(entry, { command, variables }) {
  byId("copy-curl").onclick = () => copy(command, "The command is copied.");
  byId("copy-link").onclick = () => copy(location.href, "The link is copied.");
  for (const id of ["copy-curl", "curl"]) byId(id).hidden = !command;
  setText(byId("copied"), "");
  setText(byId("curl").querySelector("pre"), command);
  const names = variables.join(", ");
  setText(byId("curl-variables"), names && `Set first: ${names}. The journal does not know their values.`);
  for (const [link, id] of [
    ["to-chat", entry.chat],
    ["to-file", entry.attachment ?? entry.object_id],
  ]) {
    byId(link).hidden = !id;
    byId(link).href = `?about=${id ?? ""}`;
  }
}

async function copy(text, words) {
  try {
    await navigator.clipboard.writeText(text);
    setText(byId("copied"), words);
  } catch {
    byId("curl").open = true;
    setText(byId("copied"), "The browser does not allow copying here; select the text below.");
  }
}

// A delivery has its bodies as text, an exchange of a mock's journal has them measured.
function sides(full) {
  const [request, response] =
    "request_body" in full
      ? [{ head: full.request_body }, { head: full.response_body }]
      : [full.request, full.response];
  return [side("Request", full.request_headers, request), side("Answer", full.response_headers, response)];
}

function side(title, headers, body) {
  const part = make("section");
  part.append(make("h3", "", title), make("p", "side-facts", bodyFacts(body)));
  const list = make("dl", "headers");
  for (const [name, value] of Object.entries(headers ?? {})) list.append(make("dt", "", name), make("dd", "", value));
  part.append(list);
  const text = pretty(body.head) || (body.head_b64 ? `The first bytes, base64:\n${body.head_b64}` : "");
  if (text) part.append(scrollable(text, `${title}: start of the body`));
  return part;
}

// A box that scrolls must be reachable by keyboard.
function scrollable(text, label) {
  const box = make("pre", "", text);
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", label);
  return box;
}

function faultItem(fault) {
  const item = make("li");
  item.append(scrollable(JSON.stringify(fault, null, 1), `Fault ${fault.id}`));
  return item;
}

function evidenceItem(each) {
  const item = make("li");
  const label = make("span", "label", each.label ?? "unknown");
  label.dataset.label = each.label ?? "";
  const words = make("div", "", each.behaviour ?? each.id);
  if (each.source) words.append(make("span", "source", sourceLine(each)));
  item.append(label, words);
  return item;
}
