// A chat activity as the service agent sees it. Files are strangers': pictures are drawn anew by the server, text is
// set as text, sound and film play from their own bytes, and nothing else is opened here.

import { byId, call, follow, getJson, humanSize, make, reconcile, setText, showInAddress } from "./base.js";
import { ending, whenSeen } from "./talk.js";

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const ISO = /^\d{4}-\d\d-\d\dT/;
const query = new URLSearchParams(location.search);
let chosen = query.get("activity");
let chat = query.get("chat");
let stop = null;
let shown = null;

const TYPES = {
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "Word document",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "Excel sheet",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation": "PowerPoint slides",
};
const when = (value) => (value && ISO.test(value) ? day.format(new Date(value)) : (value ?? "–"));

function draw({ activities, activity }) {
  byId("none").hidden = activities.length > 0;
  reconcile(byId("rows"), activities, {
    key: (each) => each.object_id,
    build: newRow,
    draw: (item, each) => drawRow(item, each, activity),
  });
  byId("activity").hidden = !activity;
  byId("blank").hidden = Boolean(activity);
  setText(
    byId("blank-words"),
    chat && !activity
      ? "C4C has no activity for this chat: no agent has accepted it."
      : activities.length
        ? "Choose an activity from the list."
        : "The activity of the first chat that an agent accepts will stand here.",
  );
  if (!activity) return;
  setText(byId("id"), activity.id);
  setText(byId("subject"), activity.subject);
  byId("status").dataset.tone = activity.tone;
  setText(byId("status"), activity.status);
  drawPairs(activity.facts);
  drawFiles(activity.files);
  drawPlain("references", activity.references, (each) => [each.system, each.id]);
  drawPlain("parties", activity.parties, (each) => [[each.role, each.type].filter(Boolean).join(", "), each.name]);
  byId("texts-box").hidden = activity.texts.length === 0;
  drawPlain("texts", activity.texts, (each) => [each.by, each.text]);
}

function newRow(each) {
  const item = make("li");
  const link = make("a", "row");
  link.href = `?activity=${encodeURIComponent(each.object_id)}`;
  const top = make("span", "row-top");
  top.append(make("strong", "", each.subject), make("span", "chip"));
  link.append(top, make("span", "row-what"));
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
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
  if (each.object_id === activity?.object_id) link.setAttribute("aria-current", "true");
  else link.removeAttribute("aria-current");
  const chip = link.querySelector(".chip");
  chip.dataset.tone = each.tone;
  setText(chip, each.status);
  setText(link.querySelector(".row-what"), [each.email, when(each.at)].filter(Boolean).join(" · "));
}

function drawPairs(facts) {
  reconcile(byId("facts"), facts, {
    key: ([label]) => label,
    build: ([label]) => {
      const pair = make("div");
      pair.append(make("dt", "", label), make("dd"));
      return pair;
    },
    draw: (pair, [, value]) => setText(pair.lastElementChild, when(value)),
  });
}

