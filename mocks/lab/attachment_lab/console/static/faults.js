// Faults, clock and scenarios. The stack above is the same picture as on the chain's page.

import { byId, call, doing, follow, getJson, make, postJson, reconcile, setText, showTrouble } from "./base.js";
import { clearStack, drawStations, drawTokens } from "./stack.js";

const NAMES = { orchestration: "Contact Pro", cmi: "CMI", c4c: "SAP Service Cloud", service: "Transfer service" };
const PHASES = { before: "before the work: it is not done", after: "after the work: it is done" };
const time = new Intl.DateTimeFormat(undefined, {
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

let catalogue = { places: [], kinds: [], fault_proxy: false };
let clocks = [];
const chosen = new URLSearchParams(location.search).get("chat");
let announced = "";
const cards = [...document.querySelectorAll(".scenario")];

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

function announce(words) {
  if (words === announced) return;
  announced = words;
  setText(byId("announce"), words);
}

// The form -----------------------------------------------------------------------------------------------------------

function fillPlaces() {
  const groups = new Map();
  for (const place of catalogue.places) {
    if (!groups.has(place.hop))
      groups.set(place.hop, Object.assign(document.createElement("optgroup"), { label: place.hop }));
    groups.get(place.hop).append(new Option(place.title, place.id));
  }
  byId("place").replaceChildren(...groups.values());
  byId("place").value = "upload";
}

function fillKinds() {
  const place = catalogue.places.find((each) => each.id === byId("place").value);
  const before = byId("kind").value;
  const [app, wire] = ["app", "wire"].map((layer) =>
    catalogue.kinds.filter((each) => each.layer === layer && place.kinds.includes(each.kind)),
  );
  const answers = Object.assign(document.createElement("optgroup"), { label: "The answer" });
  answers.append(...app.map((each) => new Option(each.title, each.kind)));
  const groups = [answers];
  if (wire.length) {
    const wires = Object.assign(document.createElement("optgroup"), {
      label: catalogue.fault_proxy ? "The wire" : "The wire (this stack has no fault proxies)",
    });
    wires.append(...wire.map((each) => new Option(each.title, each.kind)));
    wires.disabled = !catalogue.fault_proxy;
    groups.push(wires);
  }
  byId("kind").replaceChildren(...groups);
  if (place.kinds.includes(before)) byId("kind").value = before;
  fillFields();
}

const kind = () => catalogue.kinds.find((each) => each.kind === byId("kind").value);

function fillFields() {
  const { says, phases, fields } = kind();
  setText(byId("says"), says);
  byId("phases").hidden = phases.length < 2;
  byId("phases")
    .querySelector(".radios")
    .replaceChildren(
      ...phases.map((phase, index) => {
        const label = make("label", "check");
        const radio = Object.assign(document.createElement("input"), {
          type: "radio",
          name: "phase",
          value: phase,
          checked: index === 0,
        });
        label.append(radio, PHASES[phase]);
        return label;
      }),
    );
  byId("params").replaceChildren(...fields.map(field));
  showErrors([]);
}

function controlFor({ input, least, most, choices }) {
  if (input === "choice") {
    const select = make("select");
    select.append(...choices.map((choice) => new Option(choice, choice)));
    return select;
  }
  if (["headers", "lines"].includes(input)) return Object.assign(make("textarea", "code"), { rows: 2 });
  if (input === "text") return Object.assign(make("input"), { type: "text" });
  const number = Object.assign(make("input"), { type: "number", step: input === "whole" ? "1" : "any" });
  if (least !== null) number.min = least;
  if (most !== null) number.max = most;
  return number;
}

function field(parameter) {
  const { name, label, input, default: start, hint } = parameter;
  const box = make("div", ["headers", "lines"].includes(input) ? "stacked wide" : "stacked");
  const id = `param-${name}`;
  box.append(Object.assign(make("label", "", label), { htmlFor: id }));
  const control = Object.assign(controlFor(parameter), { id, value: start });
  control.dataset.param = name;
  control.dataset.input = input;
  control.setAttribute("aria-describedby", hint ? `${id}-hint ${id}-error` : `${id}-error`);
  box.append(control);
  if (hint) box.append(Object.assign(make("p", "hint", hint), { id: `${id}-hint` }));
  box.append(Object.assign(make("p", "wrong"), { id: `${id}-error`, hidden: true }));
  return box;
}

function headersOf(text) {
  const pairs = text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => line.split(/:(.*)/s));
  const wrong = pairs.find(
    ([name, value]) => !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name.trim()) || value === undefined,
  );
  if (wrong)
    throw {
      field: "params.headers",
      expected: "one header per line, such as Retry-After: 5",
      remedy: `Correct the line “${wrong[0].slice(0, 40)}”.`,
    };
  return Object.fromEntries(pairs.map(([name, value]) => [name.trim(), value.trim()]));
}

