// One finding of the contract gate, and the dialog that explains its rule.

import { doing, getJson } from "../shared/calls.js";
import { byId, make, setText } from "../shared/dom.js";

const TONES = { error: "failed", warning: "waiting", note: "active" };

export function newFinding(finding, jump) {
  const item = make("li", "finding");
  item.dataset.tone = TONES[finding.severity];
  item.dataset.rule = finding.rule;
  const { line, column } = finding;
  const place = finding.field === "json" ? `Line ${line}, column ${column}` : `Field ${finding.field || "of the form"}`;
  const where = make("button", "small", place);
  where.type = "button";
  where.addEventListener("click", jump);
  const rule = make("button", "small", finding.rule);
  rule.type = "button";
  rule.setAttribute("aria-label", `${finding.severity}: explain rule ${finding.rule}`);
  rule.addEventListener("click", () => explain(finding.rule));
  const acts = make("div", "finding-acts");
  acts.append(where, rule);
  const found = finding.found ? ` Found: ${finding.found}.` : "";
  item.append(
    make("p", "message", finding.message),
    acts,
    make("p", "expected", `Expected: ${finding.expected}.${found}`),
    make("p", "remedy", finding.remedy),
  );
  return item;
}

async function explain(id) {
  const rule = await doing(null, () => getJson(`api/rules/${encodeURIComponent(id)}`));
  if (!rule) return;
  setText(byId("rule-heading"), `${rule.id}: ${rule.title}`);
  for (const part of ["why", "wrong", "right", "remedy"]) setText(byId(`rule-${part}`), rule[part]);
  setText(byId("rule-source"), `Source: ${rule.source}`);
  byId("rule").showModal();
}
