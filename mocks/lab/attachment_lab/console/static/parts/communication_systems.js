// Communication systems: their list, and the dialog for a new one or another host name.

import { dotted } from "../logic/text.js";
import { call, doing, postJson } from "../shared/calls.js";
import { byId, make, reconcile, setText } from "../shared/dom.js";
import { clearErrors, submitting } from "./form_errors.js";
import { actions, confirmed } from "./list_line.js";

const form = byId("system-form");
const dialog = byId("system-dialog");
let systems = [];
let editing = null;

export function drawSystems(list) {
  systems = list;
  byId("no-systems").hidden = list.length > 0;
  reconcile(byId("system-list"), list, { key: (each) => each.id, build: newSystem, draw: drawSystem });
}

function newSystem({ id }) {
  const item = make("li", "line");
  const words = make("div", "line-words");
  words.append(make("p", "line-top mono", id), make("p", "line-what"), make("p", "line-warn"));
  item.append(words, actions(["Edit", `Edit ${id}`, () => open(id)], ["Delete", `Delete ${id}`, () => remove(id)]));
  return item;
}

function drawSystem(item, { host, used_by: numbers }) {
  const users = numbers.length ? `used by arrangement ${numbers.join(", ")}` : "used by no arrangement";
  setText(item.querySelector(".line-what"), dotted(host, users));
  setText(item.querySelector(".line-warn"), host ? "" : "No host name is maintained.");
}

async function remove(id) {
  const words = "Without a communication system, C4C keeps no external reference of a chat.";
  if (!(await confirmed(`Delete the communication system ${id}?`, words))) return;
  await doing(null, () => call("DELETE", `api/systems/${encodeURIComponent(id)}`));
}

function open(id) {
  editing = id;
  form.reset();
  clearErrors(form);
  setText(byId("system-heading"), id ? `Communication system ${id}` : "New communication system");
  form.elements.id.value = id ?? "";
  form.elements.id.disabled = Boolean(id);
  form.elements.host.value = systems.find((each) => each.id === id)?.host ?? "";
  dialog.showModal();
}

byId("add-system").addEventListener("click", () => open(null));
form.querySelector("[data-close]").addEventListener("click", () => dialog.close());
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [id, host] = [form.elements.id.value.trim(), form.elements.host.value.trim()];
  const done = await submitting(form, event.submitter ?? form.querySelector("[type=submit]"), () =>
    editing
      ? call("PUT", `api/systems/${encodeURIComponent(editing)}`, { host })
      : postJson("api/systems", { id, host }),
  );
  if (!done) return;
  dialog.close();
  setText(byId("announce"), `Communication system ${id} is saved`);
});
