// The chain: draws each picture that the server's stream sends. File names arrive escaped for display and are only ever
// set as text.

import { dotted, plural } from "../logic/text.js";
import { drawFiles } from "../parts/file_table.js";
import { drawOverview } from "../parts/overview.js";
import { Replay } from "../parts/replay.js";
import { parameter, showInAddress } from "../shared/address.js";
import { doing, getJson, postJson, Stream, withParameters } from "../shared/calls.js";
import { byId, clock, make, setText, showTrouble } from "../shared/dom.js";
import { drawStations, drawTokens } from "../shared/stations.js";

const TYPING_MS = 200;
const stream = new Stream();
let chosen = parameter("chat");
let query = parameter("q") ?? "";
let isAll = parameter("view") === "all";
let latest = null;
let announced = "";
let assumptionsFor = "";
let typing = null;

function drawMeta(picture) {
  const { since, until } = picture;
  const seconds = since && until ? ((new Date(until) - new Date(since)) / 1000).toFixed(1) : "";
  const parts = [
    `Chat ${picture.guid.slice(0, 8)}…`,
    since && `started ${clock.format(new Date(since))}`,
    seconds && `took ${seconds} s`,
    picture.is_proven && "reconciliation: every invariant holds",
  ];
  setText(byId("meta"), parts.filter(Boolean).join("  ·  "));
}

function drawChats(chats, guid) {
  const select = byId("chats");
  const options = chats.map((chat) => [
    chat.guid,
    dotted(clock.format(new Date(chat.created)), plural(chat.files, "file"), chat.status),
  ]);
  if (JSON.stringify(options) !== select.dataset.shown) {
    select.dataset.shown = JSON.stringify(options);
    select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  }
  if (guid && document.activeElement !== select) select.value = guid;
}

function drawInvariants(violations) {
  byId("invariants").hidden = violations.length === 0;
  byId("violations").replaceChildren(...violations.map((text) => make("li", "", text)));
}

async function drawAssumptions(picture) {
  const key = `${picture.guid} ${picture.until}`;
  if (!picture.until || key === assumptionsFor) return;
  assumptionsFor = key;
  const found = await getJson("api/assumptions");
  setText(byId("assumptions-count"), plural(found.length, "assumption"));
  byId("assumptions").replaceChildren(
    ...found.map((each) => {
      const item = make("li");
      item.append(make("span", "tag", `${each.mock} · ${each.label}`), make("span", "", each.behaviour));
      return item;
    }),
  );
}

function drawRedrive(picture) {
  byId("redrive").hidden = !picture.can_retry;
  if (!picture.can_retry) return;
  const waits = picture.tone === "waiting";
  setText(
    byId("redrive-words"),
    waits
      ? "The service tries again by itself; you need not wait for it."
      : "The service needs a person: repair the cause, then let it try again. " +
          "What is stored already is not sent twice.",
  );
  setText(byId("retry-words"), waits ? "Try now" : "Try again");
  byId("retry").dataset.transfer = picture.transfer_id;
}

function drawPicture(picture, speed = 1) {
  const sentence = byId("sentence");
  sentence.dataset.tone = picture.tone;
  setText(sentence, picture.sentence);
  drawStations(picture.stations);
  drawTokens(
    picture.files.filter((file) => !file.isUnsent),
    { speed },
  );
  drawFiles(picture.files);
  drawInvariants(picture.violations);
  drawRedrive(picture);
}

function draw(reading) {
  latest = reading;
  const { chats, picture } = reading;
  showTrouble(reading.error);
  byId("play-button").disabled = reading.is_playing;
  drawChats(chats, picture?.guid);
  replay.follow(picture?.guid ?? null);
  byId("to-journal").hidden = !picture;
  if (!picture) {
    setText(byId("sentence"), "No chat yet.");
    drawFiles([]);
    return;
  }
  byId("to-journal").href = `../journal/?about=${encodeURIComponent(picture.guid)}`;
  if (replay.on) return;
  announce(picture);
  drawMeta(picture);
  drawPicture(picture);
  drawAssumptions(picture);
}

function announce(picture) {
  const news = `${picture.guid} ${picture.tone}`;
  if (news === announced) return;
  announced = news;
  setText(byId("announce"), picture.sentence);
}

function drawAll(overview) {
  showTrouble(overview.error);
  byId("play-button").disabled = overview.is_playing;
  const sentence = byId("sentence");
  sentence.dataset.tone = overview.failed ? "failed" : "idle";
  const { chats, matching, stored, files } = overview;
  const which = query ? `${matching} of ${chats} conversations` : plural(chats, "conversation");
  setText(sentence, chats ? `${which}, ${stored} of ${files} files stored.` : "No conversation yet.");
  drawOverview(overview, query, choose);
}

function remember() {
  const shown = { chat: chosen, view: isAll && "all", q: isAll && query };
  showInAddress(Object.entries(shown).filter(([, value]) => value));
}

function listen() {
  if (isAll) stream.listen(`overview-events?q=${encodeURIComponent(query)}`, { overview: drawAll });
  else stream.listen(withParameters("events", { chat: chosen }), { chain: draw });
}

function show(all) {
  isAll = all;
  if (all && replay.on) replay.leave();
  byId("view-one").setAttribute("aria-pressed", String(!all));
  byId("view-all").setAttribute("aria-pressed", String(all));
  byId("one").hidden = byId("meta").hidden = all;
  byId("all").hidden = byId("filter-field").hidden = !all;
  byId("redrive").hidden = true;
  remember();
  listen();
}

function choose(guid) {
  chosen = guid;
  replay.follow(guid);
  show(false);
}

const replay = new Replay({ draw: drawPicture, left: () => latest && draw(latest) });

byId("chats").addEventListener("change", (event) => choose(event.target.value));
byId("play").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = { slow: byId("slow").checked, fault: byId("fault").value || null };
  const started = await doing(byId("play-button"), () => postJson("api/play", body));
  if (!started) return;
  chosen = started.guid;
  if (!isAll) choose(started.guid);
});
byId("retry").addEventListener("click", ({ currentTarget }) =>
  doing(currentTarget, async () => {
    await postJson(`api/retry/${encodeURIComponent(currentTarget.dataset.transfer)}`, {});
    setText(byId("announce"), "The service tries again.");
  }),
);
byId("view-one").addEventListener("click", () => show(false));
byId("view-all").addEventListener("click", () => show(true));
byId("filter").addEventListener("input", ({ target }) => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    query = target.value.trim();
    remember();
    listen();
  }, TYPING_MS);
});
byId("filter").value = query;
show(isAll);
