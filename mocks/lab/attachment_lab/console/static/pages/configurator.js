// System Configurator: lists that stay live, one form at a time, and the event log.

import { integrationLine } from "../logic/integration.js";
import { drawEvent, newEvent } from "../parts/event_log.js";
import { closeIntegration, openIntegration } from "../parts/integration_form.js";
import { actions, confirmed } from "../parts/list_line.js";
import { drawSecrets } from "../parts/secrets.js";
import { call, doing, follow, getJson, postJson } from "../shared/calls.js";
import { byId, make, reconcile, setText } from "../shared/dom.js";

const LAST_EVENTS = ["Ended", "Closed"];
let log = [];

function draw(reading) {
  byId("no-integrations").hidden = reading.integrations.length > 0;
  reconcile(byId("integrations"), reading.integrations, {
    key: (each) => each.id,
    build: newIntegration,
    draw: drawIntegration,
  });
  drawSecrets(reading.secrets);
  log = reading.log;
  drawLog();
}

function newIntegration({ id, name }) {
  const item = make("li", "line");
  const words = make("div", "line-words");
  const top = make("p", "line-top");
  top.append(make("strong"), make("span", "chip"));
  words.append(top, make("p", "line-what"), make("p", "line-warn"));
  item.append(
    words,
    actions(
      ["Edit", `Edit ${name}`, (button) => edit(button, id)],
      ["Switch", "", (button) => toggle(button, id)],
      ["Delete", `Delete ${name}`, () => remove(id, name)],
    ),
  );
  return item;
}

function drawIntegration(item, each) {
  setText(item.querySelector("strong"), each.name);
  const chip = item.querySelector(".chip");
  chip.dataset.tone = each.enabled ? "done" : "idle";
  setText(chip, each.enabled ? "Enabled" : "Disabled");
  setText(item.querySelector(".line-what"), integrationLine(each));
  setText(item.querySelector(".line-warn"), each.warnings.join("\n"));
  const button = item.querySelectorAll("button")[1];
  const words = each.enabled ? "Disable" : "Enable";
  button.dataset.on = String(each.enabled);
  setText(button, words);
  button.setAttribute("aria-label", `${words} ${each.name}`);
}

async function edit(button, id) {
  const saved = await doing(button, () => getJson(`api/integrations/${id}`));
  if (saved) openIntegration(saved);
}

function toggle(button, id) {
  return doing(button, () => call("PATCH", `api/integrations/${id}`, { enabled: button.dataset.on !== "true" }));
}

async function remove(id, name) {
  const words = "Its events will lead nowhere from now on. What is on its way already is still sent.";
  if (!(await confirmed(`Delete ${name}?`, words))) return;
  await doing(null, () => call("DELETE", `api/integrations/${id}`));
  closeIntegration(id);
}

function drawLog() {
  const only = byId("only-last").checked;
  const shown = log.filter((each) => !only || LAST_EVENTS.includes(each.event));
  byId("no-events").hidden = shown.length > 0;
  reconcile(byId("events"), shown, {
    key: (each) => each.id,
    build: (each) => newEvent(each, redeliver),
    draw: drawEvent,
  });
}

const redeliver = (id, button) =>
  doing(button, () => postJson(`api/deliveries/${encodeURIComponent(id)}/redeliver`, {}));

const channels = byId("channel-dialog");
byId("add-integration").addEventListener("click", () => {
  channels.returnValue = ""; // what Escape leaves
  channels.showModal();
});
channels.addEventListener("close", () => {
  if (channels.returnValue) openIntegration(null, channels.returnValue);
});
byId("only-last").addEventListener("change", drawLog);
follow("events", { configurator: draw });
