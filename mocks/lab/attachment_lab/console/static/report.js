// Chooses what the report is about, shows it in a frame, saves and prints it. The report itself runs no script.

import { byId, clock, follow, setText } from "./base.js";

const frame = byId("preview");
let isMade = false;
let now = []; // the chats as they are now

function address(more = {}) {
  const query = new URLSearchParams(more);
  if (byId("about").value) query.set("chat", byId("about").value);
  if (byId("hide").checked) query.set("hide", "1");
  return query.size ? `file?${query}` : "file";
}

function show() {
  isMade = true;
  byId("save").href = address({ save: "1" });
  frame.hidden = false;
  // Replaced, not navigated: the browser's way back leads to the page before this one, not to an older report.
  frame.contentWindow.location.replace(address({ at: String(Date.now()) }));
}

function fillAbout(chats) {
  const about = byId("about");
  const before = about.value || new URLSearchParams(location.search).get("chat") || "";
  about.replaceChildren(
    new Option("this whole tenant", ""),
    ...chats.map(
      (chat) =>
        new Option(
          `${chat.customer}, ${clock.format(new Date(chat.created))}, ${chat.files} file${chat.files === 1 ? "" : "s"}`,
          chat.guid,
        ),
    ),
  );
  about.value = chats.some((chat) => chat.guid === before) ? before : "";
}

function draw({ chats }) {
  now = chats;
  byId("none").hidden = chats.length > 0;
  for (const id of ["print", "again"]) byId(id).disabled = chats.length === 0;
  if (chats.length === 0) {
    byId("save").setAttribute("aria-disabled", "true");
    byId("save").removeAttribute("href");
    frame.hidden = true;
    return;
  }
  byId("save").removeAttribute("aria-disabled");
  if (document.activeElement !== byId("about")) fillAbout(chats);
  if (!isMade) show();
  else compare();
}

// The report says how far each chat was when it was made.
function compare() {
  const mark = frame.contentDocument?.documentElement.dataset.mark;
  if (mark === undefined) return;
  const known = mark.split(";").filter(Boolean);
  const about = new URL(frame.contentWindow.location.href).searchParams.get("chat");
  const present = now
    .filter((chat) => !about || chat.guid === about)
    .map(({ guid, files, stored, failed }) => `${guid}:${files}:${stored}:${failed}`);
  const isOutdated = present.some((each) => !known.includes(each));
  setText(
    byId("stale"),
    isOutdated ? "Something has happened since this report was made. Make it anew to have it in." : "",
  );
}

// As tall as what is in it: the page scrolls, not a window within it.
function fit() {
  const height = frame.contentDocument?.documentElement?.scrollHeight ?? 0;
  if (height) frame.style.height = `${height}px`;
}

frame.addEventListener("load", () => {
  if (frame.hidden) return;
  setText(byId("announce"), "The report is made.");
  frame.style.height = "";
  fit();
  compare();
});
addEventListener("resize", () => {
  frame.style.height = "";
  fit();
});
byId("about").addEventListener("change", show);
byId("hide").addEventListener("change", show);
byId("choices").addEventListener("submit", (event) => event.preventDefault());
byId("print").addEventListener("click", () => frame.contentWindow.print());
byId("again").addEventListener("click", show);
follow("events", { report: draw });
