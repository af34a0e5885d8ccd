// The preview of one C4C attachment. Pictures are drawn again by the server, text is set as text, sound and film play
// from their own bytes, and nothing else is opened here.

import { humanSize } from "../logic/text.js";
import { getJson } from "../shared/calls.js";
import { byId, make, setText } from "../shared/dom.js";

let shown = null;

export async function view(file, base) {
  const dialog = byId("viewer");
  shown = { file, base, page: 1, pages: 1 };
  setText(byId("viewer-name"), file.name);
  setText(byId("viewer-what"), humanSize(file.size_bytes));
  byId("viewer-download").href = `${base}/download`;
  byId("viewer-warning").hidden = true;
  byId("viewer-pages").hidden = true;
  say("Reading the file …");
  dialog.showModal();
  try {
    const info = await getJson(`${base}/info`);
    setText(byId("viewer-what"), `${humanSize(file.size_bytes)} · by its bytes ${info.mime}`);
    byId("viewer-warning").hidden = !info.warning;
    setText(byId("viewer-warning"), info.warning);
    if (info.problem) say(info.problem);
    else await VIEWS[info.kind](info);
  } catch (error) {
    say(error.message);
  }
}

const say = (words) => byId("viewer-body").replaceChildren(make("p", "wait", words));
const VIEWS = {
  image: showPages,
  pdf: showPages,
  audio: () => play("audio"),
  video: () => play("video"),
  text: showText,
  empty: () => say("The file is empty: it has no bytes."),
  other: () => say("There is no preview of this kind of file; download it to open it."),
};

function showPages({ pages }) {
  shown.pages = pages;
  drawPage();
}

function drawPage() {
  const { file, base, page, pages } = shown;
  const image = make("img");
  image.alt = pages > 1 ? `${file.name}, page ${page}` : file.name;
  image.src = `${base}/picture?page=${page}`;
  image.addEventListener("error", () => say("This page could not be drawn; download the file to see it."));
  byId("viewer-body").replaceChildren(image);
  byId("viewer-pages").hidden = pages < 2;
  setText(byId("page-words"), `Page ${page} of ${pages}`);
  byId("page-back").disabled = page <= 1;
  byId("page-on").disabled = page >= pages;
}

function play(kind) {
  const media = make(kind);
  media.controls = true;
  media.preload = "metadata";
  media.setAttribute("aria-label", shown.file.name);
  media.addEventListener("error", () => say("The browser cannot play it; download it to open it."));
  media.src = `${shown.base}/media`;
  byId("viewer-body").replaceChildren(media);
}

async function showText({ mime }) {
  const { text, charset, cut } = await getJson(`${shown.base}/text`);
  const limit = cut ? ", the first 64 KiB" : "";
  const harmless = mime === "text/plain" ? "" : "; shown as text, nothing in it runs";
  byId("viewer-body").replaceChildren(
    make("p", "text-note", `Read as ${charset}${limit}${harmless}.`),
    make("pre", "text", text),
  );
}

function turn(by) {
  shown.page += by;
  drawPage();
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
