// The form of one integration: its fields, its JSON, and the gate that checks it as one types.

import {
  dryRunVerdict,
  isQueue,
  ordinalOf,
  otherQueues,
  parseQueues,
  refusalLines,
  verdictOf,
} from "../logic/integration.js";
import { call, doing, getJson, postJson } from "../shared/calls.js";
import { byId, make, reconcile, setText } from "../shared/dom.js";
import { reveal } from "../shared/reveal.js";
import { Editor } from "./editor.js";
import { newFinding } from "./finding.js";
import { offerTenant } from "./open_tenant.js";

const PAUSE_MS = 250;
const PLAIN_FIELDS = ["name", "description", "channel_type", "endpoint_url", "ordinal", "direction"];
const NEW = {
  name: "Chat attachments to SAP Service Cloud",
  description: "",
  ordinal: 1,
  direction: "Both",
  events: ["Ended"],
  queues: [],
  direct_conversations: false,
  enabled: true,
};
const form = byId("form");
let editing = null;
let turn = 0;
let timer = null;

const editor = new Editor({ changed: () => checkSoon() });
const queueBoxes = () => [...form.querySelectorAll("[name=queues]")];
const queueOf = (box) => ({ id: box.value, address: box.dataset.address });

// The form as the API takes it.
function readForm() {
  const data = new FormData(form);
  const ticked = queueBoxes().filter((box) => box.checked);
  return {
    name: data.get("name"),
    description: data.get("description"),
    channel_type: data.get("channel_type"),
    endpoint_url: data.get("endpoint_url").trim(),
    ordinal: ordinalOf(data.get("ordinal")),
    direction: data.get("direction"),
    events: data.getAll("events"),
    queues: [...ticked.map(queueOf), ...parseQueues(byId("other-queues").value)],
    direct_conversations: data.has("direct_conversations"),
    enabled: data.has("enabled"),
  };
}

const typed = () => ({ form: readForm(), json: editor.value });

function fillForm(saved) {
  for (const name of PLAIN_FIELDS) form.elements[name].value = saved[name];
  for (const box of form.querySelectorAll("[name=events]")) box.checked = saved.events.includes(box.value);
  for (const box of queueBoxes()) box.checked = saved.queues.some((queue) => isQueue(queueOf(box), queue));
  byId("other-queues").value = otherQueues(saved.queues, queueBoxes().map(queueOf));
  form.elements.direct_conversations.checked = saved.direct_conversations;
  form.elements.enabled.checked = saved.enabled;
  chooseRegion();
  drawCredentials(saved.authentications ?? []);
}

function chooseRegion() {
  const url = form.elements.endpoint_url.value;
  const known = [...byId("region").options].find((option) => option.value === url);
  byId("region").value = known ? url : "";
}

function drawCredentials(list) {
  byId("credentials").hidden = list.length === 0;
  byId("credential-rows").replaceChildren(
    ...list.map(({ name, user }) => {
      const label = make("label", "field stacked");
      const input = Object.assign(make("input"), { type: "password", autocomplete: "new-password" });
      Object.assign(input.dataset, { name, user });
      label.append(make("span", "", `${name}${user ? ` (${user})` : ""}`), input);
      return label;
    }),
  );
}

// Opens a saved integration, or for null a new one of this channel type.
export function openIntegration(saved, channel = "Chat") {
  editing = saved?.id ?? null;
  fillForm(saved ?? { ...NEW, channel_type: channel, endpoint_url: byId("region").options[0].value });
  editor.value = saved?.json ?? "";
  setText(byId("edit-heading"), saved ? saved.name : "New integration");
  showRefusal(null);
  byId("edit").hidden = false;
  byId("wire").hidden = true;
  byId("try-verdict").hidden = true;
  byId("try-notes").replaceChildren();
  reveal(byId("edit"), { block: "start" });
  byId("edit").focus({ preventScroll: true });
  check();
}

// Closes the form if it shows this integration.
export function closeIntegration(id) {
  if (editing === id) byId("edit").hidden = true;
}

function close() {
  byId("edit").hidden = true;
  byId("add-integration").focus();
}

// -- the gate ----------------------------------------------------------------

function checkSoon() {
  clearTimeout(timer);
  timer = setTimeout(check, PAUSE_MS);
}

async function check() {
  turn += 1;
  const mine = turn;
  if (!editor.value.trim()) {
    drawFindings([]);
    showVerdict("idle", "Paste or write the JSON; the gate will check it");
    return;
  }
  try {
    const report = await postJson("api/check", typed());
    if (mine !== turn) return; // something was typed meanwhile
    drawFindings(report.findings);
    const { tone, words } = verdictOf(report);
    showVerdict(tone, words);
  } catch (error) {
    showVerdict("idle", `Not checked: ${error.message}`);
  }
}

