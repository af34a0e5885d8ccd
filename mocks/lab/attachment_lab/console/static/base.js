// What all pages share: small helpers, the stream of events, errors, the tenant and the colours.
// Text from the server is only ever set as text, never as HTML.

import { reveal } from "./reveal.js";

export const byId = (id) => document.getElementById(id);
export const calm = matchMedia("(prefers-reduced-motion: reduce)");
export const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
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

export function humanSize(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const units = ["KiB", "MiB", "GiB"];
  let [value, unit] = [bytes / 1024, 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${value.toFixed(1)} ${units[unit]}`;
}

export function showTrouble(words) {
  const banner = byId("trouble");
  banner.hidden = !words;
  setText(banner, words ?? "");
}

export function showLive(state, words) {
  byId("live").dataset.state = state;
  setText(byId("live-text"), words);
}

// What the tour keeps in the address of whatever page it is told on.
export const TOUR_PARAMETERS = ["tour", "auto", "speed"];

// Put what a page shows into its address. The tour's parameters stay: without them a reload would end the tour.
export function showInAddress(parameters) {
  const shown = new URLSearchParams(parameters);
  const given = new URLSearchParams(location.search);
  for (const name of TOUR_PARAMETERS) if (given.has(name)) shown.set(name, given.get(name));
  history.replaceState(null, "", shown.size ? `?${shown}` : location.pathname);
}

// A call to this console; throws an Error whose message is for a person.
export async function call(method, path, body) {
  let answer;
  try {
    const json =
      body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    answer = await fetch(path, { method, ...json });
  } catch {
    throw new Error("The console does not answer; is the stack still up?");
  }
  const born = answer.headers.get("X-Tenant-Born");
  if (born && born !== document.body.dataset.born) location.reload(); // the tenant was set back meanwhile
  const told = answer.status === 204 ? null : await answer.json().catch(() => null);
  if (!answer.ok)
    throw Object.assign(new Error(told?.detail ?? `The console answered ${answer.status}.`), {
      told,
      status: answer.status,
    });
  return told;
}

export const getJson = (path) => call("GET", path);
export const postJson = (path, body) => call("POST", path, body);

// Do something a person asked for; what goes wrong is shown in the banner. The button waits meanwhile.
export async function doing(button, work) {
  if (button) button.disabled = true;
  try {
    const result = await work();
    showTrouble(null);
    return result;
  } catch (error) {
    showTrouble(error.message);
    return undefined;
  } finally {
    if (button) button.disabled = false;
  }
}

// Follow a stream of the server: {eventName: (data) => …}. Returns a function that ends it.
export function follow(path, handlers) {
  let source = null;
  let lost = null;
  let again = null;
  const open = () => {
    source = new EventSource(path);
    source.addEventListener("open", () => {
      clearTimeout(lost);
      lost = null;
      showLive("live", "Live");
    });
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        handle(JSON.parse(event.data));
        document.body.dataset.drawn = ""; // for whoever must not look before there is something to see
      });
    }
    source.addEventListener("renewed", () => location.reload());
    source.addEventListener("trouble", (event) => showTrouble(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      // The server ends each stream after a while; only a silence that lasts is worth a word.
      lost ??= setTimeout(() => showLive("lost", "Connection lost, trying again"), 2500);
      // A refusal ends a stream for good, such as the 404 of a console that was restarted and knows this tenant not yet.
      if (source.readyState === EventSource.CLOSED) again = setTimeout(open, 2000);
    });
  };
  open();
  return () => {
    clearTimeout(lost);
    clearTimeout(again);
    source.close();
  };
}

const theme = byId("theme");
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ?? (systemDark.matches ? "dark" : "light")) === "dark";
const showTheme = () => theme.setAttribute("aria-pressed", String(isDark()));
theme.addEventListener("click", () => {
  const next = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  localStorage.setItem("theme", next);
  showTheme();
});
systemDark.addEventListener("change", showTheme);
showTheme();

byId("tenant").addEventListener("change", ({ target }) => {
  location.href = `/w/${encodeURIComponent(target.value)}/${target.dataset.page}/`;
});
const current = document.querySelector('.menu [aria-current="page"]');
if (current) reveal(current, { inline: "center" });
