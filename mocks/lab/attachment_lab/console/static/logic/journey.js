// A chat's journey at any moment: the server gives each file's stops and each station's states, this asks "what at t?".

import { waitTime } from "./text.js";

/** Waits are shortened to this by the server (journey.LONGEST_GAP_S), in seconds. */
export const GAP_S = 2.5;
const END_S = 0.001;

/** @typedef {{ at_s: number, tone: string, headline: string, detail: string }} Beat */
/** @typedef {{ at_s: number, station: number, tone: string, chip: string, note: string }} Stop */
/** @typedef {{ at_s: number, skipped_s: number }} Gap */
/** @typedef {{ start: number, end: number, act: string }} HopView `start`, `end`: shares of the journey, 0 to 1 */
/**
 * @typedef {{ id: string, station: number, tone: string, chip: string, reason: string, remedy: string,
 *   object_id: string, c4c_sha256: string, hops: HopView[], isUnsent?: boolean }} FileView
 */
/**
 * @typedef {{ guid: string, tone: string, sentence: string, stations: object[], files: FileView[],
 *   violations: string[], is_proven: boolean, can_retry: boolean }} Picture
 */
/**
 * @typedef {{ begun: number, length_s: number, files: Record<string, Stop[]>, stations: Beat[][], sentence: Beat[],
 *   gaps: Gap[] }} Journey
 */

/**
 * The last entry at or before a moment; undefined before the first one. The list is in order of time.
 *
 * @template {{ at_s: number }} T
 * @param {T[]} list
 * @param {number} at
 */
export function lastBefore(list, at) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].at_s <= at) low = middle + 1;
    else high = middle;
  }
  return list[low - 1];
}

/**
 * The picture as it was at that moment of the replay; from the end on, the present one.
 *
 * @param {{ picture: Picture, journey: Journey }} replay
 * @param {number} at seconds of the replay
 * @returns {Picture}
 */
export function pictureAt({ picture, journey }, at) {
  if (at >= journey.length_s - END_S) return picture;
  const state = lastBefore(journey.sentence, at);
  return {
    ...picture,
    tone: state.tone,
    sentence: state.headline,
    stations: journey.stations.map((states) => ({ remedy: "", ...lastBefore(states, at) })),
    files: picture.files.map((file) => fileAt(file, lastBefore(journey.files[file.id], at), at / journey.length_s)),
    violations: [],
    is_proven: false,
    can_retry: false,
  };
}

const NOT_SENT = { station: 0, tone: "idle", chip: "Not sent yet", isUnsent: true, reason: "", remedy: "" };

/**
 * @param {FileView} file
 * @param {Stop | undefined} stop
 * @param {number} share of the journey that has passed
 * @returns {FileView}
 */
function fileAt(file, stop, share) {
  if (!stop) return { ...file, ...NOT_SENT, object_id: "", c4c_sha256: "", hops: [] };
  const arrived = stop.chip === "Stored";
  return {
    ...file,
    station: stop.station,
    tone: stop.tone,
    chip: stop.chip,
    reason: stop.note,
    remedy: "",
    object_id: arrived ? file.object_id : "",
    c4c_sha256: arrived ? file.c4c_sha256 : "",
    hops: file.hops.filter((hop) => hop.start <= share),
  };
}

/**
 * The moment in words: seconds of the replay, the stack's clock, and what is being left out.
 *
 * @param {Journey} journey
 * @param {number} at
 * @returns {{ words: string, clockMs: number, note: string }}
 */
export function momentAt(journey, at) {
  const passed = journey.gaps.filter((gap) => gap.at_s < at);
  const skippedS = passed.reduce((sum, gap) => sum + gap.skipped_s * Math.min(1, (at - gap.at_s) / GAP_S), 0);
  const current = passed.find((gap) => at - gap.at_s < GAP_S);
  return {
    words: `${at.toFixed(1)} of ${journey.length_s.toFixed(1)} s`,
    clockMs: (journey.begun + at + skippedS) * 1000,
    note: current ? `${waitTime(current.skipped_s)} left out` : "",
  };
}

/**
 * Where a slider's value lies in the journey. Its last step need not be its end: the length is no multiple of a step.
 *
 * @param {number} value
 * @param {number} step
 * @param {number} max
 */
export const shareOf = (value, step, max) => (value > max - step ? 1 : value / max);
