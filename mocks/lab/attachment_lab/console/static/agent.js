// The agent's desk: bins of chats, the conversation, and what became of it beyond the chat.

import { byId, clock, doing, follow, getJson, make, postJson, reconcile, setText, showInAddress } from "./base.js";
import { Composer, chatRow, drawLog } from "./talk.js";

const BINS = { waiting: ["waiting"], open: ["open"], "wrap-up": ["wrap-up"], over: ["closed", "left"] };
const ACTS = {
  waiting: ["accept", "decline"],
  open: ["transfer", "end"],
  "wrap-up": ["wrap-up"],
  closed: [],
  left: [],
};
const WHY = {
  waiting: "Accept the chat to answer.",
  "wrap-up": "The chat has ended; finish the wrap-up.",
  closed: "This chat is closed.",
  left: "The customer left before anybody took the chat, so there is no activity in C4C.",
};
const DELIVERY = {
  pending: ["active", "On its way"],
  delivered: ["done", "Delivered"],
  failed: ["failed", "Not delivered"],
  not_sent: ["failed", "Not sent"],
};

let chosen = new URLSearchParams(location.search).get("chat");
let chat = null;
let stop = null;
let known = { channels: {}, most_bytes: 0, most_name: 255 };
const composer = new Composer("reply", {
  guid: () => chosen,
  limits: () => ({ most: known.most_bytes, mostName: known.most_name, limits: known.channels[chat?.channel]?.limits }),
  afterwards: (words) => setText(byId("announce"), words),
});
composer.listen(byId("talk"), byId("drop"));

function draw(reading) {
  drawBins(reading.chats);
  chat = reading.chat;
  byId("blank").hidden = Boolean(chat);
  byId("about").hidden = !chat;
  for (const button of byId("acts").children) button.hidden = !chat || !ACTS[chat.stage].includes(button.dataset.act);
  if (!chat) {
    byId("log").replaceChildren();
    setText(byId("talk-name"), "No chat chosen");
    setText(byId("talk-state"), "");
    composer.allow({ why: "Choose a chat from the list." });
    return;
  }
  setText(byId("talk-name"), chat.customer);
  setText(
    byId("talk-state"),
    `${chat.stage_word} · ${chat.channel_word} · ${chat.queue}${chat.agent ? ` · ${chat.agent}` : ""}`,
  );
  drawLog(chat, "agent");
  composer.allow({
    why: chat.stage === "open" ? "" : WHY[chat.stage],
    whyNoFiles: chat.stage === "open" ? noFiles() : "",
  });
  drawFacts();
  drawCase();
  drawHappenings();
}

function noFiles() {
  if (chat.direct) return "Direct chats do not support attachments.";
  return known.channels[chat.channel]?.files === false ? "This channel carries text only." : "";
}

function drawBins(chats) {
  const waiting = chats.filter((each) => each.stage === "waiting").length;
  const open = chats.filter((each) => each.stage === "open").length;
  setText(
    byId("sentence"),
    chats.length ? `${waiting} waiting, ${open} in conversation.` : "Chats that customers start appear here.",
  );
  byId("no-chats").hidden = chats.length > 0;
  for (const [bin, stages] of Object.entries(BINS)) {
    const mine = chats.filter((each) => stages.includes(each.stage));
    byId(`bin-${bin}`).hidden = mine.length === 0;
    reconcile(byId(`chats-${bin}`), mine, { key: (each) => each.guid, build: newRow, draw: drawRow });
  }
}

const newRow = (each) => chatRow(each, "count", choose);

function drawRow(item, each) {
  const button = item.firstElementChild;
  if (each.guid === chosen) button.setAttribute("aria-current", "true");
  else button.removeAttribute("aria-current");
  setText(
    button.querySelector(".gist"),
    each.stage === "left" ? "Left before anybody answered" : each.last || each.channel_word,
  );
  setText(button.querySelector(".count"), each.files ? `${each.files} file${each.files === 1 ? "" : "s"}` : "");
}

