// Chooses what the report is about, shows it in a frame, saves and prints it. The report itself runs no script.

import { byId, clock, doing, getJson, setText, showLive } from "./base.js";

const frame = byId("preview");

function address(more = {}) {
  const query = new URLSearchParams(more);
  if (byId("about").value) query.set("chat", byId("about").value);
  if (byId("hide").checked) query.set("hide", "1");
  return query.size ? `file?${query}` : "file";
}

function show() {
  byId("save").href = address({ save: "1" });
  frame.hidden = false;
  frame.src = address({ at: String(Date.now()) });
}

async function fill() {
  const { chats } = await getJson("api/chats");
  byId("none").hidden = chats.length > 0;
  for (const id of ["print", "again"]) byId(id).disabled = chats.length === 0;
  byId("save").setAttribute("aria-disabled", String(chats.length === 0));
  if (chats.length === 0) {
    byId("save").removeAttribute("href");
    frame.hidden = true;
    return;
  }
  const about = byId("about");
  const before = about.value || new URLSearchParams(location.search).get("chat") || "";
  about.replaceChildren(new Option("this whole tenant", ""), ...chats.map((chat) =>
    new Option(`${chat.customer}, ${clock.format(new Date(chat.created))}, ${chat.files} file${chat.files === 1 ? "" : "s"}`, chat.guid)));
  about.value = chats.some((chat) => chat.guid === before) ? before : "";
  show();
}

frame.addEventListener("load", () => {
  setText(byId("announce"), "The report is made.");
  document.body.dataset.drawn = "";
});
byId("about").addEventListener("change", show);
byId("hide").addEventListener("change", show);
byId("choices").addEventListener("submit", (event) => event.preventDefault());
byId("print").addEventListener("click", () => frame.contentWindow.print());
byId("again").addEventListener("click", ({ currentTarget }) => doing(currentTarget, fill));
doing(null, fill).then(() => showLive("live", "Live"));
