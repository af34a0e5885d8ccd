// The operator's page. Everything shown comes from the public JSON API.

import { ApiError, call, hasToken, readMetrics, readTrail, setToken } from "./api.js";
import { ask, byId, chip, element, notify, short, when } from "./elements.js";
import { facts, files, timeline } from "./transfer.js";
import {
  cancelQuestion,
  filterOf,
  healthItems,
  mayRetryAll,
  plural,
  retryBody,
  retryQuestion,
  retryReport,
} from "./words.js";

const REDRIVABLE = new Set(document.body.dataset.redrivable.split(" "));
const FOLLOW_MS = 10_000;
const PER_PAGE = 50;

let query = new URLSearchParams();
let cursor = null;
let shown = [];
let pages = 1;
let opened = null;
let timer = null;

async function guarded(work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401) forget();
    notify(error.message, "bad");
    return null;
  }
}

// -- the list ----------------------------------------------------------------

const readFilter = () => filterOf(new FormData(byId("filter")));

async function load({ keep = false } = {}) {
  if (!keep) pages = 1;
  const transfers = [];
  let next = null;
  for (let page = 0; page < pages; page += 1) {
    const parameters = new URLSearchParams(query);
    parameters.set("limit", PER_PAGE);
    if (next) parameters.set("cursor", next);
    const found = await guarded(() => call("GET", `transfers?${parameters}`));
    if (found === null) return false;
    transfers.push(...found.transfers);
    next = found.next_cursor;
    if (!next) break;
  }
  [shown, cursor] = [transfers, next];
  draw();
  await drawHealth();
  return true;
}

function draw() {
  const ticked = new Set(selected());
  byId("rows").replaceChildren(...shown.map((transfer) => row(transfer, ticked.has(transfer.id))));
  byId("empty").hidden = shown.length > 0;
  byId("more").hidden = !cursor;
  byId("list-title").textContent = shown.length
    ? `${plural(shown.length, "transfer")}${cursor ? " and more" : ""}`
    : "Transfers";
  const known = new Set([...byId("reasons").children].map((option) => option.value));
  for (const { reason } of shown) if (reason) known.add(reason.code);
  byId("reasons").replaceChildren(...[...known].sort().map((code) => element("option", { value: code })));
  drawButtons();
}

function row(transfer, ticked) {
  const may = REDRIVABLE.has(transfer.state);
  const tick = element("input", {
    type: "checkbox",
    "data-id": transfer.id,
    disabled: !may,
    "aria-label": `Select ${transfer.id}`,
    onchange: drawButtons,
  });
  tick.checked = ticked && may;
  const reason = transfer.reason
    ? element(
        "div",
        { class: "reason" },
        element("code", {}, transfer.reason.code),
        element("span", {}, transfer.reason.message),
      )
    : element("span", { class: "dim" }, transfer.outcome ? "" : "–");
  const outcome =
    transfer.outcome && transfer.outcome !== transfer.state
      ? element("div", { class: "dim small" }, transfer.outcome.replaceAll("_", " "))
      : null;
  return element(
    "tr",
    {},
    element("td", { class: "tick" }, tick),
    element("td", {}, chip(transfer.state), outcome),
    element(
      "td",
      {},
      element("button", { class: "link", onclick: () => open(transfer.id) }, short(transfer.contact_id)),
    ),
    element("td", { class: "grow" }, reason),
    element("td", { class: "number" }, String(transfer.rounds)),
    element("td", {}, when(transfer.created_at)),
    element("td", {}, when(transfer.updated_at)),
    element(
      "td",
      { class: "number" },
      may ? element("button", { class: "small", onclick: () => retryOne(transfer.id) }, "Retry") : null,
    ),
  );
}

const ticks = () => [...document.querySelectorAll("#rows input[data-id]")];
const selected = () =>
  ticks()
    .filter((tick) => tick.checked)
    .map((tick) => tick.dataset.id);

function drawButtons() {
  const count = selected().length;
  byId("retry-selected").disabled = count === 0;
  byId("retry-selected").textContent = count ? `Retry ${count} selected` : "Retry selected";
  byId("retry-all").disabled = !mayRetryAll(query, REDRIVABLE) || shown.length === 0;
  byId("retry-all").title = "Needs a filter on parked, waiting or cancelled, without “accepted from”";
  const possible = ticks().filter((tick) => !tick.disabled);
  byId("all").checked = possible.length > 0 && possible.every((tick) => tick.checked);
  byId("all").disabled = possible.length === 0;
}

