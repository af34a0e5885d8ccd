// System Configurator: lists that stay live, one form at a time, and the gate reading along.

import { byId, call, clock, doing, follow, getJson, make, postJson, reconcile, setText, showTrouble } from "./base.js";
import { Editor } from "./editor.js";
import { drawEvent, newEvent } from "./eventlog.js";
import { reveal } from "./reveal.js";

const PAUSE_MS = 250;
const TONES = { error: "failed", warning: "waiting", note: "active" };
const form = byId("form");
let editing = null;
let asked = 0;
let timer = null;
let reading = { secrets: [], integrations: [], log: [] };

const editor = new Editor({ changed: () => judgeSoon() });
form.addEventListener("input", (event) => {
  if (event.target.id !== "json") judgeSoon();
});

// The form as the API takes it.
function filled() {
  const data = new FormData(form);
  const ordinal = data.get("ordinal");
  const ticked = [...form.querySelectorAll("[name=queues]:checked")].map((box) => ({
    id: box.value,
    address: box.dataset.address,
  }));
  const others = byId("other-queues")
    .value.split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => (/^[0-9A-Fa-f-]{32,36}$/.test(line) ? { id: line, address: "" } : { id: "", address: line }));
  return {
    name: data.get("name"),
    channel_type: data.get("channel_type"),
    endpoint_url: data.get("endpoint_url").trim(),
    ordinal: ordinal === "" ? null : Number(ordinal),
    direction: data.get("direction"),
    events: data.getAll("events"),
    queues: [...ticked, ...others],
    direct_conversations: data.has("direct_conversations"),
    enabled: data.has("enabled"),
  };
}

function fill(found) {
  for (const name of ["name", "channel_type", "endpoint_url", "ordinal", "direction"])
    form.elements[name].value = found[name];
  for (const box of form.querySelectorAll("[name=events]")) box.checked = found.events.includes(box.value);
  const known = [...form.querySelectorAll("[name=queues]")];
  const isTicked = (box, queue) => queue.id === box.value || (queue.address && queue.address === box.dataset.address);
  for (const box of known) box.checked = found.queues.some((queue) => isTicked(box, queue));
  byId("other-queues").value = found.queues
    .filter((queue) => !known.some((box) => isTicked(box, queue)))
    .map((queue) => queue.address || queue.id)
    .join("\n");
  form.elements.direct_conversations.checked = found.direct_conversations;
  form.elements.enabled.checked = found.enabled;
  chooseRegion();
  drawCredentials(found.authentications ?? []);
}

function chooseRegion() {
  const url = form.elements.endpoint_url.value;
  const known = [...byId("region").options].find((option) => option.value === url);
  byId("region").value = known ? url : "";
}

function drawCredentials(list) {
  byId("credentials").hidden = list.length === 0;
  byId("credential-rows").replaceChildren(
    ...list.map((each) => {
      const label = make("label", "field stacked");
      const input = make("input");
      input.type = "password";
      input.autocomplete = "new-password";
      Object.assign(input.dataset, { name: each.name, user: each.user });
      label.append(make("span", "", `${each.name}${each.user ? ` (${each.user})` : ""}`), input);
      return label;
    }),
  );
}

function open(found) {
  editing = found?.id ?? null;
  const regions = byId("region").options;
  fill(
    found ?? {
      name: "Chat attachments to SAP Service Cloud",
      channel_type: "Chat",
      endpoint_url: regions[0].value,
      ordinal: 1,
      direction: "Both",
      events: ["Ended"],
      queues: [],
      direct_conversations: false,
      enabled: true,
    },
  );
  editor.value = found?.json ?? "";
  setText(byId("edit-heading"), found ? found.name : "New integration");
  formTrouble(null);
  byId("edit").hidden = false;
  byId("wire").hidden = true;
  byId("try-verdict").hidden = true;
  byId("try-notes").replaceChildren();
  reveal(byId("edit"), { block: "start" });
  byId("edit").focus({ preventScroll: true });
  judge();
}

function judgeSoon() {
  clearTimeout(timer);
  timer = setTimeout(judge, PAUSE_MS);
}

