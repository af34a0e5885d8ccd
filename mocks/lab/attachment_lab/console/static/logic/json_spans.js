// Cuts JSON text into pieces of one colour and at most one underline, for the editor. Works on JSON that is wrong.

const TOKENS = /("(?:[^"\\\n]|\\.)*"?)(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b|([{}[\],:])/g;
const PLACEHOLDER = /\{[A-Za-z_][\w.-]*\}/g;

/** @typedef {"error" | "warning" | "note"} Severity */
/** @typedef {{ start: number, end: number, line: number, severity: Severity }} Finding offsets in UTF-16 code units */
/** @typedef {[start: number, end: number, colour: string]} Token */
/** @typedef {{ start: number, end: number, colour: string, severity: Severity | undefined }} Span */

/** @type {Record<Severity, number>} */
const RANK = { error: 3, warning: 2, note: 1 };

/** Coloured pieces in order; what lies between them has no colour. @param {string} text @returns {Token[]} */
export function tokensOf(text) {
  /** @type {Token[]} */
  const found = [];
  for (const match of text.matchAll(TOKENS)) {
    const [all, string, colon, number, literal] = match;
    const start = match.index;
    if (string === undefined) {
      found.push([start, start + all.length, number ? "t-number" : literal ? "t-word" : "t-sign"]);
    } else if (colon !== undefined) found.push([start, start + string.length, "t-key"]);
    else found.push(...placeholdersIn(string, start));
  }
  return found;
}

/** @param {string} string @param {number} offset @returns {Token[]} */
function placeholdersIn(string, offset) {
  /** @type {Token[]} */
  const found = [];
  let from = 0;
  for (const match of string.matchAll(PLACEHOLDER)) {
    const [start, end] = [match.index, match.index + match[0].length];
    if (start > from) found.push([offset + from, offset + start, "t-text"]);
    found.push([offset + start, offset + end, "t-place"]);
    from = end;
  }
  if (from < string.length) found.push([offset + from, offset + string.length, "t-text"]);
  return found;
}

/**
 * Pieces between all borders of tokens and findings; they cover the whole text.
 *
 * @param {string} text
 * @param {Finding[]} findings
 * @returns {Span[]}
 */
export function spansOf(text, findings) {
  const tokens = tokensOf(text);
  const marks = findings.map(({ start, end, severity }) => ({ start, end: Math.max(end, start + 1), severity }));
  const borders = new Set([0, text.length]);
  for (const [start, end] of tokens) borders.add(start).add(end);
  for (const { start, end } of marks) borders.add(start).add(Math.min(end, text.length));
  const cuts = [...borders].sort((a, b) => a - b);
  let at = 0;
  return cuts.slice(0, -1).map((start, index) => {
    const end = cuts[index + 1];
    while (at < tokens.length && tokens[at][1] <= start) at += 1;
    const colour = at < tokens.length && tokens[at][0] <= start ? tokens[at][2] : "";
    return { start, end, colour, severity: worstOf(marks.filter((mark) => mark.start <= start && end <= mark.end)) };
  });
}

/** The gravest severity; undefined where there is no finding. @param {{ severity: Severity }[]} findings */
export function worstOf(findings) {
  return findings.map(({ severity }) => severity).sort((a, b) => RANK[b] - RANK[a])[0];
}

/** The gravest severity of each line, by the line's number from 1. @param {Finding[]} findings */
export function worstByLine(findings) {
  /** @type {Map<number, Severity>} */
  const worst = new Map();
  for (const { line, severity } of findings) {
    const known = worst.get(line);
    if (known === undefined || RANK[severity] > RANK[known]) worst.set(line, severity);
  }
  return worst;
}

/** The first finding behind the caret, else the first of all. @param {Finding[]} findings @param {number} caret */
export const nextFinding = (findings, caret) => findings.find(({ start }) => start > caret) ?? findings[0];
