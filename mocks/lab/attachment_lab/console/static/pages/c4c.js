// A chat activity as the service agent sees it, with its attachments and their digests.

import { dotted, extensionOf, humanSize } from "../logic/text.js";
import { whenSeen } from "../parts/conversation.js";
import { view } from "../parts/viewer.js";
import { parameter, showInAddress } from "../shared/address.js";
import { getJson, Stream, withParameters } from "../shared/calls.js";
import { byId, drawPairs, isForBrowser, make, reconcile, setCurrent, setText } from "../shared/dom.js";

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const ISO = /^\d{4}-\d\d-\d\dT/;
const TYPES = {
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word document",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel sheet",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint slides",
};
const when = (value) => (value && ISO.test(value) ? day.format(new Date(value)) : (value ?? "–"));

const stream = new Stream();
let chosen = parameter("activity");
let chat = parameter("chat");

function draw({ activities, activity }) {
  byId("none").hidden = activities.length > 0;
  reconcile(byId("rows"), activities, {
    key: (each) => each.object_id,
    build: newRow,
    draw: (item, each) => drawRow(item, each, activity),
  });
  byId("activity").hidden = !activity;
  byId("blank").hidden = Boolean(activity);
  setText(byId("blank-words"), blankWords(activities, activity));
  if (!activity) return;
  setText(byId("id"), activity.id);
  setText(byId("subject"), activity.subject);
  byId("status").dataset.tone = activity.tone;
  setText(byId("status"), activity.status);
  drawPairs(byId("facts"), activity.facts, when);
  drawFiles(activity.files);
  drawPlain("references", activity.references, (each) => [each.system, each.id]);
  drawPlain("parties", activity.parties, (each) => [[each.role, each.type].filter(Boolean).join(", "), each.name]);
  byId("texts-box").hidden = activity.texts.length === 0;
  drawPlain("texts", activity.texts, (each) => [each.by, each.text]);
}

function blankWords(activities, activity) {
  if (chat && !activity) return "C4C has no activity for this chat: no agent has accepted it.";
  return activities.length
    ? "Choose an activity from the list."
    : "The activity of the first chat that an agent accepts will be shown here.";
}

function newRow(each) {
  const item = make("li");
  const link = make("a", "row");
  link.href = `?activity=${encodeURIComponent(each.object_id)}`;
  const top = make("span", "row-top");
  top.append(make("strong", "", each.subject), make("span", "chip"));
  link.append(top, make("span", "row-what"));
  link.addEventListener("click", (event) => {
    if (isForBrowser(event)) return;
    event.preventDefault();
    chosen = each.object_id;
    chat = null;
    showInAddress({ activity: each.object_id });
    listen();
  });
  item.append(link);
  return item;
}

function drawRow(item, each, activity) {
  const link = item.firstElementChild;
  setCurrent(link, each.object_id === activity?.object_id);
  const chip = link.querySelector(".chip");
  chip.dataset.tone = each.tone;
  setText(chip, each.status);
  setText(link.querySelector(".row-what"), dotted(each.email, when(each.at)));
}

function drawPlain(id, items, pairOf) {
  const none = byId(`no-${id}`);
  if (none) none.hidden = items.length > 0;
  reconcile(byId(id), items.map(pairOf), {
    key: (pair) => pair.join("\n"),
    build: ([label, words]) => {
      const item = make("li");
      item.append(make("span", "label", label), make("span", "value", words));
      return item;
    },
  });
}

function drawFiles(files) {
  byId("no-files").hidden = files.length > 0;
  setText(byId("count"), files.length ? `(${files.length})` : "");
  const compared = files.filter((each) => each.equal !== null);
  const equal = compared.filter((each) => each.equal).length;
  byId("proof").dataset.tone = equal === compared.length ? "done" : "failed";
  byId("proof").classList.toggle("chip", compared.length > 0);
  setText(byId("proof"), compared.length ? `${equal} of ${compared.length} equal to the chat, byte for byte` : "");
  reconcile(byId("files"), files, { key: (each) => each.object_id, build: newFile, draw: drawFile });
}

function newFile(each) {
  const item = make("li", "file");
  const base = `api/files/${encodeURIComponent(each.object_id)}`;
  const preview = make("button", "preview");
  preview.type = "button";
  preview.setAttribute("aria-label", `Preview ${each.name}`);
  preview.append(make("span", "file-kind", extensionOf(each.name)));
  preview.addEventListener("click", () => view(each, base));
  const words = make("div", "file-words");
  words.append(
    make("p", "file-name", each.name),
    make("p", "file-what", dotted(humanSize(each.size_bytes), TYPES[each.type] ?? each.type)),
    make("p", "file-what", `${when(each.at)} by ${each.by}`),
    make("p", "digest"),
  );
  if (each.is_link) {
    preview.disabled = true;
    words.append(make("p", "file-what", `Link: ${each.link}`));
    item.append(preview, words);
    return item;
  }
  if (/^image\/|^application\/pdf/.test(each.type)) thumbnail(preview, base);
  item.append(preview, words, downloadLink(each, base));
  return item;
}

function downloadLink(each, base) {
  const link = make("a", "button quiet small-link", "Download");
  link.href = `${base}/download`;
  link.download = "";
  link.setAttribute("aria-label", `Download ${each.name}`);
  return link;
}

function thumbnail(box, base) {
  whenSeen(box, async () => {
    const info = await getJson(`${base}/info`).catch(() => null);
    if (!["image", "pdf"].includes(info?.kind) || info.problem) return;
    const image = make("img");
    image.alt = "";
    image.addEventListener("load", () => image.classList.add("there"));
    image.src = `${base}/picture`;
    box.append(image);
  });
}

function drawFile(item, each) {
  const line = item.querySelector(".digest");
  const [tone, mark] = each.equal === null ? ["idle", ""] : each.equal ? ["done", "✓ "] : ["failed", "≠ "];
  line.dataset.tone = tone;
  const digest = each.sha256 ? ` · sha256 ${each.sha256.slice(0, 12)}…` : "";
  const other = each.equal === false ? ` instead of ${each.source_sha256.slice(0, 12)}…` : "";
  setText(line, `${mark}${each.compared}${digest}${other}`);
  line.title = [`C4C  ${each.sha256}`, `CMI  ${each.source_sha256 || "–"}`].join("\n");
}

function listen() {
  stream.listen(withParameters("events", { activity: chosen, chat: chosen ? null : chat }), { c4c: draw });
}
listen();
