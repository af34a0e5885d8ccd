// Words and tones of the guided set-up.

/** @type {Record<string, string>} */
export const STATE_TONES = { done: "done", missing: "waiting", wrong: "failed" };
/** @type {Record<string, string>} */
const STATE_WORDS = { done: "Done", missing: "Missing", wrong: "Wrong" };

export const stateWords = (/** @type {string} */ state) => STATE_WORDS[state] ?? state;

/** @param {{ done: number, total: number, steps: { state: string }[] }} reading */
export function sumWords({ done, total, steps }) {
  if (done === total) return `All ${total} steps are done. A chat’s files now reach its activity in C4C.`;
  const wrong = steps.filter((step) => step.state === "wrong").length;
  const missing = total - done - wrong;
  const left = [wrong && `${wrong} wrong`, missing && `${missing} missing`].filter(Boolean).join(", ");
  return `${done} of ${total} steps are done, ${left}.`;
}

/** @param {{ state: string }[]} steps */
export function groupSum(steps) {
  const done = steps.filter((step) => step.state === "done").length;
  const isWrong = steps.some((step) => step.state === "wrong");
  const tone = done === steps.length ? "done" : isWrong ? "failed" : "waiting";
  return { tone, words: done === steps.length ? "Done" : `${done} of ${steps.length}` };
}

export function retriedWords(/** @type {number} */ count) {
  if (!count) return "";
  return count === 1 ? "The transfer that failed is tried again." : `${count} transfers that failed are tried again.`;
}
