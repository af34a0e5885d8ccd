// A form's errors, each at its field: what was found, what is expected, what to do.

import { passwordProblem } from "../logic/password.js";
import { make, setText } from "../shared/dom.js";

const asSentence = (words) => (/[.!?]$/.test(words) ? words : `${words}.`);

function inputOf(form, field) {
  const found = form.elements[field];
  return found instanceof RadioNodeList ? found[0] : found;
}

// An empty text clears the field.
export function showFieldError(form, field, words) {
  const place = form.querySelector(`[data-error="${CSS.escape(field)}"]`);
  if (!place) return false;
  place.hidden = !words;
  setText(place, words);
  const input = inputOf(form, field);
  if (words) input?.setAttribute("aria-invalid", "true");
  else input?.removeAttribute("aria-invalid");
  return true;
}

export function clearErrors(form) {
  for (const place of form.querySelectorAll("[data-error]")) showFieldError(form, place.dataset.error, "");
  form.querySelector("[data-trouble]").hidden = true;
}

function wordsOf({ value, expected, remedy }) {
  const found = value === undefined || value === null || value === "" ? "" : `Found: ${value}. `;
  return `${found}Expected: ${asSentence(expected)} ${asSentence(remedy)}`;
}

// What a call threw: at the fields that it names, else above the form.
export function showErrors(form, error) {
  const byField = Map.groupBy(error.problem?.errors ?? [], (each) => each.field);
  let placed = byField.size > 0;
  for (const [field, errors] of byField) {
    placed = showFieldError(form, field, errors.map(wordsOf).join("\n")) && placed;
  }
  const trouble = form.querySelector("[data-trouble]");
  trouble.hidden = placed;
  setText(trouble, placed ? "" : error.message);
  form.querySelector("[aria-invalid=true]")?.focus();
}

// Does a form's work; the errors of before are gone. Returns whether it was done.
export async function submitting(form, button, work) {
  clearErrors(form);
  button.disabled = true;
  try {
    await work();
    return true;
  } catch (error) {
    showErrors(form, error);
    return false;
  } finally {
    button.disabled = false;
  }
}

// The rule of the password's letters, checked as one types.
export function watchPassword(form) {
  form.elements.password.addEventListener("input", ({ target }) => {
    showFieldError(form, "password", passwordProblem(target.value));
  });
}

// Whether the password may be sent; otherwise its field says why and has the focus.
export function isPasswordFit(form) {
  const { password } = form.elements;
  const words = passwordProblem(password.value) || (password.value ? "" : "Enter a password.");
  showFieldError(form, "password", words);
  if (words) password.focus();
  return !words;
}

// Whether a field has a value; otherwise it says what to do and has the focus.
export function isFieldFilled(form, field, words) {
  const input = inputOf(form, field);
  const isMissing = !input.value.trim();
  showFieldError(form, field, isMissing ? words : "");
  if (isMissing) input.focus();
  return !isMissing;
}

export function fillSelect(select, values, chosen, empty) {
  const options = values.map((value) => Object.assign(make("option", "", value), { value }));
  if (empty) options.unshift(Object.assign(make("option", "", empty), { value: "" }));
  select.replaceChildren(...options);
  select.value = chosen;
}
