// The secrets manager: its list, and the dialog for a new secret or a new value. Values go in and never come out.

import { dotted } from "../logic/text.js";
import { call, doing, postJson } from "../shared/calls.js";
import { byId, clock, make, reconcile, setText } from "../shared/dom.js";
import { actions, confirmed } from "./list_line.js";

const form = byId("secret-form");
const dialog = byId("secret-dialog");
let secrets = [];
let rotating = null;

export function drawSecrets(list) {
  secrets = list;
  byId("no-secrets").hidden = list.length > 0;
  reconcile(byId("secrets"), list, { key: (each) => each.name, build: newSecret, draw: drawSecret });
}

function newSecret({ name }) {
  const item = make("li", "line");
  const words = make("div", "line-words");
  words.append(make("p", "line-top mono", name), make("p", "line-what"));
  item.append(
    words,
    actions(
      ["Rotate", `Rotate ${name}`, () => openSecret(name)],
      ["Delete", `Delete ${name}`, () => removeSecret(name)],
    ),
  );
  return item;
}

function drawSecret(item, { description, kind, used_by: users, updated_at: updated }) {
  const words = dotted(
    description,
    kind === "oauth" ? "OAuth credential" : "",
    users.length ? `used by ${users.join(", ")}` : "used by no integration",
    `changed ${clock.format(new Date(updated))}`,
  );
  setText(item.querySelector(".line-what"), words);
}

async function removeSecret(name) {
  const users = secrets.find((each) => each.name === name)?.used_by ?? [];
  const warning = users.length
    ? `Still used by: ${users.join(", ")}. Without it their requests cannot be built, and no file arrives.`
    : "No integration uses it.";
  if (!(await confirmed(`Delete the secret ${name}?`, warning))) return;
  await doing(null, () => call("DELETE", `api/secrets/${encodeURIComponent(name)}?force=1`));
}

function openSecret(name) {
  rotating = name;
  const known = secrets.find((each) => each.name === name);
  form.reset();
  setText(byId("secret-heading"), name ? `A new value for ${name}` : "New secret");
  form.elements.name.value = name ?? "";
  form.elements.name.disabled = Boolean(name);
  form.elements.description.value = known?.description ?? "";
  form.elements.kind.value = known?.kind ?? "text";
  showKind();
  byId("secret-trouble").hidden = true;
  dialog.showModal();
}

function showKind() {
  for (const part of form.querySelectorAll("[data-kind]")) {
    part.hidden = part.dataset.kind !== form.elements.kind.value;
  }
}

function secretValue() {
  const field = (name) => form.elements[name].value;
  if (field("kind") !== "oauth") return field("secret");
  const names = ["client_id", "client_secret", "access_token_url", "scope"];
  return Object.fromEntries(names.map((name) => [name, field(name)]));
}

byId("add-secret").addEventListener("click", () => openSecret(null));
form.addEventListener("change", showKind);
form.querySelector("[data-close]").addEventListener("click", () => dialog.close());
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = { description: form.elements.description.value, secret: secretValue() };
  try {
    if (rotating) await call("PUT", `api/secrets/${encodeURIComponent(rotating)}`, body);
    else await postJson("api/secrets", { name: form.elements.name.value, ...body });
    dialog.close();
    form.reset();
    setText(byId("announce"), "The secret is saved");
  } catch (error) {
    byId("secret-trouble").hidden = false;
    setText(byId("secret-trouble"), error.message);
  }
});