async function judge() {
  const turn = ++asked;
  const typed = { form: filled(), json: editor.value };
  if (!typed.json.trim()) {
    drawFindings([]);
    verdict("idle", "Paste or write the JSON; the gate will judge it");
    return;
  }
  try {
    const told = await postJson("api/check", typed);
    if (turn !== asked) return;
    drawFindings(told.findings);
    const counts = [
      ["error", told.errors],
      ["warning", told.warnings],
      ["note", told.notes],
    ]
      .filter(([, count]) => count)
      .map(([word, count]) => `${count} ${word}${count === 1 ? "" : "s"}`);
    verdict(
      told.errors ? "failed" : told.warnings ? "waiting" : "done",
      counts.length ? counts.join(", ") : "The gate finds nothing wrong",
    );
  } catch (error) {
    verdict("idle", `Not judged: ${error.message}`);
  }
}

function verdict(tone, words) {
  byId("verdict").dataset.tone = tone;
  setText(byId("verdict"), words);
  byId("json").setAttribute("aria-invalid", String(tone === "failed"));
}

function drawFindings(findings) {
  editor.mark(findings.filter((each) => each.field === "json"));
  byId("fix").disabled = !findings.some((each) => each.fixable);
  const fields = new Set(findings.map((each) => each.field));
  for (const part of form.querySelectorAll("[data-for]")) part.classList.toggle("odd", fields.has(part.dataset.for));
  reconcile(byId("findings"), findings, {
    key: (each) => JSON.stringify([each.rule, each.path, each.start, each.message]),
    build: newFinding,
  });
}

function newFinding(each) {
  const item = make("li", "finding");
  item.dataset.tone = TONES[each.severity];
  item.dataset.rule = each.rule;
  const acts = make("div", "finding-acts");
  const where = make(
    "button",
    "small",
    each.field === "json" ? `Line ${each.line}, column ${each.column}` : `Field ${each.field || "of the form"}`,
  );
  where.type = "button";
  where.addEventListener("click", () => (each.field === "json" ? editor.jump(each) : toField(each.field)));
  const rule = make("button", "small", each.rule);
  rule.type = "button";
  rule.setAttribute("aria-label", `${each.severity}: explain rule ${each.rule}`);
  rule.addEventListener("click", () => explain(each.rule));
  acts.append(where, rule);
  item.append(make("p", "message", each.message), acts);
  const found = each.found ? ` Found: ${each.found}.` : "";
  item.append(make("p", "expected", `Expected: ${each.expected}.${found}`), make("p", "remedy", each.remedy));
  return item;
}

function toField(name) {
  const part = form.querySelector(`[data-for="${CSS.escape(name)}"]`);
  (part?.querySelector("input, select, textarea") ?? form.elements.name).focus();
}

async function explain(id) {
  const rule = await doing(null, () => getJson(`api/rules/${encodeURIComponent(id)}`));
  if (!rule) return;
  setText(byId("rule-heading"), `${rule.id}: ${rule.title}`);
  for (const part of ["why", "wrong", "right", "remedy"]) setText(byId(`rule-${part}`), rule[part]);
  setText(byId("rule-source"), `Source: ${rule.source}`);
  byId("rule").showModal();
}

function formTrouble(error) {
  const box = byId("form-trouble");
  box.hidden = !error;
  const details = (error?.told?.errors ?? []).map(
    (each) =>
      `${each.field}${each.line ? `, line ${each.line}, column ${each.column}` : ""}: expected ${each.expected}. ${each.remedy}.`,
  );
  setText(box, error ? [error.message, ...details].join("\n") : "");
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const credentials = [...byId("credential-rows").querySelectorAll("input")].map((input) => ({
    name: input.dataset.name,
    user: input.dataset.user,
    value: input.value,
  }));
  const body = { ...filled(), json: editor.value, ...(credentials.length ? { authentications: credentials } : {}) };
  byId("save").disabled = true;
  try {
    const saved = editing
      ? await call("PUT", `api/integrations/${editing}`, body)
      : await postJson("api/integrations", body);
    formTrouble(null);
    byId("edit").hidden = true;
    setText(byId("announce"), `${saved.name} saved`);
    byId("add-integration").focus();
  } catch (error) {
    formTrouble(error);
    reveal(byId("form-trouble"), { block: "center" });
  } finally {
    byId("save").disabled = false;
  }
});
byId("cancel").addEventListener("click", () => {
  byId("edit").hidden = true;
  byId("add-integration").focus();
});
byId("add-integration").addEventListener("click", () => open(null));
byId("region").addEventListener("change", () => {
  if (byId("region").value) form.elements.endpoint_url.value = byId("region").value;
  else form.elements.endpoint_url.focus();
  judgeSoon();
});
form.elements.endpoint_url.addEventListener("input", chooseRegion);
byId("example").addEventListener("click", async ({ currentTarget }) => {
  const told = await doing(currentTarget, () => getJson("api/example"));
  if (!told) return;
  editor.value = told.json;
  judge();
});
byId("lay-out").addEventListener("click", () => {
  try {
    editor.value = JSON.stringify(JSON.parse(editor.value), null, 2);
    judge();
  } catch {
    setText(byId("announce"), "It cannot be laid out until it is JSON.");
    editor.next();
  }
});
byId("fix").addEventListener("click", async ({ currentTarget }) => {
  const told = await doing(currentTarget, () => postJson("api/fix", { form: filled(), json: editor.value }));
  if (!told) return;
  fill({ ...filled(), ...told.form });
  editor.value = told.json;
  setText(byId("announce"), told.rules.length ? `Corrected: ${told.rules.join(", ")}` : "Nothing could be corrected");
  judge();
});

