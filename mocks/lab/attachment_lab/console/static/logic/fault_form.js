// The form that plans a fault: its body for the API, and what is planned in words.

import { dotted, plural } from "./text.js";

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** @typedef {{ field: string, expected: string, remedy: string }} FieldError */

/** A field that holds what the API cannot take. */
export class WrongField extends Error {
  /** @param {FieldError} error */
  constructor(error) {
    super(`${error.field}: expected ${error.expected}`);
    this.error = error;
  }
}

/** Header lines as an object. Throws WrongField. @param {string} text @returns {Record<string, string>} */
export function parseHeaders(text) {
  const lines = text.split("\n").map((line) => line.trim());
  const pairs = lines.filter(Boolean).map((line) => line.split(/:(.*)/s));
  const wrong = pairs.find(([name, value]) => !HEADER_NAME.test(name.trim()) || value === undefined);
  if (wrong) {
    throw new WrongField({
      field: "params.headers",
      expected: "one header per line, such as Retry-After: 5",
      remedy: `Correct the line “${wrong[0].slice(0, 40)}”.`,
    });
  }
  return Object.fromEntries(pairs.map(([name, value]) => [name.trim(), value.trim()]));
}

/** `undefined` for an empty field. @param {string} text */
export const numberOf = (text) => (text.trim() === "" ? undefined : Number(text));

/** A parameter in the type that its input has. Throws WrongField. @param {string} input @param {string} text */
export function parameterOf(input, text) {
  if (input === "headers") return parseHeaders(text);
  return ["whole", "number"].includes(input) ? numberOf(text) : text;
}

/**
 * @typedef {{ location: string, kind: string, params: { name: string, input: string, value: string }[],
 *   forever: boolean, times: string, skip: string, expires: string, phase: string | null }} FaultFields as typed
 */

/**
 * The body of `POST api/faults`. Throws WrongField.
 *
 * @param {FaultFields} fields
 * @returns {Record<string, unknown>}
 */
export function faultBody({ location, kind, params, forever, times, skip, expires, phase }) {
  const values = params.map(({ name, input, value }) => [name, parameterOf(input, value)]);
  /** @type {Record<string, unknown>} */
  const body = {
    location,
    kind,
    params: Object.fromEntries(values.filter(([, value]) => value !== undefined)),
    times: forever ? null : (numberOf(times) ?? ""),
    skip: numberOf(skip) ?? 0,
  };
  if (expires.trim()) body.expires_in_s = numberOf(expires);
  if (phase) body.phase = phase;
  return body;
}

/**
 * When a planned fault strikes, and how often it still does.
 *
 * @param {{ applied: number, remaining: number | null, phase: string }} fault
 * @param {string} ends when it expires by the stack's clock; empty = never
 */
export function progressOf({ applied, remaining, phase }, ends) {
  const left = remaining === 0 ? "used up" : remaining === null ? "stays until removed" : `${remaining} left`;
  return dotted(
    phase === "after" ? "after the work" : "before the work",
    applied ? `struck ${plural(applied, "time")}` : "has not struck yet",
    left,
    ends && `ends ${ends} by the stack’s clock`,
  );
}

/** The sum of what is planned. @param {{ remaining: number | null }[]} faults */
export function plannedSum(faults) {
  const due = faults.filter(({ remaining }) => remaining !== 0).length;
  return due === 0 ? "Nothing is broken on purpose." : `${due} fault${due === 1 ? " is" : "s are"} planned.`;
}

/**
 * A scenario's chip.
 *
 * @param {boolean} isPlaying
 * @param {{ ok: boolean, trouble?: string | null } | undefined} result
 * @returns {{ tone: string, words: string }}
 */
export function scenarioChip(isPlaying, result) {
  if (isPlaying) return { tone: "active", words: "Playing" };
  if (!result) return { tone: "idle", words: "" };
  if (result.ok) return { tone: "done", words: "As it should be" };
  return { tone: "failed", words: result.trouble ? "Did not run" : "Not as it should be" };
}
