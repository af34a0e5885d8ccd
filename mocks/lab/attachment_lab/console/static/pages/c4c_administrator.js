// C4C's administrator: communication systems and arrangements, live.

import { dotted } from "../logic/text.js";
import { drawServiceBoxes, openArrangement, openCredentials } from "../parts/arrangement_form.js";
import { drawSystems } from "../parts/communication_systems.js";
import { actions, confirmed } from "../parts/list_line.js";
import { call, doing, follow, postJson } from "../shared/calls.js";
import { byId, make, reconcile, setText } from "../shared/dom.js";
import { reveal } from "../shared/reveal.js";

let isFirst = true;
let systems = [];
let arrangements = [];
const byNumber = (id) => arrangements.find((each) => each.id === id);

function draw(reading) {
  ({ systems, arrangements } = reading);
  drawServiceBoxes(reading.services);
  drawSystems(systems);
  byId("no-arrangements").hidden = arrangements.length > 0;
  reconcile(byId("arrangement-list"), arrangements, { key: (each) => each.id, build: newLine, draw: drawLine });
  // The lists have moved what the address points at.
  if (isFirst && location.hash) reveal(byId(location.hash.slice(1)) ?? byId("systems"), { block: "start" });
  isFirst = false;
}

function newLine({ id, user }) {
  const item = make("li", "line");
  const words = make("div", "line-words");
  const top = make("p", "line-top");
  top.append(make("strong", "mono", user), make("span", "chip"));
  words.append(top, make("p", "line-what"), make("p", "line-services"), make("p", "line-warn"));
  const unlock = [
    "Unlock",
    `Unlock ${user}`,
    (button) => doing(button, () => postJson(`${userPath(user)}/unlock`, {})),
  ];
  item.append(
    words,
    actions(
      ["Edit", `Edit arrangement ${id}`, () => openArrangement(byNumber(id), systems)],
      ["Edit Credentials", `Edit Credentials of ${user}`, () => openCredentials(byNumber(id))],
      unlock,
      ["Delete", `Delete arrangement ${id}`, () => remove(id, user)],
    ),
  );
  return item;
}

const userPath = (user) => `api/users/${encodeURIComponent(user)}`;

function drawLine(item, { id, scenario, system, services, missing, locked }) {
  const chip = item.querySelector(".chip");
  chip.dataset.tone = locked ? "failed" : missing.length ? "waiting" : "done";
  setText(chip, locked ? "User locked" : missing.length ? "Services missing" : "Complete");
  setText(item.querySelector(".line-what"), dotted(`Arrangement ${id}`, scenario, system || "no system"));
  setText(item.querySelector(".line-services"), `Services used: ${services.join(", ") || "none"}`);
  const why = missing.length ? `Not ticked, so the upload is refused with 403 there: ${missing.join(", ")}` : "";
  setText(item.querySelector(".line-warn"), why);
  item.querySelectorAll("button")[2].hidden = !locked;
}

async function remove(id, user) {
  const words = `The user ${user} stays and loses the services that only this arrangement ticks.`;
  if (!(await confirmed(`Delete arrangement ${id}?`, words))) return;
  await doing(null, () => call("DELETE", `api/arrangements/${id}`));
}

byId("add-arrangement").addEventListener("click", () => openArrangement(null, systems));
follow("events", { administrator: draw });