byId("try-button").addEventListener("click", async ({ currentTarget }) => {
  const chip = byId("try-verdict");
  chip.hidden = false;
  currentTarget.disabled = true;
  try {
    const told = await postJson("api/dry-run", { form: filled(), json: editor.value, event: byId("try-event").value });
    const sends = {
      true: "",
      false: " Not sent for this event: the condition is not true.",
      null: " Sent if the condition is true.",
    }[told.sends];
    chip.dataset.tone = told.ok ? "done" : "failed";
    setText(
      chip,
      told.ok ? `The endpoint would take this request.${sends}` : "The endpoint would refuse this request.",
    );
    byId("try-notes").replaceChildren(
      ...told.problems.map((words) => make("li", "bad", words)),
      ...told.notes.map((words) => make("li", "", words)),
    );
    setText(byId("wire"), told.wire);
    byId("wire").hidden = false;
  } catch (error) {
    chip.dataset.tone = "failed";
    setText(chip, error.message);
    byId("wire").hidden = true;
    byId("try-notes").replaceChildren();
  } finally {
    currentTarget.disabled = false;
  }
});

function drawLists() {
  byId("no-integrations").hidden = reading.integrations.length > 0;
  byId("no-secrets").hidden = reading.secrets.length > 0;
  reconcile(byId("integrations"), reading.integrations, {
    key: (each) => each.id,
    build: newIntegration,
    draw: drawIntegration,
  });
  reconcile(byId("secrets"), reading.secrets, { key: (each) => each.name, build: newSecret, draw: drawSecret });
  drawLog();
}

function acts(...pairs) {
  const box = make("div", "acts");
  for (const [words, label, work] of pairs) {
    const button = make("button", "quiet small", words);
    button.type = "button";
    button.setAttribute("aria-label", label);
    button.addEventListener("click", () => work(button));
    box.append(button);
  }
  return box;
}

function newIntegration(each) {
  const item = make("li", "line");
  const words = make("div", "line-words");
  const top = make("p", "line-top");
  top.append(make("strong"), make("span", "chip"));
  words.append(top, make("p", "line-what"), make("p", "line-warn"));
  item.append(
    words,
    acts(
      [
        "Edit",
        `Edit ${each.name}`,
        async (button) => open((await doing(button, () => getJson(`api/integrations/${each.id}`))) ?? null),
      ],
      [
        "Switch",
        "",
        (button) =>
          doing(button, () => call("PATCH", `api/integrations/${each.id}`, { enabled: button.dataset.on !== "true" })),
      ],
      ["Delete", `Delete ${each.name}`, () => remove(each)],
    ),
  );
  return item;
}

function drawIntegration(item, each) {
  setText(item.querySelector("strong"), each.name);
  const chip = item.querySelector(".chip");
  chip.dataset.tone = each.enabled ? "done" : "idle";
  setText(chip, each.enabled ? "Enabled" : "Disabled");
  setText(
    item.querySelector(".line-what"),
    `${each.channel_type} · ${each.direction.toLowerCase()} · ${each.events.join(", ")} · ordinal ${each.ordinal} · ${each.endpoint_url.replace("https://", "")}`,
  );
  setText(item.querySelector(".line-warn"), each.warnings.join("\n"));
  const button = item.querySelectorAll("button")[1];
  button.dataset.on = String(each.enabled);
  setText(button, each.enabled ? "Disable" : "Enable");
  button.setAttribute("aria-label", `${each.enabled ? "Disable" : "Enable"} ${each.name}`);
}

