// All conversations: a row per chat, a dot per file at its station. A cell is drawn again only when its dots differ.

import { dotted, plural } from "../logic/text.js";
import { doing, postJson } from "../shared/calls.js";
import { byId, clock, isForBrowser, make, reconcile, setText } from "../shared/dom.js";

const TONES = { i: "idle", a: "active", w: "waiting", d: "done", f: "failed" };
// Of more dots than this in one cell only the number is shown.
const MOST_DOTS = 240;
const STATIONS = 5;

function drawCell(cell, tokens) {
  if (cell.dataset.tokens === tokens) return;
  cell.dataset.tokens = tokens;
  const dots = document.createDocumentFragment();
  for (const letter of tokens.slice(0, MOST_DOTS)) {
    const dot = make("i");
    dot.dataset.tone = TONES[letter];
    dots.append(dot);
  }
  if (tokens.length > MOST_DOTS) dots.append(make("b", "", `+${tokens.length - MOST_DOTS}`));
  cell.replaceChildren(dots);
}

function newRow(row, open) {
  const item = make("li", "overview-row");
  const words = make("div", "overview-words");
  const link = make("a", "overview-name");
  link.addEventListener("click", (event) => {
    if (isForBrowser(event)) return;
    event.preventDefault();
    open(item.dataset.key);
  });
  const retry = make("button", "quiet small overview-retry", "Try again");
  retry.type = "button";
  retry.append(make("span", "unseen", ` for ${row.customer}`));
  retry.addEventListener("click", () => doing(retry, () => postJson(`api/retry/${retry.dataset.transfer}`, {})));
  words.append(link, make("p", "overview-meta"), make("p", "overview-sentence"), retry);
  item.append(words);
  for (let station = 0; station < STATIONS; station += 1) {
    const cell = make("div", "overview-cell");
    cell.setAttribute("aria-hidden", "true");
    item.append(cell);
  }
  return item;
}

function countsOf({ files, stored, failed }) {
  return [plural(files, "file"), `${stored} stored`, failed ? `${failed} failed` : ""].filter(Boolean);
}

function drawRow(item, row) {
  item.dataset.tone = row.tone;
  const link = item.querySelector(".overview-name");
  setText(link, row.customer);
  link.href = `?chat=${encodeURIComponent(row.guid)}`;
  const created = clock.format(new Date(row.created));
  setText(item.querySelector(".overview-meta"), dotted(created, row.channel, row.status, countsOf(row).join(", ")));
  setText(item.querySelector(".overview-sentence"), row.sentence);
  const retry = item.querySelector(".overview-retry");
  retry.hidden = !row.can_retry;
  retry.dataset.transfer = row.transfer_id ?? "";
  item.querySelectorAll(".overview-cell").forEach((cell, station) => {
    drawCell(cell, row.tokens[station]);
  });
}

export function drawOverview(overview, query, open) {
  const { rows, matching, chats } = overview;
  reconcile(byId("overview"), rows, { key: (row) => row.guid, build: (row) => newRow(row, open), draw: drawRow });
  const which = query ? `${matching} of ${plural(chats, "chat")} fit` : plural(chats, "chat");
  setText(byId("all-sums"), dotted(which, ...countsOf(overview)));
  byId("no-overview").hidden = rows.length > 0;
  setText(
    byId("no-overview"),
    query
      ? "No chat fits. Every word of the filter must occur in a chat’s customer, file names, state or guid."
      : "No chat yet. Play one, or write as a customer.",
  );
  byId("more-overview").hidden = matching <= rows.length;
  setText(byId("more-overview"), `The newest ${rows.length} of ${matching} are shown; filter to see others.`);
}
