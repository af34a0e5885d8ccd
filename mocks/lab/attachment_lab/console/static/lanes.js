// All conversations: a lane per chat, a dot per file at its station. A cell is drawn again only when its dots differ.

import { byId, clock, doing, make, postJson, reconcile, setText } from "./base.js";

const TONES = { i: "idle", a: "active", w: "waiting", d: "done", f: "failed" };
// More dots than this in one cell are told by their number.
const MOST_DOTS = 240;

function plural(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

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

function build(lane, open) {
  const item = make("li", "lane");
  const words = make("div", "lane-words");
  const link = make("a", "lane-name");
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    open(item.dataset.key);
  });
  const retry = make("button", "quiet small lane-retry", "Try again");
  retry.type = "button";
  retry.append(make("span", "unseen", ` for ${lane.customer}`));
  retry.addEventListener("click", () => doing(retry, () => postJson(`api/retry/${retry.dataset.transfer}`, {})));
  words.append(link, make("p", "lane-meta"), make("p", "lane-sentence"), retry);
  item.append(words);
  for (let station = 0; station < 5; station += 1) {
    const cell = make("div", "lane-cell");
    cell.setAttribute("aria-hidden", "true");
    item.append(cell);
  }
  return item;
}

function draw(item, lane) {
  item.dataset.tone = lane.tone;
  const link = item.querySelector(".lane-name");
  setText(link, lane.customer);
  link.href = `?chat=${encodeURIComponent(lane.guid)}`;
  const counts = [plural(lane.files, "file"), `${lane.stored} stored`, lane.failed ? `${lane.failed} failed` : ""]
    .filter(Boolean)
    .join(", ");
  setText(
    item.querySelector(".lane-meta"),
    `${clock.format(new Date(lane.created))} · ${lane.channel} · ${lane.status} · ${counts}`,
  );
  setText(item.querySelector(".lane-sentence"), lane.sentence);
  const retry = item.querySelector(".lane-retry");
  retry.hidden = !lane.can_retry;
  retry.dataset.transfer = lane.transfer_id ?? "";
  item.querySelectorAll(".lane-cell").forEach((cell, station) => {
    drawCell(cell, lane.tokens[station]);
  });
}

export function drawLanes({ lanes, matching, chats, files, stored, failed }, query, open) {
  reconcile(byId("lanes"), lanes, { key: (lane) => lane.guid, build: (lane) => build(lane, open), draw });
  const which = query ? `${matching} of ${plural(chats, "chat")} fit` : plural(chats, "chat");
  setText(
    byId("all-sums"),
    [which, plural(files, "file"), `${stored} stored`, failed ? `${failed} failed` : ""].filter(Boolean).join(" · "),
  );
  const none = byId("no-lanes");
  none.hidden = lanes.length > 0;
  setText(
    none,
    query
      ? "No chat fits. Every word of the filter must occur in a chat’s customer, file names, state or guid."
      : "No chat yet. Play one, or write as a customer.",
  );
  byId("more-lanes").hidden = matching <= lanes.length;
  setText(byId("more-lanes"), `The newest ${lanes.length} of ${matching} are shown; filter to see others.`);
}
