// What became of an event: states of deliveries, and why nothing was sent.

/** @type {Record<string, [tone: string, words: string]>} */
const STATES = {
  pending: ["active", "On its way"],
  delivered: ["done", "Delivered"],
  failed: ["failed", "Not delivered"],
  not_sent: ["failed", "Not sent"],
};

/** @typedef {{ state: string, status?: number | null, error?: string | null }} Delivery */
/** @typedef {{ name: string, reason: string }} Verdict an integration's decision about an event */

/**
 * The chip of a delivery; without one, `nothing` says so.
 *
 * @param {Delivery | undefined} delivery
 * @param {string} nothing
 * @returns {{ tone: string, words: string }}
 */
export function deliveryChip(delivery, nothing = "Nothing sent") {
  if (!delivery) return { tone: "idle", words: nothing };
  const [tone, words] = STATES[delivery.state] ?? ["idle", delivery.state];
  return { tone, words: delivery.status ? `${words}, ${delivery.status}` : words };
}

/**
 * Why an event was not sent, or why its last delivery failed.
 *
 * @param {{ verdicts: Verdict[] }} event
 * @param {Delivery | undefined} last
 * @param {string} separator
 */
export function reasonOf(event, last, separator = "; ") {
  if (last) return last.error ?? "";
  if (!event.verdicts.length) return "There is no event-driven integration.";
  return event.verdicts.map(({ name, reason }) => `${name}: ${reason}`).join(separator);
}
