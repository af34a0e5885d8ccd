// Calls to this console, and the streams by which it sends what has changed.

import { byId, setText, showTrouble } from "./dom.js";

const LOST_MS = 2500;
const REOPEN_MS = 2000;

// Throws an Error whose message is for a person; `problem` is the body of the reply, `status` its status.
export async function call(method, path, body) {
  const json =
    body === undefined ? {} : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  let reply;
  try {
    reply = await fetch(path, { method, ...json });
  } catch {
    throw new Error("The console does not answer; is the stack still up?");
  }
  const generation = reply.headers.get("X-Tenant-Generation");
  if (generation && generation !== document.body.dataset.generation) location.reload(); // the tenant was reset
  const found = reply.status === 204 ? null : await reply.json().catch(() => null);
  if (reply.ok) return found;
  const words = found?.detail ?? `The console answered ${reply.status}.`;
  throw Object.assign(new Error(words), { problem: found, status: reply.status });
}

export const getJson = (path) => call("GET", path);
export const postJson = (path, body) => call("POST", path, body);

// Does the work of a button; what goes wrong is shown in the banner. The button is disabled meanwhile.
export async function doing(button, work) {
  if (button) button.disabled = true;
  try {
    const result = await work();
    showTrouble(null);
    return result;
  } catch (error) {
    showTrouble(error.message);
    return undefined;
  } finally {
    if (button) button.disabled = false;
  }
}

function showLive(state, words) {
  byId("live").dataset.state = state;
  setText(byId("live-text"), words);
}

// Follows a stream of the server: {eventName: (data) => …}. Returns a function that ends it.
export function follow(path, handlers) {
  let source = null;
  let lost = null;
  let again = null;
  const open = () => {
    source = new EventSource(path);
    source.addEventListener("open", () => {
      clearTimeout(lost);
      lost = null;
      showLive("live", "Live");
    });
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        handle(JSON.parse(event.data));
        document.body.dataset.drawn = ""; // the page shows something now; tests wait for this
      });
    }
    source.addEventListener("reset", () => location.reload());
    source.addEventListener("trouble", (event) => showTrouble(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      // The server ends each stream after a while; only a silence that lasts is worth a word.
      lost ??= setTimeout(() => showLive("lost", "Connection lost, trying again"), LOST_MS);
      // A refusal ends a stream for good, such as the 404 of a console that was restarted and does not know this
      // tenant yet.
      if (source.readyState === EventSource.CLOSED) again = setTimeout(open, REOPEN_MS);
    });
  };
  open();
  return () => {
    clearTimeout(lost);
    clearTimeout(again);
    source.close();
  };
}

// One stream at a time: `listen` ends the one before.
export class Stream {
  #end = null;

  listen(path, handlers) {
    this.end();
    this.#end = follow(path, handlers);
  }

  end() {
    this.#end?.();
    this.#end = null;
  }
}

// The path with parameters, those that are empty left out.
export function withParameters(path, parameters) {
  const filled = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
  return filled.size ? `${path}?${filled}` : path;
}
