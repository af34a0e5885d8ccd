// The guided activity for a communication arrangement: scenario, business data, review. An edit shows the second step.

import { call, postJson } from "../shared/calls.js";
import { byId, drawPairs, make, setCurrent, setText } from "../shared/dom.js";
import {
  clearErrors,
  fillSelect,
  isFieldFilled,
  isPasswordFit,
  showErrors,
  submitting,
  watchPassword,
} from "./form_errors.js";

const BUSINESS_DATA = 1;
const REVIEW = 2;
const form = byId("arrangement-form");
const dialog = byId("arrangement-dialog");
const documented = byId("services").dataset.documented.split(" ");
let editing = null;
let step = 0;

export function drawServiceBoxes(services) {
  if (byId("services").childElementCount === services.length) return;
  byId("services").replaceChildren(
    ...services.map((name) => {
      const label = make("label", "check");
      const box = Object.assign(make("input"), { type: "checkbox", name: "services", value: name });
      label.append(box, ` ${name}`);
      return label;
    }),
  );
}

const boxes = () => [...form.querySelectorAll("[name=services]")];
const tickedServices = () => boxes().flatMap((box) => (box.checked ? [box.value] : []));

// Opens a new arrangement, or for `arrangement` the part of it that can be edited.
export function openArrangement(arrangement, systems) {
  editing = arrangement;
  form.reset();
  clearErrors(form);
  const heading = arrangement ? `Arrangement ${arrangement.id}` : "New communication arrangement";
  setText(byId("arrangement-heading"), heading);
  const ids = systems.map((each) => each.id);
  fillSelect(form.elements.system, ids, arrangement?.system ?? "", "Choose a communication system");
  form.elements.user.value = arrangement?.user ?? "";
  form.elements.user.disabled = Boolean(arrangement);
  for (const box of boxes()) box.checked = arrangement?.services.includes(box.value) ?? false;
  byId("steps").hidden = Boolean(arrangement);
  byId("new-credentials").hidden = Boolean(arrangement);
  showCredentials(false);
  show(arrangement ? BUSINESS_DATA : 0);
  dialog.showModal();
}

function showCredentials(shown) {
  byId("credentials-box").hidden = !shown;
  byId("edit-credentials").setAttribute("aria-expanded", String(shown));
}

function show(number) {
  step = number;
  for (const part of form.querySelectorAll("[data-step]")) part.hidden = Number(part.dataset.step) !== number;
  [...byId("steps").children].forEach((item, index) => {
    item.dataset.passed = String(index < number);
    setCurrent(item, index === number);
  });
  byId("back").hidden = editing || number === 0;
  setText(byId("onward"), editing ? "Save" : number === REVIEW ? "Finish" : "Next");
  if (number === REVIEW) drawReview();
}

function drawReview() {
  const missing = documented.filter((name) => !tickedServices().includes(name));
  drawPairs(byId("review"), [
    ["Communication Scenario", form.elements.scenario.value],
    ["Communication System", form.elements.system.value],
    ["Authentication Method", "User ID and Password"],
    ["User ID", form.elements.user.value],
    ["Password", "set, not shown"],
    ["Services Used", tickedServices().join(", ") || "none"],
    ["Documented and not ticked", missing.join(", ") || "none"],
  ]);
}

// Each says whether its step is complete, and shows at the field what is missing.
const CHECKS = [
  () => isFilled("scenario", "Choose the scenario OData Services for Business Objects."),
  () => {
    const systems = form.elements.system.options.length > 1;
    const remedy = systems ? "Choose a communication system." : "Define one under Communication Systems first.";
    // The last one that is empty has the focus, so the first of the screen is asked last.
    const filled = [isFilled("user", "Enter the ID of the technical user."), isFilled("system", remedy)];
    if (!filled.every(Boolean)) return false;
    showCredentials(true);
    return isPasswordFit(form);
  },
  () => true,
];

const isFilled = (field, words) => isFieldFilled(form, field, words);
const body = () => ({ system: form.elements.system.value, services: tickedServices() });

function create() {
  const { scenario, authentication, user, password } = form.elements;
  return postJson("api/arrangements", {
    ...body(),
    scenario: scenario.value,
    authentication: authentication.value,
    user: user.value.trim(),
    password: password.value,
  });
}

async function save() {
  const work = () => (editing ? call("PUT", `api/arrangements/${editing.id}`, body()) : create());
  const done = await submitting(form, byId("onward"), async () => {
    try {
      await work();
    } catch (error) {
      show(BUSINESS_DATA); // the fields that can be wrong are on this step
      throw error;
    }
  });
  if (!done) return;
  dialog.close();
  form.reset();
  setText(byId("announce"), "The communication arrangement is saved");
}

watchPassword(form);
byId("edit-credentials").addEventListener("click", () => {
  showCredentials(byId("credentials-box").hidden);
  if (!byId("credentials-box").hidden) form.elements.password.focus();
});
byId("back").addEventListener("click", () => show(step - 1));
form.querySelector("[data-close]").addEventListener("click", () => dialog.close());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (editing || step === REVIEW) save();
  else if (CHECKS[step]()) show(step + 1);
});

// -- the credentials of an arrangement that exists ----------------------------

const credentials = byId("credentials-form");
const credentialsDialog = byId("credentials-dialog");
let credentialsOf = null;

export function openCredentials(arrangement) {
  credentialsOf = arrangement;
  credentials.reset();
  clearErrors(credentials);
  setText(byId("credentials-heading"), `Edit Credentials of ${arrangement.user}`);
  credentialsDialog.showModal();
}

watchPassword(credentials);
credentials.querySelector("[data-close]").addEventListener("click", () => credentialsDialog.close());
credentials.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!isPasswordFit(credentials)) return;
  try {
    const password = credentials.elements.password.value;
    await call("PUT", `api/arrangements/${credentialsOf.id}/credentials`, { password });
    credentialsDialog.close();
    credentials.reset();
    setText(byId("announce"), `The credentials of ${credentialsOf.user} are saved`);
  } catch (error) {
    showErrors(credentials, error);
  }
});