async function drawHealth() {
  byId("health").replaceChildren(
    ...healthItems(await readMetrics()).map(([name, number, tone]) =>
      element("div", { class: tone }, element("dt", {}, name), element("dd", {}, number)),
    ),
  );
}

// -- running again ------------------------------------------------------------------

async function retryOne(id) {
  const done = await guarded(() => call("POST", `transfers/${id}/retry`));
  if (done) notify(`Transfer ${id} runs again: round ${done.rounds}.`);
  await load({ keep: true });
  return done;
}

async function retryMany(body) {
  const done = await guarded(() => call("POST", "transfers/retry", body));
  if (!done) return;
  notify(retryReport(done), done.skipped.length ? "mixed" : "good");
  await load({ keep: true });
}

async function retryAll() {
  const body = retryBody(query);
  if (await ask(retryQuestion(body))) await retryMany(body);
}

// -- one transfer ------------------------------------------------------------

async function open(id) {
  const transfer = await guarded(() => call("GET", `transfers/${id}`));
  if (!transfer) return;
  const trail = await guarded(() => readTrail(id));
  opened = transfer;
  byId("detail-title").replaceChildren(
    chip(transfer.state),
    ` ${transfer.outcome ? transfer.outcome.replaceAll("_", " ") : "in progress"}`,
  );
  byId("detail-retry").hidden = !REDRIVABLE.has(transfer.state);
  byId("detail-cancel").hidden = ["settled", "cancelled"].includes(transfer.state);
  byId("detail-body").replaceChildren(
    facts(transfer),
    files(transfer.attachments),
    timeline(trail || [], transfer.attachments),
  );
  if (!byId("detail").open) byId("detail").showModal();
}

async function cancelOpened() {
  const id = opened.id;
  if (!(await ask(cancelQuestion(opened.attachments)))) return;
  if (await guarded(() => call("POST", `transfers/${id}/cancel`))) {
    notify(`Transfer ${id} is cancelled.`);
    await open(id);
  }
  await load({ keep: true });
}

// -- signing in and out ---------------------------------------------------------------------

function forget() {
  setToken(null);
  [shown, cursor, opened] = [[], null, null];
  clearInterval(timer);
  byId("follow").checked = false;
  if (byId("detail").open) byId("detail").close();
  byId("rows").replaceChildren();
  byId("transfers").hidden = true;
  byId("forget").hidden = true;
  byId("sign-in").hidden = false;
  byId("health").replaceChildren();
  byId("token").value = "";
  byId("token").focus();
  notify("");
}

byId("token-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  setToken(
    byId("token")
      .value.trim()
      .replace(/^bearer\s+/i, ""),
  );
  byId("token").value = "";
  notify("");
  query = readFilter();
  if (!(await load())) return;
  byId("sign-in").hidden = true;
  byId("transfers").hidden = false;
  byId("forget").hidden = false;
});
byId("forget").addEventListener("click", forget);
byId("filter").addEventListener("submit", async (event) => {
  event.preventDefault();
  notify("");
  query = readFilter();
  await load();
});
byId("filter").addEventListener("reset", () =>
  setTimeout(async () => {
    query = readFilter();
    await load();
  }),
);
byId("more").addEventListener("click", async () => {
  pages += 1;
  await load({ keep: true });
});
byId("all").addEventListener("change", () => {
  ticks().forEach((tick) => {
    if (!tick.disabled) tick.checked = byId("all").checked;
  });
  drawButtons();
});
byId("retry-selected").addEventListener("click", () => retryMany({ ids: selected() }));
byId("retry-all").addEventListener("click", retryAll);
byId("detail-close").addEventListener("click", () => byId("detail").close());
byId("detail-retry").addEventListener("click", async () => {
  const id = opened.id;
  if (await retryOne(id)) await open(id);
});
byId("detail-cancel").addEventListener("click", cancelOpened);
byId("follow").addEventListener("change", () => {
  clearInterval(timer);
  if (byId("follow").checked)
    timer = setInterval(() => {
      if (hasToken() && !document.hidden) load({ keep: true });
    }, FOLLOW_MS);
});
byId("token").focus();
