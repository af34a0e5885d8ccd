// A JSON editor: a textarea whose text is painted beneath it, with the gate's findings underlined and in the gutter.

import { byId, make, setText } from "./base.js";
import { reveal } from "./reveal.js";

const TOKENS = /("(?:[^"\\\n]|\\.)*"?)(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b|([{}[\],:])/g;
const PLACEHOLDER = /\{[A-Za-z_][\w.-]*\}/g;
const RANK = { error: 3, warning: 2, note: 1 };

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

  set value(words) {
    this.text.value = words;
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
    const size = parseFloat(getComputedStyle(this.text).fontSize) * 0.6;
    this.text.scrollLeft = Math.max(0, finding.column * size - this.text.clientWidth / 2);
    reveal(byId("editor"));
  }

  next() {
    const after = this.text.selectionStart;
    const found = this.findings.find((each) => each.start > after) ?? this.findings[0];
    if (found) this.jump(found);
  }

  draw() {
    const words = this.text.value;
    this.paint.replaceChildren(...this.#spans(words), "\n");
    const worst = new Map();
    for (const { line, severity } of this.findings) {
      if (RANK[severity] > (RANK[worst.get(line)] ?? 0)) worst.set(line, severity);
    }
    const count = words.split("\n").length;
    while (this.gutter.childElementCount > count) this.gutter.lastElementChild.remove();
    while (this.gutter.childElementCount < count) this.gutter.append(make("li"));
    [...this.gutter.children].forEach((item, index) => {
      setText(item, String(index + 1));
      item.dataset.severity = worst.get(index + 1) ?? "";
    });
    this.#follow();
  }

  // Pieces between all borders of tokens and findings; each piece has one colour and at most one underline.
  #spans(words) {
    const colours = tokens(words);
    const cuts = new Set([0, words.length]);
    for (const [start, end] of colours) cuts.add(start).add(end);
    const ranges = this.findings.map((each) => [each.start, Math.max(each.end, each.start + 1), each.severity]);
    for (const [start, end] of ranges) cuts.add(start).add(Math.min(end, words.length));
    const borders = [...cuts].sort((a, b) => a - b);
    let at = 0;
    return borders.slice(0, -1).map((start, index) => {
      const end = borders[index + 1];
      while (at < colours.length && colours[at][1] <= start) at += 1;
      const colour = at < colours.length && colours[at][0] <= start ? colours[at][2] : "";
      const severity = ranges
        .filter(([from, to]) => from <= start && end <= to)
        .map((each) => each[2])
        .sort((a, b) => RANK[b] - RANK[a])[0];
      const span = make(severity ? "mark" : "span", colour, words.slice(start, end));
      if (severity) span.dataset.severity = severity;
      return span;
    });
  }

  #follow() {
    this.paint.style.transform = `translate(${-this.text.scrollLeft}px, ${-this.text.scrollTop}px)`;
    this.gutter.style.transform = `translateY(${-this.text.scrollTop}px)`;
  }
}

function tokens(words) {
  const found = [];
  for (const match of words.matchAll(TOKENS)) {
    const [all, text, colon, number, literal] = match;
    if (text !== undefined) {
      const end = match.index + text.length;
      if (colon !== undefined) found.push([match.index, end, "t-key"]);
      else found.push(...placeholders(text, match.index));
    } else found.push([match.index, match.index + all.length, number ? "t-number" : literal ? "t-word" : "t-sign"]);
  }
  return found;
}

function placeholders(text, offset) {
  const found = [];
  let from = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    if (match.index > from) found.push([offset + from, offset + match.index, "t-text"]);
    found.push([offset + match.index, offset + match.index + match[0].length, "t-place"]);
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push([offset + from, offset + text.length, "t-text"]);
  return found;
}
