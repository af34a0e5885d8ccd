// What the customer's and the agent's page have in common: a chat in a list, and the log with its files.
// A file's name and bytes are a stranger's: names are only ever set as text, pictures are drawn again by the server.

import { extensionOf, hueOf, humanSize, initials } from "../logic/text.js";
import { getJson } from "../shared/calls.js";
import { byId, make, minutes, reconcile, setText } from "../shared/dom.js";

// So close to its end, in pixels, the log follows what is added.
const AT_END_PX = 80;

// A chat in a list, as the customer and the agent see it; what stands at its side has a class of its own.
export function chatRow(chat, sideClass, choose) {
  const item = make("li");
  const button = make("button", "chat-row");
  button.type = "button";
  const avatar = make("span", "avatar", initials(chat.customer));
  avatar.dataset.hue = hueOf(chat.customer);
  avatar.setAttribute("aria-hidden", "true");
  const words = make("span", "chat-words");
  words.append(make("strong", "", chat.customer), make("span", "gist"));
  const side = make("span", "chat-side");
  side.append(make("time", "", minutes.format(new Date(chat.created))), make("span", sideClass));
  button.append(avatar, words, side);
  button.addEventListener("click", () => choose(chat.guid));
  item.append(button);
  return item;
}

// Whether the log follows its end: until a person scrolls up. A picture that loads later makes it grow, but that is no
// scrolling.
let follows = true;
let lastTop = 0;
const toEnd = (box) => {
  if (follows) box.scrollTop = box.scrollHeight;
};
byId("log-box")?.addEventListener("scroll", ({ target }) => {
  if (target.scrollHeight - target.scrollTop - target.clientHeight < AT_END_PX) follows = true;
  else if (target.scrollTop < lastTop) follows = false;
  lastTop = target.scrollTop;
});

// One list item per message; `mine` is whose side is on the right.
export function drawLog(chat, mine) {
  const box = byId("log-box");
  const before = byId("log").childElementCount;
  reconcile(byId("log"), chat.messages, {
    key: (message) => message.id,
    build: (message) => newMessage(message, chat, mine),
    draw: (item, message) => setText(item.querySelector(".state"), stateOf(message, mine)),
  });
  follows ||= before === 0;
  toEnd(box);
}

function newMessage(message, chat, mine) {
  const item = make("li", "msg");
  item.dataset.who = message.who;
  item.dataset.mine = String(message.who === mine);
  item.append(make("span", "unseen", `${message.who === mine ? "You" : message.name}: `));
  if (message.text) item.append(make("p", "words", message.text));
  for (const file of message.files) item.append(newFile(file, `api/chats/${chat.guid}/files/${file.id}`));
  const meta = make("p", "meta");
  const time = make("time", "", minutes.format(new Date(message.at)));
  time.dateTime = message.at;
  meta.append(time, make("span", "state"));
  item.append(meta);
  return item;
}

function stateOf(message, mine) {
  if (message.who !== mine) return message.who === "system" ? "" : message.name;
  return message.who === "customer" && message.delivered ? "Delivered" : "Sent";
}

function newFile(file, base) {
  const box = make("div", "file");
  box.append(card(file, base));
  if (/^(image|audio|video)\//.test(file.type)) {
    whenSeen(box, async () => {
      const info = await getJson(`${base}/info`).catch(() => null);
      if (info?.kind === "image" && !info.problem) box.prepend(picture(file, base));
      else if (info?.kind === "audio" || info?.kind === "video") box.prepend(player(info.kind, file, base));
    });
  }
  return box;
}

// Work that is done once, when a person scrolls there.
export function whenSeen(element, work) {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      element.setAttribute("aria-busy", "true");
      Promise.resolve(work()).finally(() => element.removeAttribute("aria-busy"));
    },
    { rootMargin: "300px" },
  );
  observer.observe(element);
}

function picture(file, base) {
  const link = make("a", "thumb");
  link.href = `${base}/picture`;
  link.target = "_blank";
  link.rel = "noopener";
  const image = make("img");
  image.alt = `Picture: ${file.name}`;
  image.addEventListener("load", () => toEnd(byId("log-box")));
  image.src = `${base}/picture`;
  link.append(image);
  return link;
}

function player(kind, file, base) {
  const media = make(kind, "player");
  media.controls = true;
  media.preload = "none";
  media.setAttribute("aria-label", `${kind === "audio" ? "Recording" : "Film"}: ${file.name}`);
  media.src = `${base}/media`;
  return media;
}

function card(file, base) {
  const link = make("a", "file-card");
  link.href = `${base}/download`;
  link.download = "";
  const words = make("span", "file-words");
  const size = humanSize(file.size_bytes);
  words.append(
    make("span", "file-name", file.name),
    make("span", "file-size", `${size}${file.is_link ? " · sent as a link" : ""}`),
  );
  link.append(make("span", "file-kind", extensionOf(file.name)), words);
  link.setAttribute("aria-label", `Download ${file.name}, ${size}`);
  return link;
}
