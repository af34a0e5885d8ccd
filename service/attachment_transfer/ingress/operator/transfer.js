// One transfer in full: its facts, its files, its audit trail.

import { chip, element, when } from "./elements.js";
import { bytes, plural } from "./words.js";

export function facts(transfer) {
  const activity = transfer.activity ? `${transfer.activity.set} ${transfer.activity.object_id}` : "not found yet";
  const pairs = [
    ["Transfer", element("code", {}, transfer.id)],
    ["Contact", element("code", {}, transfer.contact_id)],
    ["C4C activity", element("code", {}, activity)],
    ["Rounds", String(transfer.rounds)],
    ["Accepted", when(transfer.created_at)],
    ["Changed", when(transfer.updated_at)],
  ];
  if (transfer.next_round_at) pairs.push(["Next round", when(transfer.next_round_at)]);
  const list = element(
    "dl",
    { class: "facts" },
    ...pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
  );
  return element("div", {}, transfer.reason ? why(transfer.reason) : null, list);
}

const why = (reason) =>
  element(
    "div",
    { class: "why" },
    element("p", {}, element("code", {}, reason.code), " ", reason.message),
    element("p", { class: "remedy" }, element("strong", {}, "Remedy: "), reason.remedy),
  );

export function files(attachments) {
  const head = element(
    "tr",
    {},
    ...["File", "State", "Size", "SHA-256", "C4C object", "Attempts"].map((name) =>
      element("th", { class: ["Size", "Attempts"].includes(name) ? "number" : null }, name),
    ),
  );
  const rows = attachments.flatMap((item) => [
    element(
      "tr",
      {},
      element("td", { class: "name" }, element("bdi", {}, item.stored_name || item.name)),
      element("td", {}, chip(item.state)),
      element("td", { class: "number" }, bytes(item.size_bytes)),
      element("td", {}, item.sha256 ? element("code", { title: item.sha256 }, `${item.sha256.slice(0, 12)}…`) : ""),
      element(
        "td",
        {},
        item.c4c_object_id ? element("code", { title: item.c4c_object_id }, `…${item.c4c_object_id.slice(-8)}`) : "",
      ),
      element("td", { class: "number" }, String(item.attempts)),
    ),
    ...(item.reason ? [element("tr", { class: "because" }, element("td", { colspan: 6 }, why(item.reason)))] : []),
  ]);
  const table = element(
    "div",
    { class: "scroll" },
    element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)),
  );
  return element(
    "section",
    {},
    element("h3", {}, plural(attachments.length, "attachment")),
    attachments.length ? table : element("p", { class: "empty" }, "None is known yet."),
  );
}

export function timeline(lines, attachments) {
  const names = new Map(attachments.map((item) => [item.id, item.stored_name || item.name]));
  const file = (line) =>
    line.attachment_id && names.has(line.attachment_id) ? element("bdi", {}, names.get(line.attachment_id)) : null;
  const actor = (name) =>
    element("span", { class: "actor", title: name }, name.includes("#") ? name.split("#").pop() : name);
  const items = lines.map((line) =>
    element(
      "li",
      {},
      when(line.at),
      element("strong", {}, line.action),
      actor(line.actor),
      element("span", { class: "dim" }, file(line), line.attachment_id ? " · " : "", line.detail),
    ),
  );
  return element("section", {}, element("h3", {}, "Audit"), element("ol", { class: "trail" }, ...items));
}
