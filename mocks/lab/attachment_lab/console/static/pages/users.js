// User and Role Management: the list of users, and one user's password, expiration and rights.

import { logonState, reachOf } from "../logic/rights.js";
import { dotted } from "../logic/text.js";
import { clearErrors, isFieldFilled, isPasswordFit, submitting, watchPassword } from "../parts/form_errors.js";
import { confirmed } from "../parts/list_line.js";
import { fillRights, isSame, places, readRights } from "../parts/user_rights.js";
import { parameter, showInAddress } from "../shared/address.js";
import { call, doing, follow, postJson } from "../shared/calls.js";
import { byId, clock, isForBrowser, make, reconcile, setCurrent, setText } from "../shared/dom.js";

const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const authentication = byId("authentication-form");
const expiration = byId("expiration-form");
const rights = byId("rights-form");
const userForm = byId("user-form");
const dialog = byId("user-dialog");
let users = [];
let chosen = parameter("user");
let filledFor = null;
let isChanged = false;

const user = () => users.find((each) => each.name === chosen);
const path = (name, what = "") => `api/users/${encodeURIComponent(name)}${what}`;
const time = (value) => clock.format(new Date(value));

function draw({ users: list, wanted }) {
  users = list;
  if (!user()) chosen = (list.find((each) => each.name === wanted) ?? list[0])?.name ?? null;
  byId("none").hidden = list.length > 0;
  const isThere = list.some((each) => each.name === wanted);
  setText(byId("wanted-missing"), isThere ? "" : `The integration names ${wanted}, and there is no such user.`);
  reconcile(byId("rows"), list, {
    key: (each) => each.name,
    build: newRow,
    draw: (item, each) => drawRow(item, each, wanted),
  });
  drawDetail();
}

function newRow({ name }) {
  const item = make("li");
  const link = make("a", "row");
  link.href = `?user=${encodeURIComponent(name)}`;
  const top = make("span", "row-top");
  top.append(make("strong", "", name), make("span", "chip"));
  link.append(top, make("span", "row-what"));
  link.addEventListener("click", (event) => {
    if (isForBrowser(event)) return;
    event.preventDefault();
    choose(name);
  });
  item.append(link);
  return item;
}

function drawRow(item, each, wanted) {
  const chip = item.querySelector(".chip");
  const { tone, words } = logonState(each, time);
  chip.dataset.tone = tone;
  setText(chip, words);
  const history = `Manage contact history: ${reachOf(each.rights, places())}`;
  const named = each.name === wanted ? "named by the integration" : "";
  setText(item.querySelector(".row-what"), dotted(named, history));
  setCurrent(item.firstElementChild, each.name === chosen);
}

function choose(name) {
  chosen = name;
  showInAddress({ user: name });
  for (const item of byId("rows").children) setCurrent(item.firstElementChild, item.dataset.key === name);
  drawDetail();
}

function drawDetail() {
  const shown = user();
  byId("detail").hidden = !shown;
  byId("blank").hidden = Boolean(shown);
  if (!shown) return;
  setText(byId("user-name"), shown.name);
  const { tone, words } = logonState(shown, time);
  byId("user-state").dataset.tone = tone;
  setText(byId("user-state"), words);
  setText(byId("user-what"), aboutUser(shown));
  byId("unlock").hidden = shown.logon !== "locked" && shown.failures === 0;
  for (const place of document.querySelectorAll("[data-user]")) setText(place, shown.name);
  fillForms(shown);
}

function aboutUser({ password_set: set, initial_password: initial, expires_at: expires, failures }) {
  return dotted(
    `Password given ${moment.format(new Date(set))}${initial ? ", initial" : ""}`,
    expires ? `service account until ${day.format(new Date(expires))}` : "no expiration time assigned",
    failures ? `wrong passwords: ${failures}` : "",
  );
}

// What a person is changing stays as it is; another user's values take its place.
function fillForms(shown) {
  if (filledFor !== shown.name) {
    filledFor = shown.name;
    isChanged = false;
    for (const form of [authentication, expiration, rights]) {
      form.reset();
      clearErrors(form);
    }
    fillExpiration(shown);
  }
  if (!isChanged) fillRights(shown.rights);
  byId("rights-unsaved").hidden = !isChanged;
}

function fillExpiration({ expires_at: expires }) {
  expiration.elements.assigned.checked = Boolean(expires);
  expiration.elements.expires_at.value = expires?.slice(0, 10) ?? "";
  enableDate();
}

function enableDate() {
  expiration.elements.expires_at.disabled = !expiration.elements.assigned.checked;
}

const saved = (words) => setText(byId("announce"), words);
const button = (form) => form.querySelector("[type=submit]");

authentication.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!isPasswordFit(authentication)) return;
  const password = authentication.elements.password.value;
  const done = await submitting(authentication, button(authentication), () =>
    call("PUT", path(chosen, "/authentication"), { password }),
  );
  if (!done) return;
  authentication.reset();
  saved(`The password of ${chosen} is saved`);
});

expiration.addEventListener("submit", async (event) => {
  event.preventDefault();
  const expires = expiration.elements.assigned.checked ? expiration.elements.expires_at.value : null;
  const done = await submitting(expiration, button(expiration), () =>
    call("PUT", path(chosen, "/expiration"), { expires_at: expires }),
  );
  if (done) saved(`The expiration time of ${chosen} is saved`);
});
expiration.elements.assigned.addEventListener("change", enableDate);

rights.addEventListener("change", () => {
  isChanged = !isSame(readRights(), user().rights);
  byId("rights-unsaved").hidden = !isChanged;
});
rights.addEventListener("submit", async (event) => {
  event.preventDefault();
  const wanted = readRights();
  const done = await submitting(rights, button(rights), () => call("PUT", path(chosen, "/rights"), { rights: wanted }));
  if (!done) return;
  isChanged = false;
  user().rights = wanted;
  fillForms(user());
  saved(`The rights of ${chosen} are saved`);
});

byId("unlock").addEventListener("click", ({ currentTarget }) =>
  doing(currentTarget, () => postJson(path(chosen, "/unlock"), {})),
);
byId("delete").addEventListener("click", async () => {
  const words = "CMI refuses its logon from now on; the integration that names it gets no file.";
  if (!(await confirmed(`Delete the user ${chosen}?`, words))) return;
  await doing(null, () => call("DELETE", path(chosen)));
});

byId("add-user").addEventListener("click", () => {
  userForm.reset();
  clearErrors(userForm);
  dialog.showModal();
});
userForm.querySelector("[data-close]").addEventListener("click", () => dialog.close());
userForm.addEventListener("submit", async (event) => {
  event.preventDefault();
  const fit = [isPasswordFit(userForm), isFieldFilled(userForm, "name", "Enter a logon name.")];
  if (!fit.every(Boolean)) return;
  const { name, password, expires_at: expires } = userForm.elements;
  const body = { name: name.value.trim(), password: password.value, expires_at: expires.value || null };
  if (!(await submitting(userForm, button(userForm), () => postJson("api/users", body)))) return;
  dialog.close();
  userForm.reset();
  chosen = body.name;
  showInAddress({ user: chosen });
  saved(`The user ${chosen} is created`);
});
watchPassword(authentication);
watchPassword(userForm);
follow("events", { users: draw });