const number = (control) => (control.value.trim() === "" ? undefined : Number(control.value));

function typedIn(control) {
  const { input } = control.dataset;
  if (input === "headers") return headersOf(control.value);
  return ["whole", "number"].includes(input) ? number(control) : control.value;
}

function formBody() {
  const params = {};
  for (const control of document.querySelectorAll("[data-param]")) {
    const value = typedIn(control);
    if (value !== undefined) params[control.dataset.param] = value;
  }
  const body = { place: byId("place").value, kind: byId("kind").value, params };
  body.times = byId("forever").checked ? null : (number(byId("times")) ?? "");
  body.skip = number(byId("skip")) ?? 0;
  if (byId("expires").value.trim()) body.expires_in_s = number(byId("expires"));
  const phase = document.querySelector('input[name="phase"]:checked');
  if (phase && kind().phases.length > 1) body.phase = phase.value;
  return body;
}

const controlOf = (name) =>
  ({
    times: byId("times"),
    skip: byId("skip"),
    expires_in_s: byId("expires"),
    place: byId("place"),
    kind: byId("kind"),
  })[name] ?? byId(`param-${name.replace(/^params\./, "")}`);

function showErrors(errors) {
  for (const control of document.querySelectorAll('#break [aria-invalid="true"]'))
    control.removeAttribute("aria-invalid");
  for (const line of document.querySelectorAll("#break .wrong")) line.hidden = true;
  const loose = [];
  let first = null;
  for (const { field: name, expected, remedy } of errors) {
    const control = controlOf(name);
    const line = control && byId(`${control.id}-error`);
    if (!line) {
      loose.push(`${name}: expected ${expected}. ${remedy}`);
      continue;
    }
    control.setAttribute("aria-invalid", "true");
    setText(line, `Expected ${expected}. ${remedy}`);
    line.hidden = false;
    first ??= control;
  }
  byId("form-error").hidden = loose.length === 0;
  setText(byId("form-error"), loose.join(" "));
  first?.focus();
}

async function plan() {
  let body;
  try {
    body = formBody();
  } catch (error) {
    if (!error.field) throw error;
    showErrors([error]);
    return;
  }
  try {
    const fault = await postJson("api/faults", body);
    showErrors([]);
    announce(fault.warning ? `Planned, but ${fault.warning}` : `Planned: ${fault.kind}, ${fault.where}.`);
  } catch (error) {
    if (!error.told?.errors) throw error;
    showErrors(error.told.errors);
  }
}

// What is planned ----------------------------------------------------------------------------------------------------

function leftOf({ applied, remaining, expires_at: expires, phase }) {
  const parts = [
    phase === "after" ? "after the work" : "before the work",
    applied ? `struck ${applied} time${applied === 1 ? "" : "s"}` : "has not struck yet",
  ];
  if (remaining === 0) parts.push("used up");
  else parts.push(remaining === null ? "stays until removed" : `${remaining} left`);
  if (expires) parts.push(`ends ${time.format(new Date(expires))} by the stack’s clock`);
  return parts.join(" · ");
}

