// Sizes, durations, names and counts in words. Nothing in logic/ touches the page, so `node --test` runs it.

const UNITS = ["KiB", "MiB", "GiB"];

/** @param {number} count @param {string} word */
export const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

/** @param {...(string | false | null | undefined)} parts */
export const dotted = (...parts) => parts.filter(Boolean).join(" · ");

/** A size in binary units. @param {number} bytes */
export function humanSize(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  let [value, unit] = [bytes / 1024, 0];
  while (value >= 1024 && unit < UNITS.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${value.toFixed(1)} ${UNITS[unit]}`;
}

/** How long a request took. @param {number} ms */
export const requestTime = (ms) => (ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`);

/** How long a hop took. @param {number} ms */
export function hopTime(ms) {
  if (ms < 1000) return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
  return `${(ms / 1000).toFixed(1)} s`;
}

/** A wait that a replay leaves out. @param {number} seconds */
export function waitTime(seconds) {
  return seconds < 60 ? `${seconds.toFixed(0)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** The two largest units of a duration. @param {number} seconds */
export function clockOffset(seconds) {
  const counts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [Math.floor(seconds % 60), "s"],
  ].filter(([count]) => count);
  const words = counts.slice(0, 2).map(([count, unit]) => `${count} ${unit}`);
  return words.join(" ") || "0 s";
}

/** The first letters of a name's first and last word. @param {string} name */
export function initials(name) {
  const letters = name
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => word[0]);
  return letters
    .filter((_, index) => index === 0 || index === letters.length - 1)
    .join("")
    .toUpperCase();
}

/** A colour's number, 1 to 6: always the same for a name. @param {string} name */
export function hueOf(name) {
  const sum = [...name].reduce((total, char) => total + (char.codePointAt(0) ?? 0), 0);
  return String((sum % 6) + 1);
}

/** A short word for a file: its extension of at most four letters, else FILE. @param {string} name */
export function extensionOf(name) {
  const last = name.includes(".") ? (name.split(".").pop() ?? "") : "";
  return /^[A-Za-z0-9]{1,4}$/.test(last) ? last.toUpperCase() : "FILE";
}

/** @type {Record<string, string[]>} */
const KINDS = {
  image: ["JPG", "JPEG", "PNG", "GIF", "WEBP"],
  pdf: ["PDF"],
  text: ["DOC", "DOCX", "TXT", "MD"],
  sheet: ["XLS", "XLSX", "CSV"],
  media: ["OGG", "MP3", "MP4", "MOV", "WAV", "WEBM"],
  pack: ["ZIP", "GZ", "TAR", "7Z"],
};

/** The colour group of an extension. @param {string} extension */
export const kindOf = (extension) => Object.keys(KINDS).find((kind) => KINDS[kind].includes(extension)) ?? "other";
