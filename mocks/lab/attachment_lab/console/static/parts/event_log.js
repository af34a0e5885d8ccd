// The event log: each event with every configuration's verdict, and what became of its deliveries.

import { deliveryChip, reasonOf } from "../logic/delivery.js";
import { dotted } from "../logic/text.js";
import { clock, make, reconcile, setText } from "../shared/dom.js";

export function newEvent(event, redeliver) {
  const item = make("li");
  const box = make("details", "event");
  const top = make("summary");
  const words = make("span", "event-words");
  words.append(
    make("strong", "", event.event),
    make("span", "event-chat", `chat ${event.chat.slice(0, 8)}… · ${event.channel ?? ""}`),
  );
  top.append(
    make("time", "", clock.format(new Date(event.at))),
    words,
    make("span", "chip"),
    make("span", "event-why"),
  );
  box.append(top, make("ul", "verdicts"), make("ul", "deliveries"));
  box.redeliver = redeliver;
  item.append(box);
  return item;
}

export function drawEvent(item, event) {
  const last = event.deliveries.at(-1);
  drawChip(item.querySelector("summary .chip"), last);
  setText(item.querySelector(".event-why"), reasonOf(event, last));
  const box = item.querySelector("details");
  reconcile(item.querySelector(".verdicts"), event.verdicts, { key: (verdict) => verdict.id, build: newVerdict });
  reconcile(item.querySelector(".deliveries"), event.deliveries, {
    key: (delivery) => delivery.id,
    build: (delivery) => newDelivery(delivery, box.redeliver),
    draw: drawDelivery,
  });
}

export function drawChip(chip, delivery, nothing) {
  const { tone, words } = deliveryChip(delivery, nothing);
  chip.dataset.tone = tone;
  setText(chip, words);
}

function newVerdict(verdict) {
  const item = make("li", "verdict");
  item.dataset.tone = verdict.matched ? "done" : "idle";
  item.append(
    make("span", "chip", verdict.matched ? "Matched" : "Not matched"),
    make("strong", "", verdict.name),
    make("span", "", verdict.matched ? "" : verdict.reason),
  );
  return item;
}

function newDelivery(delivery, redeliver) {
  const item = make("li", "delivery");
  const top = make("div", "delivery-top");
  const again = make("button", "quiet small", "Send again");
  again.type = "button";
  again.title = "With the configuration as it is today";
  again.addEventListener("click", () => redeliver(delivery.id, again));
  top.append(make("span", "chip"), make("span", "delivery-words"), again);
  const wire = make("pre", "wire");
  wire.tabIndex = 0;
  wire.setAttribute("role", "group");
  wire.setAttribute("aria-label", "Request and answer, secrets masked");
  item.append(top, make("p", "delivery-error"), wire);
  return item;
}

function drawDelivery(item, delivery) {
  drawChip(item.querySelector(".chip"), delivery);
  const { token_use: token, duration_ms: ms } = delivery;
  const words = dotted(
    delivery.config_name,
    `attempt ${delivery.attempt}`,
    ms === null ? "" : `${Math.round(ms)} ms`,
    token && token !== "none" ? `token ${token}` : "",
    delivery.redelivery_of ? "sent again" : "",
  );
  setText(item.querySelector(".delivery-words"), words);
  setText(item.querySelector(".delivery-error"), delivery.error ?? "");
  setText(item.querySelector(".wire"), wireText(delivery));
  item.querySelector("button").disabled = delivery.state === "pending";
}

function wireText({ method, url, request_headers: headers, request_body: request, response_body: response }) {
  const lines = Object.entries(headers ?? {}).map(([name, value]) => `${name}: ${value}`);
  const parts = [`${method} ${url}`, ...lines, "", request ?? ""];
  if (response) parts.push("", "── answer ──", response);
  return parts.join("\n");
}