async function remove(each) {
  if (
    !(await sure(
      `Delete ${each.name}?`,
      "Its events will lead nowhere from now on. What is on its way already is still sent.",
    ))
  )
    return;
  await doing(null, () => call("DELETE", `api/integrations/${each.id}`));
  if (editing === each.id) byId("edit").hidden = true;
}

function newSecret(each) {
  const item = make("li", "line");
  const words = make("div", "line-words");
  words.append(make("p", "line-top mono", each.name), make("p", "line-what"));
  item.append(
    words,
    acts(
      ["Rotate", `Rotate ${each.name}`, () => openSecret(each.name)],
      ["Delete", `Delete ${each.name}`, () => removeSecret(each.name)],
    ),
  );
  return item;
}

function drawSecret(item, each) {
  const used = each.used_by.length ? `used by ${each.used_by.join(", ")}` : "used by no integration";
  setText(
    item.querySelector(".line-what"),
    [
      each.description,
      each.kind === "oauth" ? "OAuth credential" : "",
      used,
      `changed ${clock.format(new Date(each.updated_at))}`,
    ]
      .filter(Boolean)
      .join(" · "),
  );
}

async function removeSecret(name) {
  const users = reading.secrets.find((each) => each.name === name)?.used_by ?? [];
  const warning = users.length
    ? `Still used by: ${users.join(", ")}. Without it their requests cannot be made, and no file arrives.`
    : "No integration uses it.";
  if (!(await sure(`Delete the secret ${name}?`, warning))) return;
  await doing(null, () => call("DELETE", `api/secrets/${encodeURIComponent(name)}?force=1`));
}

function sure(heading, words) {
  const dialog = byId("sure");
  setText(byId("sure-heading"), heading);
  setText(byId("sure-words"), words);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((done) =>
    dialog.addEventListener("close", () => done(dialog.returnValue === "yes"), { once: true }),
  );
}

const secretForm = byId("secret-form");
let rotating = null;
byId("add-secret").addEventListener("click", () => openSecret(null));

function openSecret(name) {
  rotating = name;
  const known = reading.secrets.find((each) => each.name === name);
  secretForm.reset();
  setText(byId("secret-heading"), name ? `A new value for ${name}` : "New secret");
  secretForm.elements.name.value = name ?? "";
  secretForm.elements.name.disabled = Boolean(name);
  secretForm.elements.description.value = known?.description ?? "";
  secretForm.elements.kind.value = known?.kind ?? "text";
  secretKind();
  byId("secret-trouble").hidden = true;
  byId("secret-dialog").showModal();
}

function secretKind() {
  for (const part of secretForm.querySelectorAll("[data-kind]"))
    part.hidden = part.dataset.kind !== secretForm.elements.kind.value;
}

secretForm.addEventListener("change", secretKind);
secretForm.querySelector("[data-close]").addEventListener("click", () => byId("secret-dialog").close());
secretForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  const of = (name) => secretForm.elements[name].value;
  const secret =
    of("kind") === "oauth"
      ? {
          client_id: of("client_id"),
          client_secret: of("client_secret"),
          access_token_url: of("access_token_url"),
          scope: of("scope"),
        }
      : of("secret");
  try {
    if (rotating)
      await call("PUT", `api/secrets/${encodeURIComponent(rotating)}`, { description: of("description"), secret });
    else await postJson("api/secrets", { name: of("name"), description: of("description"), secret });
    byId("secret-dialog").close();
    secretForm.reset();
    setText(byId("announce"), "The secret is saved");
  } catch (error) {
    byId("secret-trouble").hidden = false;
    setText(byId("secret-trouble"), error.message);
  }
});

function drawLog() {
  const only = byId("only-last").checked;
  const shown = reading.log.filter((each) => !only || ["Ended", "Closed"].includes(each.event));
  byId("no-events").hidden = shown.length > 0;
  reconcile(byId("events"), shown, {
    key: (each) => each.id,
    build: (each) => newEvent(each, redeliver),
    draw: drawEvent,
  });
}

const redeliver = (id, button) =>
  doing(button, () => postJson(`api/deliveries/${encodeURIComponent(id)}/redeliver`, {}));
byId("only-last").addEventListener("change", drawLog);
byId("fix").disabled = true;
follow("events", {
  office: (told) => {
    reading = told;
    drawLists();
  },
});
showTrouble(null);
