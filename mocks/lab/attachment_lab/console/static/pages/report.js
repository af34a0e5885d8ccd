// Chooses what the report is about, shows it in a frame, saves and prints it. The report itself runs no script.

import { isOutdated } from "../logic/report_mark.js";
import { plural } from "../logic/text.js";
import { parameter } from "../shared/address.js";
import { follow, withParameters } from "../shared/calls.js";
import { byId, clock, setText } from "../shared/dom.js";

const frame = byId("preview");
let hasReport = false;
let latest = []; // the chats as they are now

const address = (more) =>
  withParameters("file", { ...more, chat: byId("about").value, hide: byId("hide").checked ? "1" : "" });

function show() {
  hasReport = true;
  byId("save").href = address({ save: "1" });
  frame.hidden = false;
  // Replaced, not navigated: the browser's way back leads to the page before this one, not to an older report.
  frame.contentWindow.location.replace(address({ at: String(Date.now()) }));
}

function fillAbout(chats) {
  const about = byId("about");
  const before = about.value || parameter("chat") || "";
  const options = chats.map(({ guid, customer, created, files }) => {
    const words = [customer, clock.format(new Date(created)), plural(files, "file")];
    return new Option(words.join(", "), guid);
  });
  about.replaceChildren(new Option("this whole tenant", ""), ...options);
  about.value = chats.some((chat) => chat.guid === before) ? before : "";
}

function draw({ chats }) {
  latest = chats;
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
  if (hasReport) compare();
  else show();
}

// The report says how far each chat was when it was generated.
function compare() {
  const mark = frame.contentDocument?.documentElement.dataset.mark;
  if (mark === undefined) return;
  const about = new URL(frame.contentWindow.location.href).searchParams.get("chat");
  const words = "Something has happened since this report was generated. Generate it again to have it in.";
  setText(byId("stale"), isOutdated(mark, latest, about) ? words : "");
}

// As tall as what is in it: the page scrolls, not a window within it.
function fit() {
  frame.style.height = "";
  const height = frame.contentDocument?.documentElement?.scrollHeight ?? 0;
  if (height) frame.style.height = `${height}px`;
}

frame.addEventListener("load", () => {
  if (frame.hidden) return;
  setText(byId("announce"), "The report is generated.");
  fit();
  compare();
});
addEventListener("resize", fit);
byId("about").addEventListener("change", show);
byId("hide").addEventListener("change", show);
byId("choices").addEventListener("submit", (event) => event.preventDefault());
byId("print").addEventListener("click", () => frame.contentWindow.print());
byId("again").addEventListener("click", show);
follow("events", { report: draw });
