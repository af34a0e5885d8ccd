// Whether a report is older than what it is about.

/** @typedef {{ guid: string, files: number, stored: number, failed: number }} ChatSum */

/** One chat's state as the report's page marks it (report.page). @param {ChatSum} chat */
const markOf = ({ guid, files, stored, failed }) => `${guid}:${files}:${stored}:${failed}`;

/**
 * Whether a chat that the report is about has changed since.
 *
 * @param {string} mark states of the chats when the report was made, separated by semicolons
 * @param {ChatSum[]} chats as they are now
 * @param {string | null} about the guid of the only chat it is about; null = all
 */
export function isOutdated(mark, chats, about) {
  const known = new Set(mark.split(";"));
  return chats.filter(({ guid }) => !about || guid === about).some((chat) => !known.has(markOf(chat)));
}
