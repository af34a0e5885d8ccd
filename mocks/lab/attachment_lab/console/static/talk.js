// What the customer's and the agent's page have in common: the log, the composer, files with their real progress.
// A file's name and bytes are a stranger's: names are only ever set as text, pictures are drawn anew by the server.

import { byId, getJson, humanSize, make, postJson, reconcile, setText, showTrouble } from "./base.js";

const AT_ONCE = 2;
export const minutes = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
export const initials = (name) =>
  name
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => word[0])
    .filter((_, i, all) => i === 0 || i === all.length - 1)
    .join("")
    .toUpperCase();
export const hueOf = (name) => String(([...name].reduce((sum, char) => sum + char.codePointAt(0), 0) % 6) + 1);

// A chat in a list, as the customer and the agent see it; what stands at its side has a class of its own.
export function chatRow(each, sideClass, choose) {
  const item = make("li");
  const button = make("button", "chat-row");
  button.type = "button";
  const avatar = make("span", "avatar", initials(each.customer));
  avatar.dataset.hue = hueOf(each.customer);
  avatar.setAttribute("aria-hidden", "true");
  const words = make("span", "chat-words");
  words.append(make("strong", "", each.customer), make("span", "gist"));
  const side = make("span", "chat-side");
  side.append(make("time", "", minutes.format(new Date(each.created))), make("span", sideClass));
  button.append(avatar, words, side);
  button.addEventListener("click", () => choose(each.guid));
  item.append(button);
  return item;
}

export const icon = (name) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
};

