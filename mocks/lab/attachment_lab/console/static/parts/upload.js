// One file on its way: a row with its real progress; it can be cancelled, and tried again.

import { extensionOf, humanSize } from "../logic/text.js";
import { progressWords, refusalOf } from "../logic/upload.js";
import { icon, make, setText } from "../shared/dom.js";

export class Upload {
  constructor(composer, file, guid) {
    Object.assign(this, { composer, file, guid, request: null });
    this.row = make("li", "upload");
    const words = make("div", "upload-words");
    words.append(
      make("span", "upload-name", file.name || "file"),
      make("span", "upload-state", `${humanSize(file.size)} · waiting`),
    );
    this.bar = Object.assign(make("progress"), { max: 1, value: 0 });
    this.bar.setAttribute("aria-label", `Upload of ${file.name}`);
    this.again = Object.assign(make("button", "quiet small", "Try again"), { type: "button", hidden: true });
    this.stop = Object.assign(make("button", "quiet small round"), { type: "button" });
    this.stop.setAttribute("aria-label", `Cancel ${file.name}`);
    this.stop.append(icon("cross"));
    this.row.append(make("span", "file-kind", extensionOf(file.name)), words, this.again, this.stop, this.bar);
    this.again.addEventListener("click", () => {
      composer.waiting.push(this);
      composer.next();
    });
    this.stop.addEventListener("click", () => this.#cancel());
    composer.list.append(this.row);
  }

  begin() {
    if (!this.row.isConnected) return Promise.resolve();
    this.row.dataset.state = "going";
    this.again.hidden = true;
    const refusal = refusalOf(this.file, this.composer.limits());
    if (refusal) {
      this.#failed(refusal, false);
      return Promise.resolve();
    }
    return new Promise((done) => this.#send(done));
  }

  // XMLHttpRequest, because fetch does not report an upload's progress.
  #send(done) {
    const request = new XMLHttpRequest();
    this.request = request;
    const parameters = new URLSearchParams({
      name: this.file.name || "file",
      type: this.file.type || "application/octet-stream",
    });
    request.open("POST", `api/chats/${this.guid}/files?${parameters}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      this.bar.value = total ? loaded / total : 1;
      setText(this.row.querySelector(".upload-state"), progressWords(loaded, total, this.file.size));
    });
    request.addEventListener("load", () => {
      if (request.status === 201) this.#sent();
      else this.#failed(detailOf(request) || `The console answered ${request.status}.`, request.status >= 500);
    });
    request.addEventListener("error", () => this.#failed("It broke off on its way.", true));
    request.addEventListener("abort", () => this.row.remove());
    request.addEventListener("loadend", done);
    request.send(this.file);
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

  #cancel() {
    this.composer.waiting = this.composer.waiting.filter((upload) => upload !== this);
    if (this.request && this.row.dataset.state === "going") this.request.abort();
    this.row.remove();
    this.composer.text.focus();
  }
}

function detailOf(request) {
  try {
    return JSON.parse(request.responseText).detail;
  } catch {
    return "";
  }
}
