// A JSON editor: a textarea whose text is painted beneath it, with the gate's findings underlined and in the gutter.

import { nextFinding, spansOf, worstByLine } from "../logic/json_spans.js";
import { byId, make, setText } from "../shared/dom.js";
import { reveal } from "../shared/reveal.js";

export class Editor {
  constructor({ changed }) {
    this.text = byId("json");
    this.paint = byId("paint");
    this.gutter = byId("gutter");
    this.findings = [];
    this.text.addEventListener("input", () => {
      this.findings = [];
      this.draw();
      changed();
    });
    this.text.addEventListener("scroll", () => this.#follow());
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== "F8") return;
      event.preventDefault();
      this.next();
    });
    new ResizeObserver(() => this.#follow()).observe(this.text);
  }

  get value() {
    return this.text.value;
  }

  set value(text) {
    this.text.value = text;
    this.findings = [];
    this.text.scrollTo(0, 0);
    this.draw();
  }

  mark(findings) {
    this.findings = findings;
    this.draw();
  }

  // Puts the caret at a finding and brings it into view.
  jump(finding) {
    this.text.focus({ preventScroll: true });
    this.text.setSelectionRange(finding.start, Math.max(finding.end, finding.start));
    const lineHeight = parseFloat(getComputedStyle(this.text).lineHeight);
    this.text.scrollTop = Math.max(0, (finding.line - 3) * lineHeight);
    const charWidth = parseFloat(getComputedStyle(this.text).fontSize) * 0.6;
    this.text.scrollLeft = Math.max(0, finding.column * charWidth - this.text.clientWidth / 2);
    reveal(byId("editor"));
  }

  next() {
    const finding = nextFinding(this.findings, this.text.selectionStart);
    if (finding) this.jump(finding);
  }

  draw() {
    const text = this.text.value;
    this.paint.replaceChildren(...spansOf(text, this.findings).map((span) => element(span, text)), "\n");
    this.#drawGutter(text.split("\n").length);
    this.#follow();
  }

  #drawGutter(lines) {
    const worst = worstByLine(this.findings);
    while (this.gutter.childElementCount > lines) this.gutter.lastElementChild.remove();
    while (this.gutter.childElementCount < lines) this.gutter.append(make("li"));
    [...this.gutter.children].forEach((item, index) => {
      setText(item, String(index + 1));
      item.dataset.severity = worst.get(index + 1) ?? "";
    });
  }

  #follow() {
    this.paint.style.transform = `translate(${-this.text.scrollLeft}px, ${-this.text.scrollTop}px)`;
    this.gutter.style.transform = `translateY(${-this.text.scrollTop}px)`;
  }
}

function element({ start, end, colour, severity }, text) {
  const span = make(severity ? "mark" : "span", colour, text.slice(start, end));
  if (severity) span.dataset.severity = severity;
  return span;
}