// Whether the log follows its end: until a person scrolls up. What grows later, as a picture that loads, is no scrolling.
let follows = true;
let lastTop = 0;
const toEnd = (box) => {
  if (follows) box.scrollTop = box.scrollHeight;
};
byId("log-box")?.addEventListener("scroll", ({ target }) => {
  if (target.scrollHeight - target.scrollTop - target.clientHeight < 80) follows = true;
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
    draw: (item, message) => drawMessage(item, message, mine),
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

function drawMessage(item, message, mine) {
  const words =
    message.who !== mine
      ? message.who === "system"
        ? ""
        : message.name
      : message.who === "agent"
        ? "Sent"
        : message.delivered
          ? "Delivered"
          : "Sent";
  setText(item.querySelector(".state"), words);
}

function newFile(file, base) {
  const box = make("div", "file");
  box.append(card(file, base));
  if (/^(image|audio|video)\//.test(file.type)) {
    whenSeen(box, async () => {
      const look = await getJson(`${base}/look`).catch(() => null);
      if (look?.kind === "image" && !look.problem) box.prepend(picture(file, base));
      else if (look?.kind === "audio" || look?.kind === "video") box.prepend(player(look.kind, file, base));
    });
  }
  return box;
}

// Work that is done once, when a person scrolls there.
export function whenSeen(element, work) {
  const watch = new IntersectionObserver(
    (entries) => {
      if (!entries.some((each) => each.isIntersecting)) return;
      watch.disconnect();
      element.setAttribute("aria-busy", "true");
      Promise.resolve(work()).finally(() => element.removeAttribute("aria-busy"));
    },
    { rootMargin: "300px" },
  );
  watch.observe(element);
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
  words.append(
    make("span", "file-name", file.name),
    make("span", "file-size", `${humanSize(file.size_bytes)}${file.is_link ? " · sent as a link" : ""}`),
  );
  link.append(make("span", "file-kind", ending(file.name)), words);
  link.setAttribute("aria-label", `Download ${file.name}, ${humanSize(file.size_bytes)}`);
  return link;
}

export const ending = (name) => {
  const last = name.includes(".") ? name.split(".").pop() : "";
  return /^[A-Za-z0-9]{1,4}$/.test(last) ? last.toUpperCase() : "FILE";
};

// A composer: words and files for the chat that `guid()` names. `limits()` tells what the channel takes.
export class Composer {
  constructor(id, { guid, limits, afterwards }) {
    Object.assign(this, { id, guid, limits, afterwards, waiting: [], running: 0 });
    this.text = byId(`${id}-text`);
    this.input = byId(`${id}-files`);
    this.list = byId(`${id}-uploads`);
    byId(id).addEventListener("submit", (event) => this.#submit(event));
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.#submit(event);
    });
    this.text.addEventListener("input", () => this.#grow());
    byId(`${id}-attach`).addEventListener("click", () => this.input.click());
    this.input.addEventListener("change", () => {
      this.add([...this.input.files]);
      this.input.value = "";
    });
  }

  // `why` says why nothing can be written, `whyNoFiles` why no file can be sent.
  allow({ why = "", whyNoFiles = "" }) {
    for (const part of byId(this.id).querySelectorAll("textarea, button, input")) {
      if (!part.closest(".uploads")) part.disabled = Boolean(why);
    }
    const attach = byId(`${this.id}-attach`);
    attach.disabled = Boolean(why || whyNoFiles);
    const words = byId(`${this.id}-why`);
    words.hidden = !(why || whyNoFiles);
    setText(words, why || whyNoFiles);
    this.takesFiles = !(why || whyNoFiles);
    this.whyNoFiles = why || whyNoFiles;
  }

  // The whole of `area` takes files that are dropped or pasted.
  listen(area, cover) {
    let depth = 0;
    const has = (event) => event.dataTransfer?.types.includes("Files");
    const show = (on) => cover.classList.toggle("on", on);
    area.addEventListener("dragenter", (event) => {
      if (has(event)) {
        depth += 1;
        show(true);
        event.preventDefault();
      }
    });
    area.addEventListener("dragleave", (event) => {
      if (has(event)) {
        depth = Math.max(0, depth - 1);
        show(depth > 0);
      }
    });
    area.addEventListener("dragover", (event) => {
      if (has(event)) {
        event.preventDefault();
        event.dataTransfer.dropEffect = "copy";
      }
    });
    area.addEventListener("drop", (event) => {
      if (!has(event)) return;
      event.preventDefault();
      depth = 0;
      show(false);
      const folders = new Set(
        [...event.dataTransfer.items]
          .map((item) => item.webkitGetAsEntry?.())
          .filter((entry) => entry?.isDirectory)
          .map((entry) => entry.name),
      );
      if (folders.size) showTrouble(`A folder cannot be sent (${[...folders].join(", ")}); send the files in it.`);
      this.add([...event.dataTransfer.files].filter((file) => !folders.has(file.name)));
    });
    area.addEventListener("paste", (event) => {
      const files = [...event.clipboardData.files];
      if (!files.length) return;
      event.preventDefault();
      this.add(files);
    });
  }

  add(files) {
    if (!files.length) return;
    if (!this.takesFiles) {
      showTrouble(this.whyNoFiles || "Start a chat first.");
      return;
    }
    showTrouble(null);
    for (const file of files) this.waiting.push(new Upload(this, file, this.guid()));
    this.next();
  }

  next() {
    while (this.running < AT_ONCE && this.waiting.length) {
      this.running += 1;
      this.waiting
        .shift()
        .begin()
        .finally(() => {
          this.running -= 1;
          this.next();
        });
    }
  }

  async #submit(event) {
    event.preventDefault();
    const words = this.text.value;
    if (!words.trim() || this.text.disabled) return;
    this.text.value = "";
    this.#grow();
    try {
      await postJson(`api/chats/${this.guid()}/messages`, { text: words });
      showTrouble(null);
    } catch (error) {
      if (!this.text.value) this.text.value = words;
      this.#grow();
      showTrouble(`Not sent. ${error.message}`);
    }
  }

  #grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${Math.min(this.text.scrollHeight + 2, 140)}px`;
  }
}

