// The agent desk: lists of chats, the conversation, and what became of it beyond the chat.

import { reasonOf } from "../logic/delivery.js";
import { plural } from "../logic/text.js";
import { Composer } from "../parts/composer.js";
import { chatRow, drawLog } from "../parts/conversation.js";
import { drawChip } from "../parts/event_log.js";
import { parameter, showInAddress } from "../shared/address.js";
import { doing, getJson, postJson, Stream, withParameters } from "../shared/calls.js";
import { byId, clock, drawPairs, make, reconcile, setCurrent, setText } from "../shared/dom.js";

const LISTS = { waiting: ["waiting"], open: ["open"], "wrap-up": ["wrap-up"], over: ["closed", "left"] };
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
  left: "The customer left before an agent took the chat, so there is no activity in C4C.",
};
const NO_CHAT = "Choose a chat from the list.";

const stream = new Stream();
let chosen = parameter("chat");
let chat = null;
let known = { channels: {}, most_bytes: 0, most_name: 255 };
const composer = new Composer("reply", {
  guid: () => chosen,
  limits: () => ({ most: known.most_bytes, mostName: known.most_name, limits: known.channels[chat?.channel]?.limits }),
  afterwards: (words) => setText(byId("announce"), words),
});
composer.listen(byId("conversation"), byId("drop"));

function draw(reading) {
  drawLists(reading.chats);
  chat = reading.chat;
  byId("blank").hidden = Boolean(chat);
  byId("about").hidden = !chat;
  for (const button of byId("acts").children) button.hidden = !chat || !ACTS[chat.phase].includes(button.dataset.act);
  if (!chat) {
    byId("log").replaceChildren();
    setText(byId("conversation-name"), "No chat chosen");
    setText(byId("conversation-state"), "");
    composer.allow({ why: NO_CHAT });
    return;
  }
  setText(byId("conversation-name"), chat.customer);
  const state = [chat.phase_name, chat.channel_name, chat.queue, chat.agent];
  setText(byId("conversation-state"), state.filter(Boolean).join(" · "));
  drawLog(chat, "agent");
  composer.allow(chat.phase === "open" ? { whyNoFiles: noFiles() } : { why: WHY[chat.phase] });
  drawFacts();
  drawActivity();
  drawEvents();
}

function noFiles() {
  if (chat.direct) return "Direct chats do not support attachments.";
  return known.channels[chat.channel]?.files === false ? "This channel carries text only." : "";
}

function drawLists(chats) {
  const count = (phase) => chats.filter((each) => each.phase === phase).length;
  setText(
    byId("sentence"),
    chats.length
      ? `${count("waiting")} waiting, ${count("open")} in conversation.`
      : "Chats that customers start appear here.",
  );
  byId("no-chats").hidden = chats.length > 0;
  for (const [list, phases] of Object.entries(LISTS)) {
    const listed = chats.filter((each) => phases.includes(each.phase));
    byId(`list-${list}`).hidden = listed.length === 0;
    reconcile(byId(`chats-${list}`), listed, {
      key: (each) => each.guid,
      build: (each) => chatRow(each, "count", choose),
      draw: drawRow,
    });
  }
}

function drawRow(item, each) {
  const button = item.firstElementChild;
  setCurrent(button, each.guid === chosen);
  const gist = each.phase === "left" ? "Left before an agent answered" : each.last || each.channel_name;
  setText(button.querySelector(".gist"), gist);
  setText(button.querySelector(".count"), each.files ? plural(each.files, "file") : "");
}

function drawFacts() {
  const agents = [...new Set(chat.legs.map((leg) => leg.agent).filter(Boolean))];
  drawPairs(byId("facts"), [
    ["Name", chat.customer],
    ["E-mail", chat.email],
    ["Address", chat.address || "–"],
    ["Language", chat.language],
    ["Channel", chat.channel_name],
    ["Direction", chat.direction],
    ["Way", chat.legs.map((leg) => leg.queue || "direct").join(" → ")],
    ...(chat.agent ? [["Agents", agents.join(", ")]] : []),
    ["Group id", chat.guid],
  ]);
}

function drawActivity() {
  const box = byId("activity");
  const shown = JSON.stringify(chat.activity) + chat.phase;
  if (box.dataset.shown === shown) return;
  box.dataset.shown = shown;
  if (!chat.activity) {
    box.replaceChildren(
      chat.phase === "left"
        ? "No activity: Contact Pro creates one in C4C only when an agent accepts the chat."
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

function drawEvents() {
  reconcile(byId("events"), [...chat.events].reverse(), {
    key: (event) => event.id,
    build: newEvent,
    draw: (item, event) => {
      const last = event.deliveries.at(-1);
      drawChip(item.querySelector(".chip"), last, "Nothing to do");
      setText(item.querySelector(".why"), reasonOf(event, last, "\n"));
    },
  });
}

function newEvent(event) {
  const item = make("li");
  const top = make("p", "event-top");
  const time = make("time", "", clock.format(new Date(event.at)));
  top.append(make("strong", "", event.event), time, make("span", "chip"));
  item.append(top, make("p", "why"));
  return item;
}

function choose(guid) {
  chosen = guid;
  showInAddress({ chat: guid });
  byId("log").replaceChildren();
  listen();
}

function listen() {
  if (chosen) byId("to-chain").href = `../chain/?chat=${encodeURIComponent(chosen)}`;
  stream.listen(withParameters("events", { chat: chosen }), { agent: draw });
}

byId("acts").addEventListener("click", async ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  const { act } = button.dataset;
  if (act === "transfer") {
    byId("transfer").showModal();
    return;
  }
  const done = await doing(button, async () => {
    await postJson(`api/chats/${chosen}/${act}`, act === "accept" ? { agent: byId("me").value } : {});
    return true;
  });
  if (done) (act === "accept" ? composer.text : byId("log-box")).focus();
});
byId("transfer-form").addEventListener("submit", ({ submitter }) => {
  if (submitter.value !== "transfer") return;
  const [kind, id] = byId("target").value.split(":");
  doing(null, () => postJson(`api/chats/${chosen}/transfer`, { [kind]: id }));
});
byId("me").value = sessionStorage.getItem("agent") ?? byId("me").value;
if (!byId("me").value) byId("me").selectedIndex = 0;
byId("me").addEventListener("change", () => sessionStorage.setItem("agent", byId("me").value));
composer.allow({ why: NO_CHAT });
getJson("api/limits")
  .then((found) => {
    known = found;
  })
  .catch(() => {})
  .finally(listen);