function showVerdict(tone, words) {
  byId("verdict").dataset.tone = tone;
  setText(byId("verdict"), words);
  byId("json").setAttribute("aria-invalid", String(tone === "failed"));
}

function drawFindings(findings) {
  editor.mark(findings.filter((each) => each.field === "json"));
  byId("fix").disabled = !findings.some((each) => each.fixable);
  const fields = new Set(findings.map((each) => each.field));
  for (const part of form.querySelectorAll("[data-for]"))
    part.classList.toggle("has-finding", fields.has(part.dataset.for));
  reconcile(byId("findings"), findings, {
    key: (each) => JSON.stringify([each.rule, each.path, each.start, each.message]),
    build: (each) => newFinding(each, () => (each.field === "json" ? editor.jump(each) : toField(each.field))),
  });
}

function toField(name) {
  const part = form.querySelector(`[data-for="${CSS.escape(name)}"]`);
  (part?.querySelector("input, select, textarea") ?? form.elements.name).focus();
}

// -- saving, correcting, trying ----------------------------------------------

function showRefusal(error) {
  byId("form-trouble").hidden = !error;
  setText(byId("form-trouble"), error ? [error.message, ...refusalLines(error.problem?.errors ?? [])].join("\n") : "");
}

function credentials() {
  const inputs = [...byId("credential-rows").querySelectorAll("input")];
  const list = inputs.map(({ dataset, value }) => ({ name: dataset.name, user: dataset.user, value }));
  return list.length ? { authentications: list } : {};
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = { ...readForm(), json: editor.value, ...credentials() };
  byId("save").disabled = true;
  try {
    const [method, path] = editing ? ["PUT", `api/integrations/${editing}`] : ["POST", "api/integrations"];
    const saved = await call(method, path, body);
    showRefusal(null);
    close();
    setText(byId("announce"), `${saved.name} saved`);
  } catch (error) {
    showRefusal(error);
    reveal(byId("form-trouble"), { block: "center" });
  } finally {
    byId("save").disabled = false;
  }
});
form.addEventListener("input", (event) => {
  if (event.target.id !== "json") checkSoon();
});
byId("cancel").addEventListener("click", close);
byId("region").addEventListener("change", () => {
  if (byId("region").value) form.elements.endpoint_url.value = byId("region").value;
  else form.elements.endpoint_url.focus();
  checkSoon();
});
form.elements.endpoint_url.addEventListener("input", chooseRegion);
byId("example").addEventListener("click", async ({ currentTarget }) => {
  const example = await doing(currentTarget, () => getJson("api/example"));
  if (!example) return;
  editor.value = example.json;
  check();
});
offerTenant(typed);
byId("lay-out").addEventListener("click", () => {
  try {
    editor.value = JSON.stringify(JSON.parse(editor.value), null, 2);
    check();
  } catch {
    setText(byId("announce"), "It cannot be laid out until it is JSON.");
    editor.next();
  }
});
byId("fix").addEventListener("click", async ({ currentTarget }) => {
  const corrected = await doing(currentTarget, () => postJson("api/fix", typed()));
  if (!corrected) return;
  fillForm({ ...readForm(), ...corrected.form });
  editor.value = corrected.json;
  const rules = corrected.rules.join(", ");
  setText(byId("announce"), rules ? `Corrected: ${rules}` : "Nothing could be corrected");
  check();
});
byId("try-button").addEventListener("click", async ({ currentTarget }) => {
  currentTarget.disabled = true;
  try {
    showDryRun(await postJson("api/dry-run", { ...typed(), event: byId("try-event").value }));
  } catch (error) {
    showDryRun({ ok: false, message: error.message, problems: [], notes: [], wire: "" });
  } finally {
    currentTarget.disabled = false;
  }
});

function showDryRun({ ok, sends, message, problems, notes, wire }) {
  const chip = byId("try-verdict");
  chip.hidden = false;
  chip.dataset.tone = ok ? "done" : "failed";
  setText(chip, message ?? dryRunVerdict({ ok, sends }));
  byId("try-notes").replaceChildren(
    ...problems.map((words) => make("li", "bad", words)),
    ...notes.map((words) => make("li", "", words)),
  );
  setText(byId("wire"), wire);
  byId("wire").hidden = !wire;
}

byId("fix").disabled = true;
