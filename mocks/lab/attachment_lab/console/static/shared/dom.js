// Small helpers that all pages share. Text from the server is only ever set as text, never as HTML.

/** @returns {any} the element, in the type that its tag has */
export const byId = (/** @type {string} */ id) => document.getElementById(id);
export const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
export const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
export const minutes = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

// A symbol of icons.svg.
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// Keep list items that stay, so that focus and animation survive: `draw` fills, `build` makes, `key` names.
export function reconcile(parent, items, { key, build, draw }) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, index) => {
    const name = String(key(item));
    const child = old.get(name) ?? build(item);
    old.delete(name);
    child.dataset.key = name;
    draw?.(child, item);
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
  for (const child of old.values()) child.remove();
}

// A list of label and value: `<dl>` with one `<div>` per pair.
export function drawPairs(list, pairs, shown = (value) => value) {
  reconcile(list, pairs, {
    key: ([label]) => label,
    build: ([label]) => {
      const pair = make("div");
      pair.append(make("dt", "", label), make("dd"));
      return pair;
    },
    draw: (pair, [, value]) => setText(pair.lastElementChild, shown(value)),
  });
}

// Whether a click on a link is one that the browser should handle: in a new tab, as a download.
export const isForBrowser = (event) => event.metaKey || event.ctrlKey || event.shiftKey;

export function setCurrent(element, isCurrent) {
  if (isCurrent) element.setAttribute("aria-current", "true");
  else element.removeAttribute("aria-current");
}

export function showTrouble(words) {
  const banner = byId("trouble");
  banner.hidden = !words;
  setText(banner, words ?? "");
}
