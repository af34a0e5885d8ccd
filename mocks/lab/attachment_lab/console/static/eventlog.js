// The event log: each event with every configuration's verdict, and what became of its deliveries.

import { clock, make, reconcile, setText } from "./base.js";

const STATES = {
  pending: ["active", "On its way"],
  delivered: ["done", "Delivered"],
  failed: ["failed", "Not delivered"],
  not_sent: ["failed", "Not sent"],
};

export function newEvent(each, redeliver) {
  const item = make("li");
  const box = make("details", "event");
  const top = make("summary");
  const words = make("span", "event-words");
  words.append(
    make("strong", "", each.event),
    make("span", "event-chat", `chat ${each.chat.slice(0, 8)}… · ${each.channel ?? ""}`),
  );
  top.append(make("time", "", clock.format(new Date(each.at))), words, make("span", "chip"), make("span", "event-why"));
  box.append(top, make("ul", "verdicts"), make("ul", "deliveries"));
  box.redeliver = redeliver;
  item.append(box);
  return item;
}

export function drawEvent(item, each) {
  const last = each.deliveries.at(-1);
  const chip = item.querySelector("summary .chip");
  const [tone, words] = last ? (STATES[last.state] ?? ["idle", last.state]) : ["idle", "Nothing sent"];
  chip.dataset.tone = tone;
  setText(chip, last?.status ? `${words}, ${last.status}` : words);
  setText(item.querySelector(".event-why"), why(each, last));
  reconcile(item.querySelector(".verdicts"), each.verdicts, { key: (verdict) => verdict.id, build: newVerdict });
  const box = item.querySelector("details");
  reconcile(item.querySelector(".deliveries"), each.deliveries, {
    key: (row) => row.id,
    build: (row) => newDelivery(row, box.redeliver),
    draw: drawDelivery,
  });
}

function why(each, last) {
  if (last) return last.error ?? "";
  if (!each.verdicts.length) return "There is no event-driven integration.";
  return each.verdicts.map((verdict) => `${verdict.name}: ${verdict.reason}`).join("; ");
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

function newDelivery(row, redeliver) {
  const item = make("li", "delivery");
  const top = make("div", "delivery-top");
  const again = make("button", "quiet small", "Send again");
  again.type = "button";
  again.title = "With the configuration as it is today";
  again.addEventListener("click", () => redeliver(row.id, again));
  top.append(make("span", "chip"), make("span", "delivery-words"), again);
  const wire = make("pre", "wire");
  wire.tabIndex = 0;
  wire.setAttribute("role", "group");
  wire.setAttribute("aria-label", "Request and answer, secrets masked");
  item.append(top, make("p", "delivery-error"), wire);
  return item;
}

function drawDelivery(item, row) {
  const [tone, words] = STATES[row.state] ?? ["idle", row.state];
  const chip = item.querySelector(".chip");
  chip.dataset.tone = tone;
  setText(chip, row.status ? `${words}, ${row.status}` : words);
  const took = row.duration_ms === null ? "" : `${Math.round(row.duration_ms)} ms`;
  const token = row.token_use && row.token_use !== "none" ? `token ${row.token_use}` : "";
  const repeat = row.redelivery_of ? "sent again" : "";
  setText(
    item.querySelector(".delivery-words"),
    [row.config_name, `attempt ${row.attempt}`, took, token, repeat].filter(Boolean).join(" · "),
  );
  setText(item.querySelector(".delivery-error"), row.error ?? "");
  const headers = Object.entries(row.request_headers ?? {}).map(([name, value]) => `${name}: ${value}`);
  const parts = [`${row.method} ${row.url}`, ...headers, "", row.request_body ?? ""];
  if (row.response_body) parts.push("", `── answer ──`, row.response_body);
  setText(item.querySelector(".wire"), parts.join("\n"));
  item.querySelector("button").disabled = row.state === "pending";
}
