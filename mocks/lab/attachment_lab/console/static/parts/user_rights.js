// The rights of the chosen user: three rights, each everywhere or on chosen queue groups, queues and agents.

import { grantOf, isEverywhere, KINDS } from "../logic/rights.js";
import { byId } from "../shared/dom.js";

const form = byId("rights-form");
const parts = [...form.querySelectorAll("[data-right]")];
const boxesOf = (part) => [...part.querySelectorAll("[data-kind]")];
const everywhereOf = (part) => part.querySelector("[data-everywhere]");
const placeOf = (box) => ({ kind: box.dataset.kind, id: box.value, name: box.nextSibling.data.trim() });
const ofMember = (rights, member) => (member ? rights[member] : rights);

let filled = null;

// Everything that a right can be given on here, with its name.
export const places = () => boxesOf(form).map(placeOf);

export function fillRights(rights) {
  filled = rights;
  for (const part of parts) {
    const grant = ofMember(rights, part.dataset.right);
    everywhereOf(part).checked = isEverywhere(grant);
    for (const box of boxesOf(part)) box.checked = grant[box.dataset.kind].includes(box.value);
    disableChosen(part);
  }
}

// What the boxes say, as the API takes it.
export function readRights() {
  const grants = parts.map((part) => {
    const boxes = boxesOf(part);
    const chosen = {
      everywhere: everywhereOf(part).checked,
      ticked: boxes.filter((box) => box.checked).map(placeOf),
    };
    return [part.dataset.right, grantOf(chosen, boxes.map(placeOf), ofMember(filled, part.dataset.right))];
  });
  const { "": history, ...others } = Object.fromEntries(grants);
  return { ...history, ...others };
}

// A right that is given everywhere needs no choice.
function disableChosen(part) {
  for (const box of boxesOf(part)) box.disabled = everywhereOf(part).checked;
}

for (const part of parts) everywhereOf(part).addEventListener("change", () => disableChosen(part));

// Whether two forms of rights say the same.
export function isSame(one, other) {
  const sorted = (rights) =>
    JSON.stringify(
      parts.flatMap(({ dataset }) => KINDS.map((kind) => [...ofMember(rights, dataset.right)[kind]].sort())),
    );
  return sorted(one) === sorted(other);
}