// One file on its way: a row with its real progress; it can be called off, and tried again.
class Upload {
  constructor(composer, file, guid) {
    Object.assign(this, { composer, file, guid });
    this.row = make("li", "upload");
    const words = make("div", "upload-words");
    words.append(
      make("span", "upload-name", file.name || "file"),
      make("span", "upload-state", `${humanSize(file.size)} · waiting`),
    );
    this.bar = make("progress");
    this.bar.max = 1;
    this.bar.value = 0;
    this.bar.setAttribute("aria-label", `Upload of ${file.name}`);
    this.again = make("button", "quiet small", "Try again");
    this.again.type = "button";
    this.again.hidden = true;
    this.stop = make("button", "quiet small round");
    this.stop.type = "button";
    this.stop.setAttribute("aria-label", `Call off ${file.name}`);
    this.stop.append(icon("cross"));
    this.row.append(make("span", "file-kind", ending(file.name)), words, this.again, this.stop, this.bar);
    this.again.addEventListener("click", () => {
      composer.waiting.push(this);
      composer.next();
    });
    this.stop.addEventListener("click", () => this.#callOff());
    composer.list.append(this.row);
  }

  begin() {
    this.row.dataset.state = "going";
    this.again.hidden = true;
    const wrong = this.row.isConnected ? this.#wrong() : "gone";
    if (wrong) {
      if (wrong !== "gone") this.#failed(wrong, false);
      return Promise.resolve();
    }
    return new Promise((done) => this.#send(done));
  }

  #wrong() {
    const { most, mostName, limits } = this.composer.limits();
    const kind = ["image", "audio", "video"].find((each) => this.file.type.startsWith(`${each}/`)) ?? "document";
    if ([...this.file.name].length > mostName) return `Its name is longer than ${mostName} characters; rename it.`;
    if (this.file.size > most) return `It is larger than ${humanSize(most)}, the most these pages take.`;
    if (limits?.[kind] && this.file.size > limits[kind])
      return `This channel takes a ${kind} of at most ${humanSize(limits[kind])}.`;
    return "";
  }

  #send(done) {
    const call = new XMLHttpRequest();
    this.call = call;
    const asked = new URLSearchParams({
      name: this.file.name || "file",
      type: this.file.type || "application/octet-stream",
    });
    call.open("POST", `api/chats/${this.guid}/files?${asked}`);
    call.setRequestHeader("Content-Type", "application/octet-stream");
    call.upload.addEventListener("progress", ({ loaded, total }) => {
      this.bar.value = total ? loaded / total : 1;
      const share = total ? Math.floor((loaded / total) * 100) : 100;
      setText(
        this.row.querySelector(".upload-state"),
        loaded === total ? `${humanSize(this.file.size)} · handing over` : `${share} % of ${humanSize(this.file.size)}`,
      );
    });
    call.addEventListener("load", () => {
      if (call.status === 201) this.#sent();
      else this.#failed(detailOf(call) || `The console answered ${call.status}.`, call.status >= 500);
      done();
    });
    call.addEventListener("error", () => {
      this.#failed("It broke off on its way.", true);
      done();
    });
    call.addEventListener("abort", () => {
      this.row.remove();
      done();
    });
    call.send(this.file);
  }

  #sent() {
    this.row.remove();
    this.composer.afterwards?.(`${this.file.name} sent`);
  }

  #failed(words, mayTryAgain) {
    this.row.dataset.state = "failed";
    this.again.hidden = !mayTryAgain;
    setText(this.row.querySelector(".upload-state"), words);
    this.composer.afterwards?.(`${this.file.name}: ${words}`);
  }

  #callOff() {
    this.composer.waiting = this.composer.waiting.filter((each) => each !== this);
    if (this.call && this.row.dataset.state === "going") this.call.abort();
    this.row.remove();
    this.composer.text.focus();
  }
}

function detailOf(call) {
  try {
    return JSON.parse(call.responseText).detail;
  } catch {
    return "";
  }
}
