// What the operator's page says, from plain data. Nothing here touches the page, so `node --test` runs it.

const UNITS = ["B", "kB", "MB", "GB", "TB"];
const STATES = ["queued", "running", "waiting", "parked"];
const HOUR_S = 3600;

/** @typedef {{ title?: string, detail?: string, status?: number }} Problem an `application/problem+json` */
/** @typedef {[name: string, number: string, tone: string]} HealthItem */

/** @param {number} count @param {string} word */
export const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

/** @param {Problem} problem */
export const sentenceOf = ({ title, detail }) => [title, detail].filter(Boolean).join(". ").replace("..", ".");

/** A size in decimal units. @param {number | null | undefined} count */
export function bytes(count) {
  if (count == null) return "";
  let [value, unit] = [count, 0];
  while (value >= 1000 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}

/** A duration in the unit that fits. @param {number} seconds */
export function age(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 2 * HOUR_S) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * HOUR_S) return `${Math.round(seconds / HOUR_S)} h`;
  return `${Math.round(seconds / (24 * HOUR_S))} d`;
}

/**
 * The value of one sample of a Prometheus text; null when it is not there.
 *
 * @param {string} text
 * @param {string} sample
 */
function valueIn(text, sample) {
  const line = text.split("\n").find((each) => each.startsWith(`${sample} `));
  return line === undefined ? null : Number(line.slice(sample.length + 1));
}

/** What the strip in the header shows of the whole service. @param {string} metrics @returns {HealthItem[]} */
export function healthItems(metrics) {
  /** @type {HealthItem[]} */
  const items = [];
  for (const state of STATES) {
    const count = valueIn(metrics, `attachment_transfer_transfers{state="${state}"}`);
    if (count !== null) items.push([state, String(count), state === "parked" && count > 0 ? "attention" : ""]);
  }
  const ambiguous = valueIn(metrics, "attachment_transfer_ambiguous_uploads");
  if (ambiguous) items.push(["ambiguous", String(ambiguous), "attention"]);
  const oldest = valueIn(metrics, "attachment_transfer_oldest_open_transfer_age_seconds");
  if (oldest !== null) items.push(["oldest open", oldest ? age(oldest) : "none", oldest > HOUR_S ? "attention" : ""]);
  return items;
}

/**
 * What a retry of many transfers did.
 *
 * @param {{ redriven: number, skipped: { message: string }[], more: boolean }} result
 */
export function retryReport({ redriven, skipped, more }) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { message } of skipped) counts.set(message, (counts.get(message) ?? 0) + 1);
  const parts = [`${plural(redriven, "transfer")} run${redriven === 1 ? "s" : ""} again`];
  for (const [message, count] of counts) parts.push(`${count} skipped: ${message}`);
  if (more) parts.push("more fit the filter: retry again for the next ones");
  return parts.join(" · ");
}

/** The body of `POST /transfers/retry` for everything that fits a filter. @param {URLSearchParams} filter */
export function retryBody(filter, limit = 1000) {
  /** @type {Record<string, string | number | null>} */
  const body = { limit };
  for (const name of ["state", "reason_code", "contact_id", "created_before"]) {
    if (filter.has(name)) body[name] = filter.get(name);
  }
  return body;
}

/** The question before it is sent. @param {Record<string, string | number | null>} body */
export function retryQuestion({ limit, ...filter }) {
  const words = Object.entries(filter).map(([name, value]) => `${name.replaceAll("_", " ")} ${value}`);
  return `Run again every transfer with ${words.join(", ")}? At most ${limit} at once, oldest first.`;
}

/**
 * Whether everything that fits may be run again at once.
 *
 * @param {URLSearchParams} filter
 * @param {Set<string>} redrivable
 */
export const mayRetryAll = (filter, redrivable) =>
  redrivable.has(filter.get("state") ?? "") && !filter.has("created_from");

/** The question before a transfer is cancelled. @param {{ state: string }[]} attachments */
export function cancelQuestion(attachments) {
  const stored = attachments.filter((each) => each.state === "stored").length;
  const kept = stored ? ` ${plural(stored, "file")} at C4C stay${stored === 1 ? "s" : ""} there.` : "";
  return `Cancel this transfer and shred its secrets?${kept} Only a new event of the contact can run it again.`;
}

/** The API's parameters for what the filter's fields hold. @param {Iterable<[string, FormDataEntryValue]>} fields */
export function filterOf(fields) {
  const filter = new URLSearchParams();
  for (const [name, value] of fields) {
    const text = String(value).trim();
    if (text) filter.set(name, name.startsWith("created_") ? new Date(text).toISOString() : text);
  }
  return filter;
}
