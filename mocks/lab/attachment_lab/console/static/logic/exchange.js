// The journal's filters and its rows, from plain data.

import { dotted, humanSize } from "./text.js";

/** The filters in the address, in the order of the form. */
export const FILTERS = ["q", "about", "hop", "method", "status", "label", "failed", "struck"];

/**
 * @typedef {{ key: string, hop: string, method: string, url: string, host: string, words: string, level: string,
 *   status: number | null, error: string | null, failed: boolean, fault: string[], chat: string | null,
 *   caller: string | null, file: string | null, transfer: string | null }} Entry
 */

/** The filters that are set. @param {Iterable<[string, FormDataEntryValue]>} fields */
export function filtersOf(fields) {
  const set = new URLSearchParams();
  for (const [name, value] of fields) if (value) set.set(name, String(value).trim());
  return set;
}

/**
 * What the address holds: filters, the page of the list, the open exchange; then the changes. An empty one is left out.
 *
 * @param {URLSearchParams} filters
 * @param {{ after: string, open: string | null }} place
 * @param {Record<string, string | null>} changes
 */
export function addressOf(filters, { after, open }, changes = {}) {
  const parameters = new URLSearchParams(filters);
  if (after) parameters.set("after", after);
  if (open) parameters.set("x", open);
  for (const [name, value] of Object.entries(changes)) {
    if (value) parameters.set(name, value);
    else parameters.delete(name);
  }
  return parameters;
}

/**
 * The chat that a pytest file can be made of; undefined where the filter names none.
 *
 * @param {Entry[]} entries
 * @param {string | null} about
 */
export const chatOf = (entries, about) => entries.find(({ chat }) => chat && chat === about?.toUpperCase())?.chat;

/** @param {Pick<Entry, "error" | "failed" | "fault" | "status">} entry */
export function toneOf({ error, failed, fault, status }) {
  if (error || failed) return "failed";
  if (fault.length) return "waiting";
  return status ? "done" : "idle";
}

/** @param {Pick<Entry, "status" | "hop" | "error">} entry */
export function statusWords({ status, hop, error }) {
  if (status) return String(status);
  return hop === "delivery" && !error ? "under way" : "none";
}

/**
 * Marks beside an exchange: the faults that struck it, and that there is a note.
 *
 * @param {Pick<Entry, "fault" | "level">} entry
 */
export function marksOf({ fault, level }) {
  const marks = fault.map((id) => `fault ${id}`);
  return ["warning", "error"].includes(level) ? [...marks, "note"] : marks;
}

/** The request line with its host. @param {Pick<Entry, "method" | "url" | "host">} entry */
export const requestLine = ({ method, url, host }) =>
  `${method} ${url.includes("://") ? url : `https://${host}${url}`}`;

/**
 * The line over the list.
 *
 * @param {{ matching: number, total: number }} page
 * @param {Intl.NumberFormat} numbers
 */
export function countLine({ matching, total }, numbers) {
  const some = matching === total ? "" : `${numbers.format(matching)} of `;
  return (
    `${some}${numbers.format(total)} exchange${total === 1 ? "" : "s"} between Contact Pro, the service, CMI and ` +
    "SAP Service Cloud. Secrets are masked before anything is kept."
  );
}

/**
 * Which exchanges the page of the list holds, counted from the newest.
 *
 * @param {{ entries: unknown[], newer: number, matching: number }} page
 * @param {Intl.NumberFormat} numbers
 */
export function pageLine({ entries, newer, matching }, numbers) {
  if (!entries.length) return "";
  const [first, last] = [numbers.format(newer + 1), numbers.format(newer + entries.length)];
  return `${first} – ${last} of ${numbers.format(matching)}`;
}

/** The heading over the explanation. @param {Pick<Entry, "failed" | "fault">} entry */
export function whyHeading({ failed, fault }) {
  if (failed) return "Why did this fail?";
  return fault.length ? "What was broken here?" : "What was noticed";
}

/** @param {{ size_bytes?: number, sniffed_type?: string, sha256?: string, complete?: boolean }} body */
export function bodyFacts({ size_bytes, sniffed_type, sha256, complete }) {
  const facts = [];
  if (size_bytes) facts.push(`${humanSize(size_bytes)}, by its content ${sniffed_type}, sha256 ${sha256}`);
  else if (size_bytes !== undefined) facts.push("no body");
  if (complete === false) facts.push("broke off or was not read to its end");
  return facts.join("; ");
}

/** JSON in lines; anything else as it is. @param {string} text */
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Where a behaviour's evidence comes from. @param {{ source?: string, switch?: string }} evidence */
export const sourceLine = (evidence) => dotted(evidence.source, evidence.switch && `switch: ${evidence.switch}`);