function drawFacts() {
  const facts = [
    ["Name", chat.customer],
    ["E-mail", chat.email],
    ["Address", chat.address || "–"],
    ["Language", chat.language],
    ["Channel", chat.channel_word],
    ["Direction", chat.direction],
  ];
  facts.push(["Way", chat.stations.map((leg) => leg.queue || "direct").join(" → ")]);
  if (chat.agent)
    facts.push(["Agents", [...new Set(chat.stations.map((leg) => leg.agent).filter(Boolean))].join(", ")]);
  facts.push(["Group id", chat.guid]);
  reconcile(byId("facts"), facts, {
    key: ([label]) => label,
    build: ([label]) => {
      const pair = make("div");
      pair.append(make("dt", "", label), make("dd"));
      return pair;
    },
    draw: (pair, [, value]) => setText(pair.lastElementChild, value),
  });
}

function drawCase() {
  const box = byId("case");
  const shown = JSON.stringify(chat.activity) + chat.stage;
  if (box.dataset.shown === shown) return;
  box.dataset.shown = shown;
  if (!chat.activity) {
    box.replaceChildren(
      chat.stage === "left"
        ? "No activity: C4C hears of a chat only when an agent accepts it."
        : "The activity is created when an agent accepts the chat.",
    );
    return;
  }
  const link = make("a", "", `Chat activity ${chat.activity.id}`);
  link.href = `../c4c/?activity=${encodeURIComponent(chat.activity.object_id)}`;
  const chip = make("span", "chip", chat.activity.status);
  chip.dataset.tone = chat.activity.tone;
  box.replaceChildren(link, " ", chip);
}

function drawHappenings() {
  reconcile(byId("happenings"), chat.happenings.toReversed(), {
    key: (each) => each.id,
    build: (each) => {
      const item = make("li");
      const top = make("p", "happening-top");
      const time = make("time", "", clock.format(new Date(each.at)));
      top.append(make("strong", "", each.event), time, make("span", "chip"));
      item.append(top, make("p", "why"));
      return item;
    },
    draw: drawHappening,
  });
}

function drawHappening(item, each) {
  const last = each.deliveries.at(-1);
  const [tone, words] = last ? (DELIVERY[last.state] ?? ["idle", last.state]) : ["idle", "Nothing to do"];
  const chip = item.querySelector(".chip");
  chip.dataset.tone = tone;
  setText(chip, last?.status ? `${words}, ${last.status}` : words);
  setText(item.querySelector(".why"), last ? (last.error ?? "") : reasons(each));
}

function reasons(each) {
  if (!each.verdicts.length) return "There is no event-driven integration.";
  return each.verdicts.map((verdict) => `${verdict.name}: ${verdict.reason}`).join("\n");
}

function choose(guid) {
  chosen = guid;
  showInAddress({ chat: guid });
  byId("log").replaceChildren();
  listen();
}

function listen() {
  if (chosen) byId("to-chain").href = `../chain/?chat=${encodeURIComponent(chosen)}`;
  stop?.();
  stop = follow(`events${chosen ? `?chat=${encodeURIComponent(chosen)}` : ""}`, { desk: draw });
}

byId("acts").addEventListener("click", async ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  const { act } = button.dataset;
  if (act === "transfer") {
    byId("hand-on").showModal();
    return;
  }
  const done = await doing(button, async () => {
    await postJson(`api/chats/${chosen}/${act}`, act === "accept" ? { agent: byId("me").value } : {});
    return true;
  });
  if (done) (act === "accept" ? composer.text : byId("log-box")).focus();
});
byId("hand-on-form").addEventListener("submit", ({ submitter }) => {
  if (submitter.value !== "transfer") return;
  const [kind, id] = byId("target").value.split(":");
  doing(null, () => postJson(`api/chats/${chosen}/transfer`, { [kind]: id }));
});
byId("me").value = sessionStorage.getItem("agent") ?? byId("me").value;
if (!byId("me").value) byId("me").selectedIndex = 0;
byId("me").addEventListener("change", () => sessionStorage.setItem("agent", byId("me").value));
composer.allow({ why: "Choose a chat from the list." });
getJson("api/limits")
  .then((told) => {
    known = told;
  })
  .catch(() => {})
  .finally(listen);