function drawPlanned(faults) {
  const due = faults.filter((each) => each.remaining !== 0).length;
  setText(
    byId("broken"),
    due === 0 ? "Nothing is broken on purpose." : `${due} fault${due === 1 ? " is" : "s are"} planned.`,
  );
  byId("none-planned").hidden = faults.length > 0;
  byId("clear").hidden = faults.length === 0;
  reconcile(byId("planned"), faults, {
    key: (each) => `${each.mock}/${each.id}`,
    build: (each) => {
      const item = make("li");
      const button = make("button", "quiet small", "Remove");
      button.type = "button";
      button.append(make("span", "unseen", ` ${each.kind}, ${each.where}`));
      button.addEventListener("click", () =>
        doing(button, async () => {
          await call("DELETE", `api/faults/${each.mock}/${encodeURIComponent(each.id)}`).catch((error) => {
            if (error.status !== 404) throw error;
          });
          byId("planned-heading").focus();
        }),
      );
      item.append(make("p", "what"), make("p", "where"), make("p", "left"), make("p", "wrong"), button);
      return item;
    },
    draw: (item, each) => {
      item.dataset.spent = String(each.remaining === 0);
      setText(item.querySelector(".what"), each.detail ? `${each.kind}: ${each.detail}` : each.kind);
      setText(item.querySelector(".where"), `${each.hop} · ${each.where}`);
      setText(item.querySelector(".left"), leftOf(each));
      item.querySelector(".wrong").hidden = !each.warning;
      setText(item.querySelector(".wrong"), each.warning);
    },
  });
}

// The clock ----------------------------------------------------------------------------------------------------------

