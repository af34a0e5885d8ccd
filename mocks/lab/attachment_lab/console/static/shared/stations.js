// The stack of five stations, wherever a page shows it: stations, the files' tokens in their trays, and their flight.

import { kindOf } from "../logic/text.js";
import { make, reducedMotion, setText } from "./dom.js";

const GLIDE_MS = 650;
// More tokens than this are drawn small; gliding so many would stutter.
const MANY = 40;

export function drawStations(stations) {
  const stack = [...document.querySelectorAll(".station")];
  stations.forEach((station, index) => {
    const element = stack[index];
    element.dataset.tone = station.tone;
    const next = stations[index + 1];
    element.dataset.passed = String(Boolean(next) && station.tone !== "idle" && next.tone !== "idle");
    element.dataset.flow = String(["active", "waiting"].includes(next?.tone));
    setText(element.querySelector(".headline"), station.headline);
    setText(element.querySelector(".detail"), station.detail);
    const remedy = element.querySelector(".remedy");
    setText(remedy, station.remedy);
    remedy.hidden = !station.remedy;
  });
}

export function clearStack() {
  const idle = { tone: "idle", headline: "–", detail: "", remedy: "" };
  drawStations(Array(5).fill(idle));
  drawTokens([]);
}

// First, last, invert, play: a token that changes trays glides there instead of jumping. `speed` shortens the flight.
export function drawTokens(files, { speed = 1 } = {}) {
  const trays = [...document.querySelectorAll(".station .tray")];
  const old = new Map([...document.querySelectorAll(".stack .token")].map((token) => [token.dataset.id, token]));
  const glides = !reducedMotion.matches && files.length <= MANY && speed <= 4;
  const before = glides ? new Map([...old].map(([id, token]) => [id, token.getBoundingClientRect()])) : null;
  document.querySelector(".stack").dataset.many = String(files.length > MANY);
  for (const file of files) {
    const token = old.get(file.id) ?? newToken(file);
    old.delete(file.id);
    if (token.dataset.tone !== file.tone) token.dataset.tone = file.tone;
    const tray = trays[file.station];
    if (token.parentElement !== tray) tray.append(token);
  }
  for (const token of old.values()) token.remove();
  if (!glides) return;
  for (const token of document.querySelectorAll(".stack .token"))
    glide(token, before.get(token.dataset.id), GLIDE_MS / Math.max(1, speed));
}

function newToken(file) {
  const token = make("li", "token", file.kind);
  token.dataset.id = file.id;
  token.dataset.kind = kindOf(file.kind);
  token.title = file.name;
  return token;
}

function glide(token, from, duration) {
  if (!from) {
    token.animate(
      [
        { opacity: 0, transform: "translateY(-.6rem)" },
        { opacity: 1, transform: "none" },
      ],
      { duration: 260, easing: "ease-out" },
    );
    return;
  }
  const to = token.getBoundingClientRect();
  const [x, y] = [from.left - to.left, from.top - to.top];
  if (Math.abs(x) + Math.abs(y) < 1) return;
  token.animate(
    [
      { transform: `translate(${x}px, ${y}px)`, zIndex: 5 },
      { transform: "none", zIndex: 5 },
    ],
    { duration, easing: "cubic-bezier(.3,.7,.2,1)" },
  );
}
