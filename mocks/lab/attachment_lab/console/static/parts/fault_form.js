// The form that plans a fault: where, what, its parameters, and the errors beside the fields.

import { faultBody, WrongField } from "../logic/fault_form.js";
import { postJson } from "../shared/calls.js";
import { byId, make, setText } from "../shared/dom.js";

const PHASES = { before: "before the work: it is not done", after: "after the work: it is done" };
const FIRST_LOCATION = "upload";
const MANY_LINES = ["headers", "lines"];

let catalogue = { locations: [], kinds: [], fault_proxy: false };

export function useCatalogue(found) {
  catalogue = found;
  fillLocations();
  fillKinds();
}

const group = (label, options) => {
  const element = Object.assign(make("optgroup"), { label });
  element.append(...options);
  return element;
};
const kind = () => catalogue.kinds.find((each) => each.kind === byId("kind").value);

function fillLocations() {
  const hops = new Map();
  for (const { hop, title, id } of catalogue.locations) {
    hops.set(hop, [...(hops.get(hop) ?? []), new Option(title, id)]);
  }
  byId("location").replaceChildren(...[...hops].map(([hop, options]) => group(hop, options)));
  byId("location").value = FIRST_LOCATION;
}

export function fillKinds() {
  const location = catalogue.locations.find((each) => each.id === byId("location").value);
  const before = byId("kind").value;
  const fitting = catalogue.kinds.filter((each) => location.kinds.includes(each.kind));
  const options = (layer) =>
    fitting.filter((each) => each.layer === layer).map((each) => new Option(each.title, each.kind));
  const groups = [group("The answer", options("app"))];
  const wire = options("wire");
  if (wire.length) {
    const label = catalogue.fault_proxy ? "The wire" : "The wire (this stack has no fault proxies)";
    groups.push(Object.assign(group(label, wire), { disabled: !catalogue.fault_proxy }));
  }
  byId("kind").replaceChildren(...groups);
  if (location.kinds.includes(before)) byId("kind").value = before;
  fillFields();
}

export function fillFields() {
  const { says, phases, fields } = kind();
  setText(byId("says"), says);
  byId("phases").hidden = phases.length < 2;
  byId("phases")
    .querySelector(".radios")
    .replaceChildren(...phases.map(phaseRadio));
  byId("params").replaceChildren(...fields.map(field));
  showErrors([]);
}

function phaseRadio(phase, index) {
  const label = make("label", "check");
  const radio = Object.assign(make("input"), { type: "radio", name: "phase", value: phase, checked: index === 0 });
  label.append(radio, PHASES[phase]);
  return label;
}

function controlFor({ input, least, most, choices }) {
  if (input === "choice") {
    const select = make("select");
    select.append(...choices.map((choice) => new Option(choice, choice)));
    return select;
  }
  if (MANY_LINES.includes(input)) return Object.assign(make("textarea", "code"), { rows: 2 });
  if (input === "text") return Object.assign(make("input"), { type: "text" });
  const number = Object.assign(make("input"), { type: "number", step: input === "whole" ? "1" : "any" });
  if (least !== null) number.min = least;
  if (most !== null) number.max = most;
  return number;
}

function field(parameter) {
  const { name, label, input, default: start, hint } = parameter;
  const box = make("div", MANY_LINES.includes(input) ? "stacked wide" : "stacked");
  const id = `param-${name}`;
  box.append(Object.assign(make("label", "", label), { htmlFor: id }));
  const control = Object.assign(controlFor(parameter), { id, value: start });
  Object.assign(control.dataset, { param: name, input });
  control.setAttribute("aria-describedby", hint ? `${id}-hint ${id}-error` : `${id}-error`);
  box.append(control);
  if (hint) box.append(Object.assign(make("p", "hint", hint), { id: `${id}-hint` }));
  box.append(Object.assign(make("p", "wrong"), { id: `${id}-error`, hidden: true }));
  return box;
}

function fields() {
  const params = [...document.querySelectorAll("[data-param]")];
  const phase = document.querySelector('input[name="phase"]:checked');
  return {
    location: byId("location").value,
    kind: byId("kind").value,
    params: params.map(({ dataset, value }) => ({ name: dataset.param, input: dataset.input, value })),
    forever: byId("forever").checked,
    times: byId("times").value,
    skip: byId("skip").value,
    expires: byId("expires").value,
    phase: phase && kind().phases.length > 1 ? phase.value : null,
  };
}

const FIXED = { times: "times", skip: "skip", expires_in_s: "expires", location: "location", kind: "kind" };
const controlOf = (name) => byId(FIXED[name] ?? `param-${name.replace(/^params\./, "")}`);

function clearErrors() {
  for (const control of document.querySelectorAll('#break [aria-invalid="true"]')) {
    control.removeAttribute("aria-invalid");
  }
  for (const line of document.querySelectorAll("#break .wrong")) line.hidden = true;
}

function showErrors(errors) {
  clearErrors();
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

// Plans the fault; returns it, or undefined when a field is wrong: the errors are shown beside the fields.
export async function planFault() {
  try {
    const fault = await postJson("api/faults", faultBody(fields()));
    showErrors([]);
    return fault;
  } catch (error) {
    const errors = error instanceof WrongField ? [error.error] : error.problem?.errors;
    if (!errors) throw error;
    showErrors(errors);
    return undefined;
  }
}
