// Rights of a user, between the API's form and the tick boxes.

/** @typedef {"queue_groups" | "queues" | "agents"} Kind */
/** @typedef {Record<Kind, string[]>} Grant ids, or "*" for every one */
/** @typedef {{ kind: Kind, id: string, name: string }} Place what a right can be given on */

/** @type {Kind[]} */
export const KINDS = ["queue_groups", "queues", "agents"];
const ALL = "*";

/** @param {Grant} grant */
export const isEverywhere = (grant) => grant.queues.includes(ALL) || grant.queue_groups.includes(ALL);

/** @param {Grant} grant */
export const isNowhere = (grant) => KINDS.every((kind) => grant[kind].length === 0);

/**
 * The grant of some tick boxes. Ids that have no box are kept.
 *
 * @param {{ everywhere: boolean, ticked: Place[] }} chosen
 * @param {Place[]} places that have a box
 * @param {Grant} before
 * @returns {Grant}
 */
export function grantOf({ everywhere, ticked }, places, before) {
  const of = (/** @type {Kind} */ kind) => {
    if (everywhere) return [ALL];
    const boxed = places.filter((each) => each.kind === kind).map(({ id }) => id);
    const others = before[kind].filter((id) => id !== ALL && !boxed.includes(id));
    return [...ticked.filter((each) => each.kind === kind).map(({ id }) => id), ...others];
  };
  return { queue_groups: of("queue_groups"), queues: of("queues"), agents: of("agents") };
}

/**
 * Where a right is given, in words.
 *
 * @param {Grant} grant
 * @param {Place[]} places
 */
export function reachOf(grant, places) {
  if (isEverywhere(grant)) return "everywhere";
  const nameOf = (/** @type {Kind} */ kind, /** @type {string} */ id) =>
    id === ALL ? `every ${kind.replace("_", " ").slice(0, -1)}` : (places.find((each) => each.id === id)?.name ?? id);
  return KINDS.flatMap((kind) => grant[kind].map((id) => nameOf(kind, id))).join(", ") || "nowhere";
}

/**
 * The state of a user's logon.
 *
 * @param {{ logon: string, locked_until: string | null }} user
 * @param {(moment: string) => string} time
 */
export function logonState({ logon, locked_until: until }, time) {
  /** @type {Record<string, { tone: string, words: string }>} */
  const states = {
    good: { tone: "done", words: "Can log on" },
    locked: { tone: "failed", words: until ? `Locked until ${time(until)}` : "Locked" },
    expired: { tone: "failed", words: "Account expired" },
    password_old: { tone: "failed", words: "Password too old" },
    password_initial: { tone: "waiting", words: "Password must be changed" },
  };
  return states[logon] ?? { tone: "idle", words: logon };
}
