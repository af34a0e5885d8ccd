// System Configurator's form in the shape of its API, and the gate's findings in words.

import { dotted, plural } from "./text.js";

const GUID = /^[0-9A-Fa-f-]{32,36}$/;

/** @typedef {{ id: string, address: string }} Queue one of both is known */
/** @typedef {{ severity: string, message: string, field: string, line: number, column: number }} Finding */

/**
 * Queues that are not in the list, one a line, by their guid or their address.
 *
 * @param {string} text
 * @returns {Queue[]}
 */
export function parseQueues(text) {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter(Boolean).map((line) => (GUID.test(line) ? { id: line, address: "" } : { id: "", address: line }));
}

/** Whether a queue of a saved integration is the one of a tick box. @param {Queue} known @param {Queue} queue */
export const isQueue = (known, queue) =>
  queue.id === known.id || (Boolean(queue.address) && queue.address === known.address);

/** The saved queues that have no tick box, one a line. @param {Queue[]} queues @param {Queue[]} listed */
export function otherQueues(queues, listed) {
  const others = queues.filter((queue) => !listed.some((known) => isQueue(known, queue)));
  return others.map((queue) => queue.address || queue.id).join("\n");
}

/** `null` for an empty field. @param {string} text */
export const ordinalOf = (text) => (text === "" ? null : Number(text));

/**
 * The sum under the editor.
 *
 * @param {{ errors: number, warnings: number, notes: number }} counts
 * @returns {{ tone: string, words: string }}
 */
export function verdictOf({ errors, warnings, notes }) {
  const words = [
    errors && plural(errors, "error"),
    warnings && plural(warnings, "warning"),
    notes && plural(notes, "note"),
  ];
  const tone = errors ? "failed" : warnings ? "waiting" : "done";
  return { tone, words: words.filter(Boolean).join(", ") || "The gate finds nothing wrong" };
}

/** @typedef {{ field: string, line?: number, column?: number, expected: string, remedy: string }} FieldError */

/** What the API refused, one line per field. @param {FieldError[]} errors */
export function refusalLines(errors) {
  return errors.map(({ field, line, column, expected, remedy }) => {
    const place = line ? `, line ${line}, column ${column}` : "";
    return `${field}${place}: expected ${expected}. ${remedy}.`;
  });
}

/**
 * What a dry run found.
 *
 * @param {{ ok: boolean, sends: boolean | null }} result `sends` is null where the condition cannot be decided
 */
export function dryRunVerdict({ ok, sends }) {
  if (!ok) return "The endpoint would refuse this request.";
  const condition =
    sends === null
      ? " Sent if the condition is true."
      : sends
        ? ""
        : " Not sent for this event: the condition is not true.";
  return `The endpoint would take this request.${condition}`;
}

/**
 * One line about a saved integration.
 *
 * @typedef {{ description?: string, channel_type: string, direction: string, events: string[], ordinal: number,
 *   endpoint_url: string }} Saved
 * @param {Saved} saved
 */
export function integrationLine({ description, channel_type, direction, events, ordinal, endpoint_url }) {
  const url = endpoint_url.replace("https://", "");
  const line = dotted(channel_type, direction.toLowerCase(), events.join(", "), `ordinal ${ordinal}`, url);
  return [description, line].filter(Boolean).join("\n");
}
