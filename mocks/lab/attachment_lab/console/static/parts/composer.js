// What both sides of a chat write with: words, and files by the button, by dropping and by pasting.

import { postJson } from "../shared/calls.js";
import { byId, setText, showTrouble } from "../shared/dom.js";
import { Upload } from "./upload.js";

const AT_ONCE = 2;
const MOST_HEIGHT_PX = 140;

// Words and files for the chat that `guid()` names. `limits()` gives what the channel takes.
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
    this.whyNoFiles = why || whyNoFiles;
    byId(`${this.id}-attach`).disabled = Boolean(this.whyNoFiles);
    const words = byId(`${this.id}-why`);
    words.hidden = !this.whyNoFiles;
    setText(words, this.whyNoFiles);
    this.takesFiles = !this.whyNoFiles;
  }

  // The whole of `area` takes files that are dropped or pasted.
  listen(area, cover) {
    let depth = 0;
    const enter = (event, change) => {
      if (!event.dataTransfer?.types.includes("Files")) return false;
      depth = Math.max(0, change(depth));
      cover.classList.toggle("on", depth > 0);
      return true;
    };
    area.addEventListener("dragenter", (event) => enter(event, (count) => count + 1) && event.preventDefault());
    area.addEventListener("dragleave", (event) => enter(event, (count) => count - 1));
    area.addEventListener("dragover", (event) => {
      if (!enter(event, (count) => count)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
    });
    area.addEventListener("drop", (event) => {
      if (!enter(event, () => 0)) return;
      event.preventDefault();
      this.#drop(event.dataTransfer);
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

  #drop({ items, files }) {
    const entries = [...items].map((item) => item.webkitGetAsEntry?.());
    const folders = new Set(entries.filter((entry) => entry?.isDirectory).map((entry) => entry.name));
    if (folders.size) showTrouble(`A folder cannot be sent (${[...folders].join(", ")}); send the files in it.`);
    this.add([...files].filter((file) => !folders.has(file.name)));
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
    this.text.style.height = `${Math.min(this.text.scrollHeight + 2, MOST_HEIGHT_PX)}px`;
  }
}
