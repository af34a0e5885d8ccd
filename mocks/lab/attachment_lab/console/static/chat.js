// The visitor's phone: one chat at a time, chosen from those of this tenant.

import { byId, doing, follow, getJson, postJson, reconcile, setText, showInAddress } from "./base.js";
import { reveal } from "./reveal.js";
import { Composer, chatRow, drawLog, hueOf } from "./talk.js";

const STATES = {
  waiting: "Waiting for an agent",
  open: (chat) => `${chat.agent || "An agent"} is with you`,
  "wrap-up": "This chat has ended",
  closed: "This chat has ended",
  left: "You left before anybody answered",
};
const OVER = "This chat is over. Start a new one to write again.";

let chosen = new URLSearchParams(location.search).get("chat");
let stop = null;
let chat = null;
let known = { channels: [], most_bytes: 0, most_name: 255 };

const channelOf = (id) => known.channels.find((each) => each.id === id);
const composer = new Composer("chat", {
  guid: () => chosen,
  limits: () => ({
    most: known.most_bytes,
    mostName: known.most_name,
    limits: chat ? channelOf(chat.channel)?.limits : null,
  }),
  afterwards: (words) => setText(byId("announce"), words),
});
composer.listen(byId("phone"), byId("drop"));

function draw(reading) {
  drawChats(reading.chats);
  chat = reading.chat;
  byId("blank").hidden = Boolean(chat);
  byId("leave").hidden = !chat || !["waiting", "open"].includes(chat.stage);
  if (!chat) {
    byId("log").replaceChildren();
    composer.allow({ why: "Start a new chat, or open one from the list." });
    return;
  }
  const channel = channelOf(chat.channel);
  byId("phone").dataset.channel = chat.channel;
  setText(byId("phone-name"), chat.direct ? "An agent, directly" : chat.queue);
  const words = STATES[chat.stage];
  setText(byId("phone-state"), `${typeof words === "string" ? words : words(chat)} · ${chat.channel_word}`);
  byId("phone").dataset.stage = chat.stage;
  drawLog(chat, "customer");
  const over = !["waiting", "open"].includes(chat.stage);
  composer.allow({ why: over ? OVER : "", whyNoFiles: over ? "" : noFiles(chat.direct, channel) });
}

function noFiles(direct, channel) {
  if (direct) return "Direct chats do not support attachments. Start a chat that goes to a queue to send files.";
  return channel && !channel.files ? `${channel.name} carries text only. Choose another channel to send files.` : "";
}

function drawChats(chats) {
  byId("no-chats").hidden = chats.length > 0;
  reconcile(byId("chats"), chats, { key: (each) => each.guid, build: newChat, draw: drawChat });
}

const newChat = (each) => chatRow(each, "chip", choose);

const TONES = { waiting: "waiting", open: "active", "wrap-up": "done", closed: "done", left: "idle" };
function drawChat(item, each) {
  const button = item.firstElementChild;
  if (each.guid === chosen) button.setAttribute("aria-current", "true");
  else button.removeAttribute("aria-current");
  setText(button.querySelector(".gist"), each.last || `${each.channel_word}, nothing written yet`);
  const chip = button.querySelector(".chip");
  chip.dataset.tone = TONES[each.stage];
  setText(chip, each.stage_word);
}

function choose(guid) {
  chosen = guid;
  showInAddress({ chat: guid });
  byId("log").replaceChildren();
  byId("to-agent").href = `../agent/?chat=${encodeURIComponent(guid)}`;
  listen();
}

function listen() {
  stop?.();
  stop = follow(`events${chosen ? `?chat=${encodeURIComponent(chosen)}` : ""}`, { talk: draw });
}

function drawRule() {
  const channel = channelOf(byId("channel").value);
  if (!channel) return;
  const direct = byId("direct").checked;
  setText(
    byId("channel-words"),
    `${noFiles(direct, channel) || channel.words} (${direct ? "documented" : channel.label})`,
  );
}

byId("channel").addEventListener("change", drawRule);
byId("direct").addEventListener("change", drawRule);
byId("start").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const body = { customer: form.get("customer"), channel: form.get("channel"), direct: form.has("direct") };
  const told = await doing(byId("start-button"), () => postJson("api/chats", body));
  if (!told) return;
  choose(told.guid);
  composer.allow({ whyNoFiles: noFiles(body.direct, channelOf(body.channel)) });
  reveal(byId("phone"));
  composer.text.focus({ preventScroll: true });
});
byId("leave").addEventListener("click", () => doing(byId("leave"), () => postJson(`api/chats/${chosen}/leave`, {})));

for (const avatar of document.querySelectorAll(".person .avatar"))
  avatar.dataset.hue = hueOf(avatar.parentElement.querySelector("strong").textContent);
composer.allow({ why: "Start a new chat, or open one from the list." });
getJson("api/channels")
  .then((told) => {
    known = told;
    drawRule();
  })
  .catch(() => {})
  .finally(listen);
if (chosen) byId("to-agent").href = `../agent/?chat=${encodeURIComponent(chosen)}`;
