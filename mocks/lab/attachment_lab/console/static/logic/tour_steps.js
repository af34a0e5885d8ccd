// Where the tour is, and where its steps are shown: addresses, pace, and what the keys mean.

/** What the tour keeps in the address of any page that it is shown on. */
export const TOUR_PARAMETERS = ["tour", "auto", "speed"];
const LEAST_MS = 3500;
const WORD_MS = 330;

/** The page without the tour's own parameters; decides whether another page must be opened. @param {URL} url */
export function bareAddress(url) {
  const parameters = new URLSearchParams(url.search);
  for (const name of TOUR_PARAMETERS) parameters.delete(name);
  return `${url.pathname}?${[...parameters].sort().join("&")}`;
}

/**
 * Where a step is shown, with the tour's own parameters.
 *
 * @param {string} page the step's page below the tenant's address
 * @param {string} tenantUrl ends with a slash
 * @param {{ id: string, auto: boolean, speed: number }} tour
 */
export function stepAddress(page, tenantUrl, { id, auto, speed }) {
  const url = new URL(page, tenantUrl);
  const bare = bareAddress(url);
  url.searchParams.set("tour", id);
  if (auto) url.searchParams.set("auto", "1");
  if (speed !== 1) url.searchParams.set("speed", String(speed));
  return { url: url.pathname + url.search, bare };
}

/**
 * The parameters of a page, and those of the tour that its address has.
 *
 * @param {URLSearchParams} shown
 * @param {URLSearchParams} current
 */
export function withTour(shown, current) {
  const parameters = new URLSearchParams(shown);
  for (const name of TOUR_PARAMETERS) {
    const value = current.get(name);
    if (value !== null) parameters.set(name, value);
  }
  return parameters;
}

/** How fast the tour plays; never stands still. @param {string | null} text */
export const speedOf = (text) => Math.max(0.1, Number(text) || 1);

/**
 * How long a caption is shown before the tour goes on by itself, in milliseconds.
 *
 * @param {string} caption
 * @param {number} speed
 */
export const readingMs = (caption, speed) => Math.max(LEAST_MS, caption.split(" ").length * WORD_MS) / speed;

/**
 * What a key does: "end", "forward", "back", or "" for nothing.
 *
 * @param {{ key: string, altKey: boolean, ctrlKey: boolean, metaKey: boolean }} event
 * @param {{ hasDialog: boolean, isField: boolean }} page a field keeps its arrow keys; a dialog keeps all
 */
export function keyAction({ key, altKey, ctrlKey, metaKey }, { hasDialog, isField }) {
  if (altKey || ctrlKey || metaKey || hasDialog) return "";
  if (key === "Escape") return "end";
  if (isField) return "";
  if (key === "ArrowRight") return "forward";
  return key === "ArrowLeft" ? "back" : "";
}
