// A line's buttons in System Configurator's lists, and the question before something is deleted.

import { byId, make, setText } from "../shared/dom.js";

// [words, accessible name, what it does with its button]…
export function actions(...buttons) {
  const box = make("div", "acts");
  for (const [words, label, work] of buttons) {
    const button = make("button", "quiet small", words);
    button.type = "button";
    button.setAttribute("aria-label", label);
    button.addEventListener("click", () => work(button));
    box.append(button);
  }
  return box;
}

// Resolves to whether a person said yes.
export function confirmed(heading, words) {
  const dialog = byId("confirm");
  setText(byId("confirm-heading"), heading);
  setText(byId("confirm-words"), words);
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
