// Calls of the public JSON API. The token lives in this module's variable and nowhere else.

import { sentenceOf } from "./words.js";

let token = null;

export const setToken = (value) => {
  token = value;
};
export const hasToken = () => token !== null;

export class ApiError extends Error {
  constructor(problem) {
    super(sentenceOf(problem));
    this.status = problem.status;
  }
}

export async function call(method, path, body) {
  const headers = { Authorization: `Bearer ${token}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const options = { method, headers, cache: "no-store", credentials: "omit", redirect: "error" };
  let response;
  try {
    response = await fetch(path, { ...options, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new ApiError({ title: "The service does not answer", detail: "Check that it runs, then try again." });
  }
  const found = await response.json().catch(() => ({ title: `HTTP ${response.status}` }));
  if (!response.ok) throw new ApiError({ status: response.status, ...found });
  return found;
}

// All audit lines of a transfer, oldest first; 5,000 at most.
export async function readTrail(id) {
  const lines = [];
  let next = null;
  do {
    const page = await call("GET", `transfers/${id}/audit?limit=500${next ? `&cursor=${next}` : ""}`);
    lines.push(...page.audit);
    next = page.next_cursor;
  } while (next && lines.length < 5000);
  return lines;
}

// The open metrics page; empty where it does not answer: this page works without.
export async function readMetrics() {
  try {
    return await (await fetch("metrics", { cache: "no-store", credentials: "omit" })).text();
  } catch {
    return "";
  }
}
