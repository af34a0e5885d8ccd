// The customer's phone: one chat at a time, chosen from those of this tenant.

import { hueOf } from "../logic/text.js";
import { noFilesReason } from "../logic/upload.js";
import { Composer } from "../parts/composer.js";
import { chatRow, drawLog } from "../parts/conversation.js";
import { parameter, showInAddress } from "../shared/address.js";
import { doing, getJson, postJson, Stream, withParameters } from "../shared/calls.js";
import { byId, reconcile, setCurrent, setText } from "../shared/dom.js";
import { reveal } from "../shared/reveal.js";

const PHASES = {
  waiting: () => "Waiting for an agent",
  open: (chat) => `${chat.agent || "An agent"} is with you`,
  "wrap-up": () => "This chat has ended",
  closed: () => "This chat has ended",
  left: () => "You left before an agent answered",
};
const TONES = { waiting: "waiting", open: "active", "wrap-up": "done", closed: "done", left: "idle" };
const OVER = "This chat is over. Start a new one to write again.";
const NO_CHAT = "Start a new chat, or open one from the list.";

const stream = new Stream();
let chosen = parameter("chat");
let chat = null;
let known = { channels: [], most_bytes: 0, most_name: 255 };

const channelOf = (id) => known.channels.find((channel) => channel.id === id);
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
  const isOpen = Boolean(chat) && ["waiting", "open"].includes(chat.phase);
  byId("blank").hidden = Boolean(chat);
  byId("leave").hidden = !isOpen;
  if (!chat) {
    byId("log").replaceChildren();
    composer.allow({ why: NO_CHAT });
    return;
  }
  byId("phone").dataset.channel = chat.channel;
  setText(byId("phone-name"), chat.direct ? "An agent, directly" : chat.queue);
  setText(byId("phone-state"), `${PHASES[chat.phase](chat)} · ${chat.channel_name}`);
  byId("phone").dataset.phase = chat.phase;
  drawLog(chat, "customer");
  composer.allow(isOpen ? { whyNoFiles: noFilesReason(chat.direct, channelOf(chat.channel)) } : { why: OVER });
}

function drawChats(chats) {
  byId("no-chats").hidden = chats.length > 0;
  reconcile(byId("chats"), chats, {
    key: (each) => each.guid,
    build: (each) => chatRow(each, "chip", choose),
    draw: drawChat,
  });
}

function drawChat(item, each) {
  const button = item.firstElementChild;
  setCurrent(button, each.guid === chosen);
  setText(button.querySelector(".gist"), each.last || `${each.channel_name}, nothing written yet`);
  const chip = button.querySelector(".chip");
  chip.dataset.tone = TONES[each.phase];
  setText(chip, each.phase_name);
}

function choose(guid) {
  chosen = guid;
  showInAddress({ chat: guid });
  byId("log").replaceChildren();
  listen();
}

function listen() {
  if (chosen) byId("to-agent").href = `../agent/?chat=${encodeURIComponent(chosen)}`;
  stream.listen(withParameters("events", { chat: chosen }), { chat: draw });
}

function drawRule() {
  const channel = channelOf(byId("channel").value);
  if (!channel) return;
  const direct = byId("direct").checked;
  const words = noFilesReason(direct, channel) || channel.words;
  setText(byId("channel-words"), `${words} (${direct ? "documented" : channel.label})`);
}

byId("channel").addEventListener("change", drawRule);
byId("direct").addEventListener("change", drawRule);
byId("start").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const body = { customer: form.get("customer"), channel: form.get("channel"), direct: form.has("direct") };
  const started = await doing(byId("start-button"), () => postJson("api/chats", body));
  if (!started) return;
  choose(started.guid);
  composer.allow({ whyNoFiles: noFilesReason(body.direct, channelOf(body.channel)) });
  reveal(byId("phone"));
  composer.text.focus({ preventScroll: true });
});
byId("leave").addEventListener("click", () => doing(byId("leave"), () => postJson(`api/chats/${chosen}/leave`, {})));

for (const avatar of document.querySelectorAll(".person .avatar")) {
  avatar.dataset.hue = hueOf(avatar.parentElement.querySelector("strong").textContent);
}
composer.allow({ why: NO_CHAT });
getJson("api/channels")
  .then((found) => {
    known = found;
    drawRule();
  })
  .catch(() => {})
  .finally(listen);