function drawPlain(id, items, told) {
  const none = byId(`no-${id}`);
  if (none) none.hidden = items.length > 0;
  reconcile(byId(id), items.map(told), {
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
  const open = make("button", "look");
  open.type = "button";
  open.setAttribute("aria-label", `Preview ${each.name}`);
  open.append(make("span", "file-kind", ending(each.name)));
  open.addEventListener("click", () => view(each, base));
  if (/^image\/|^application\/pdf/.test(each.type) && !each.is_link) thumbnail(open, base);
  const words = make("div", "file-words");
  const name = make("p", "file-name", each.name);
  words.append(
    name,
    make("p", "file-what", [humanSize(each.size_bytes), TYPES[each.type] ?? each.type].filter(Boolean).join(" · ")),
    make("p", "file-what", `${when(each.at)} by ${each.by}`),
    make("p", "digest"),
  );
  const get = make("a", "button quiet small-link", "Download");
  get.href = `${base}/download`;
  get.download = "";
  get.setAttribute("aria-label", `Download ${each.name}`);
  if (each.is_link) {
    open.disabled = true;
    get.remove();
    words.append(make("p", "file-what", `Link: ${each.link}`));
  }
  item.append(open, words, ...(each.is_link ? [] : [get]));
  return item;
}

function thumbnail(box, base) {
  whenSeen(box, async () => {
    const look = await getJson(`${base}/look`).catch(() => null);
    if (!["image", "pdf"].includes(look?.kind) || look.problem) return;
    const image = make("img");
    image.alt = "";
    image.addEventListener("load", () => image.classList.add("there"));
    image.src = `${base}/picture`;
    box.append(image);
  });
}

function drawFile(item, each) {
  const line = item.querySelector(".digest");
  line.dataset.tone = each.equal === null ? "idle" : each.equal ? "done" : "failed";
  const digest = each.sha256 ? ` · sha256 ${each.sha256.slice(0, 12)}…` : "";
  const other = each.equal === false ? ` instead of ${each.source_sha256.slice(0, 12)}…` : "";
  setText(line, `${each.equal === null ? "" : each.equal ? "✓ " : "≠ "}${each.compared}${digest}${other}`);
  line.title = [`C4C  ${each.sha256}`, `CMI  ${each.source_sha256 || "–"}`].join("\n");
}

// One file in full.
async function view(each, base) {
  const dialog = byId("viewer");
  shown = { each, base, page: 1 };
  setText(byId("viewer-name"), each.name);
  setText(byId("viewer-what"), humanSize(each.size_bytes));
  byId("viewer-download").href = `${base}/download`;
  byId("viewer-odd").hidden = true;
  byId("viewer-pages").hidden = true;
  byId("viewer-body").replaceChildren(make("p", "wait", "Looking …"));
  dialog.showModal();
  try {
    const look = await getJson(`${base}/look`);
    setText(byId("viewer-what"), `${humanSize(each.size_bytes)} · by its bytes ${look.mime}`);
    byId("viewer-odd").hidden = !look.odd;
    setText(byId("viewer-odd"), look.odd);
    if (look.problem) say(look.problem);
    else await VIEWS[look.kind](each, base, look);
  } catch (error) {
    say(error.message);
  }
}

const say = (words) => byId("viewer-body").replaceChildren(make("p", "wait", words));
const VIEWS = {
  image: (each, base, look) => picture(each, base, look.pages),
  pdf: (each, base, look) => picture(each, base, look.pages),
  audio: (each, base) => play("audio", each, base),
  video: (each, base) => play("video", each, base),
  text: (_each, base, look) => text(base, look),
  empty: () => say("The file is empty: it has no bytes."),
  other: () => say("There is no preview of this kind of file; download it to open it."),
};

function picture(each, base, pages) {
  shown.pages = pages;
  const { page } = shown;
  const image = make("img");
  image.alt = pages > 1 ? `${each.name}, page ${page}` : each.name;
  image.src = `${base}/picture?page=${page}`;
  image.addEventListener("error", () => say("This page could not be drawn; download the file to see it."));
  byId("viewer-body").replaceChildren(image);
  byId("viewer-pages").hidden = pages < 2;
  setText(byId("page-words"), `Page ${page} of ${pages}`);
  byId("page-back").disabled = page <= 1;
  byId("page-on").disabled = page >= pages;
}

function play(kind, each, base) {
  const media = make(kind);
  media.controls = true;
  media.preload = "metadata";
  media.setAttribute("aria-label", each.name);
  media.addEventListener("error", () => say("The browser cannot play it; download it to open it."));
  media.src = `${base}/media`;
  byId("viewer-body").replaceChildren(media);
}

async function text(base, look) {
  const told = await call("GET", `${base}/text`);
  const box = make("pre", "text", told.text);
  const note = make(
    "p",
    "text-note",
    `Read as ${told.charset}${told.cut ? ", the first 64 KiB" : ""}${look.mime === "text/plain" ? "" : "; shown as text, nothing in it runs"}.`,
  );
  byId("viewer-body").replaceChildren(note, box);
}

function turn(by) {
  shown.page += by;
  picture(shown.each, shown.base, shown.pages);
}

byId("page-back").addEventListener("click", () => turn(-1));
byId("page-on").addEventListener("click", () => turn(1));
byId("viewer-close").addEventListener("click", () => byId("viewer").close());
byId("viewer").addEventListener("click", (event) => {
  if (event.target === byId("viewer")) byId("viewer").close();
});
byId("viewer").addEventListener("close", () => {
  shown = null;
  byId("viewer-body").replaceChildren();
});

function listen() {
  stop?.();
  const asked = chosen ? `?activity=${encodeURIComponent(chosen)}` : chat ? `?chat=${encodeURIComponent(chat)}` : "";
  stop = follow(`events${asked}`, { cabinet: draw });
}
listen();