function duration(seconds) {
  const [days, hours, minutes] = [
    Math.floor(seconds / 86400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  const parts = [
    [days, "d"],
    [hours, "h"],
    [minutes, "min"],
    [Math.floor(seconds % 60), "s"],
  ].filter(([count]) => count);
  return (
    parts
      .slice(0, 2)
      .map(([count, unit]) => `${count} ${unit}`)
      .join(" ") || "0 s"
  );
}

function drawClocks() {
  reconcile(byId("clocks"), clocks, {
    key: (each) => each.name,
    build: () => {
      const item = make("li");
      item.append(make("span"), make("span", "time"), make("span", "ahead"));
      return item;
    },
    draw: (item, each) => {
      setText(item.firstElementChild, NAMES[each.name]);
      setText(item.querySelector(".time"), time.format(new Date(Date.now() + each.offset_s * 1000)));
      setText(
        item.querySelector(".ahead"),
        each.offset_s < 1 ? "on the wall’s time" : `${duration(each.offset_s)} ahead of the wall`,
      );
    },
  });
}

function whose() {
  const mine = document.querySelector('input[name="whose"]:checked').value === "mine";
  byId("whose-mine").hidden = !mine;
  byId("whose-all").hidden = mine && !document.querySelector('input[value="all"]').disabled;
  return mine;
}

function advance(button, seconds) {
  return doing(button, async () => {
    if (!Number.isFinite(seconds) || seconds <= 0)
      throw new Error("Seconds: a number above 0, at most 604800 (a week).");
    ({ clocks } = await postJson("api/clock", { seconds, all: !whose() }));
    drawClocks();
    announce(`The clock moved on by ${duration(seconds)}.`);
  });
}

// Scenarios ----------------------------------------------------------------------------------------------------------

function drawScenarios({ act, results }) {
  for (const card of cards) {
    const { id } = card.dataset;
    drawCard(card, act?.id === id ? act : null, results[id], Boolean(act));
  }
  const done = Object.values(results);
  if (!done.length) return;
  const good = done.filter((each) => each.ok).length;
  setText(byId("score"), `${good} of ${done.length} played ended as they should.`);
}

function drawCard(card, act, result, isBusy) {
  const chip = card.querySelector(".chip");
  const tone = act ? "active" : result ? (result.ok ? "done" : "failed") : "idle";
  card.dataset.tone = chip.dataset.tone = tone;
  chip.hidden = tone === "idle";
  setText(
    chip,
    {
      active: "Playing",
      done: "As it should be",
      failed: result?.trouble ? "Did not run" : "Not as it should be",
      idle: "",
    }[tone],
  );
  const button = card.querySelector(".play");
  button.disabled = isBusy || button.dataset.never === "true";
  const progress = card.querySelector(".progress");
  progress.hidden = !act;
  if (act) setText(progress, act.say || "Getting ready");
  drawResult(card, act ? null : result);
}

function drawResult(card, result) {
  const did = card.querySelector(".did");
  const shown = result ? JSON.stringify(result) : "";
  did.hidden = !result;
  if ((did.dataset.shown ?? "") === shown) return;
  did.dataset.shown = shown;
  for (const other of document.querySelectorAll(".did")) other.open = other === did && Boolean(result);
  const link = card.querySelector(".see");
  link.hidden = !result?.chat;
  if (!result) return;
  if (result.chat) link.href = `../chain/?chat=${encodeURIComponent(result.chat)}`;
  const trouble = did.querySelector(".did-trouble");
  trouble.hidden = !result.trouble;
  setText(trouble, result.trouble ?? "");
  did.querySelector(".findings").replaceChildren(...result.findings.map(finding));
  const good = result.findings.filter((each) => each.ok).length;
  setText(
    did.querySelector(".did-count"),
    result.findings.length ? `${good} of ${result.findings.length} checks hold` : "",
  );
  const files = result.facts?.files ?? [];
  did.querySelector(".per-file").hidden = files.length === 0;
  did.querySelector(".per-file ul").replaceChildren(...files.map(fileLine));
  announce(`${card.querySelector("h3").textContent}: ${card.querySelector(".chip").textContent}.`);
}

function finding({ title, want, found, ok }) {
  const item = make("li");
  item.dataset.ok = String(ok);
  const words = make("span", "", title);
  words.append(make("span", "unseen", ok ? ": as it should be" : ": not as it should be"));
  item.append(
    icon(ok ? "check" : "cross"),
    words,
    make("span", "found", want === found ? `Is ${found}, as it should be` : `Should be ${want}; is ${found}`),
  );
  return item;
}

function fileLine({ name, outcome, reason, objects, downloads, uploads }) {
  const item = make("li");
  const told = `${outcome} · read ${downloads}×, sent ${uploads}×, ${objects} object${objects === 1 ? "" : "s"} in C4C`;
  item.append(make("span", "", name), make("span", "", reason ? `${told} · ${reason}` : told));
  return item;
}

// All together -------------------------------------------------------------------------------------------------------

function drawScene(picture) {
  const sentence = byId("scene-sentence");
  if (!picture) {
    sentence.dataset.tone = "idle";
    setText(sentence, "No chat yet. Play a scenario to see one.");
    clearStack();
    return;
  }
  sentence.dataset.tone = picture.tone;
  setText(sentence, picture.sentence);
  byId("scene-link").href = `../chain/?chat=${encodeURIComponent(picture.guid)}`;
  drawStations(picture.stations);
  drawTokens(picture.files);
}

function draw(state) {
  showTrouble(state.trouble ? `The stack cannot be read: ${state.trouble}` : null);
  clocks = state.clocks;
  drawPlanned(state.faults);
  drawClocks();
  drawScenarios(state.scenarios);
  if (!state.trouble) drawScene(state.picture);
}

byId("place").addEventListener("change", fillKinds);
byId("kind").addEventListener("change", fillFields);
byId("forever").addEventListener("change", ({ target }) => {
  byId("times").disabled = target.checked;
});
byId("break").addEventListener("submit", (event) => {
  event.preventDefault();
  doing(byId("break-button"), plan);
});
byId("clear").addEventListener("click", ({ target }) =>
  doing(target, async () => {
    await call("DELETE", "api/faults");
    byId("planned-heading").focus();
  }),
);
for (const button of document.querySelectorAll("[data-seconds]"))
  button.addEventListener("click", () => advance(button, Number(button.dataset.seconds)));
byId("clock").addEventListener("submit", (event) => {
  event.preventDefault();
  advance(byId("advance"), Number(byId("seconds").value));
});
for (const radio of document.querySelectorAll('input[name="whose"]')) radio.addEventListener("change", whose);
for (const card of cards) {
  card
    .querySelector(".play")
    .addEventListener("click", ({ currentTarget }) =>
      doing(currentTarget, () => postJson(`api/scenarios/${card.dataset.id}`, {})).then(
        (stand) => stand && drawScenarios(stand),
      ),
    );
}
setInterval(drawClocks, 1000);
whose();
doing(null, async () => {
  catalogue = await getJson("api/catalogue");
  fillPlaces();
  fillKinds();
});
follow(`events${chosen ? `?chat=${encodeURIComponent(chosen)}` : ""}`, { faults: draw });
