// The operator's page. Everything shown comes from the public JSON API and is inserted as text, never as markup,
// because file names are not trusted. The token is in the variable below and nowhere else.
"use strict";

(() => {
  const $ = (id) => document.getElementById(id);
  const REDRIVABLE = new Set(document.body.dataset.redrivable.split(" "));
  const FOLLOW_MS = 10_000;
  const PER_PAGE = 50;

  let token = null;
  let query = new URLSearchParams();
  let cursor = null;
  let shown = [];
  let pages = 1;
  let opened = null;
  let timer = null;

  // -- calling the API -------------------------------------------------------

  class ApiError extends Error {
    constructor(problem) {
      super([problem.title, problem.detail].filter(Boolean).join(". ").replace("..", "."));
      this.status = problem.status;
    }
  }

  async function call(method, path, body) {
    const headers = { Authorization: `Bearer ${token}` };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let answer;
    try {
      answer = await fetch(path, {
        method, headers, cache: "no-store", credentials: "omit", redirect: "error",
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    } catch {
      throw new ApiError({ title: "The service does not answer", detail: "Check that it runs, then try again." });
    }
    const text = await answer.text();
    let document_;
    try { document_ = JSON.parse(text); } catch { document_ = { title: `HTTP ${answer.status}` }; }
    if (!answer.ok) throw new ApiError({ status: answer.status, ...document_ });
    return document_;
  }

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

  // -- small building blocks -------------------------------------------------

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "class") made.className = value;
      else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (value === true) made.setAttribute(key, "");
      else if (value !== false && value != null) made.setAttribute(key, value);
    }
    made.append(...children.filter((child) => child != null).map((child) => child));
    return made;
  }

  const chip = (state) => element("span", { class: `chip ${state}` }, state);
  const short = (id) => element("code", { title: id }, `${id.slice(0, 8)}…${id.slice(-4)}`);
  const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

  function when(text) {
    if (!text) return element("span", { class: "dim" }, "–");
    const date = new Date(text);
    const day = date.toLocaleDateString(undefined, { day: "2-digit", month: "short" });
    const time = date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
    return element("time", { datetime: text, title: text }, `${day} ${time}`);
  }

  function bytes(count) {
    if (count == null) return "";
    const units = ["B", "kB", "MB", "GB", "TB"];
    let unit = 0;
    while (count >= 1000 && unit < units.length - 1) { count /= 1000; unit += 1; }
    return `${unit === 0 ? count : count.toFixed(1)} ${units[unit]}`;
  }

  function age(seconds) {
    if (seconds < 60) return `${Math.round(seconds)} s`;
    if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
    if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
    return `${Math.round(seconds / 86_400)} d`;
  }

  function notify(text, kind = "good") {
    const notice = $("notice");
    notice.textContent = text;
    notice.className = `notice ${kind}`;
    notice.hidden = !text;
  }

  function ask(text) {
    $("ask-text").textContent = text;
    const dialog = $("ask");
    dialog.showModal();
    return new Promise((resolve) => {
      const end = (answer) => { dialog.close(); resolve(answer); };
      $("ask-yes").onclick = () => end(true);
      $("ask-no").onclick = () => end(false);
      dialog.oncancel = () => resolve(false);
    });
  }

  // -- the list ----------------------------------------------------------------

  function readFilter() {
    const made = new URLSearchParams();
    for (const [name, value] of new FormData($("filter"))) {
      const text = value.trim();
      if (!text) continue;
      made.set(name, name.startsWith("created_") ? new Date(text).toISOString() : text);
    }
    return made;
  }

  async function load({ keep = false } = {}) {
    if (!keep) pages = 1;
    const found = [];
    let next = null;
    for (let page = 0; page < pages; page += 1) {
      const pageQuery = new URLSearchParams(query);
      pageQuery.set("limit", PER_PAGE);
      if (next) pageQuery.set("cursor", next);
      const answer = await guarded(() => call("GET", `transfers?${pageQuery}`));
      if (answer === null) return false;
      found.push(...answer.transfers);
      next = answer.next_cursor;
      if (!next) break;
    }
    [shown, cursor] = [found, next];
    draw();
    await drawHealth();
    return true;
  }

  function draw() {
    const ticked = new Set(selected());
    $("rows").replaceChildren(...shown.map((transfer) => row(transfer, ticked.has(transfer.id))));
    $("empty").hidden = shown.length > 0;
    $("more").hidden = !cursor;
    $("list-title").textContent = shown.length ? `${plural(shown.length, "transfer")}${cursor ? " and more" : ""}` : "Transfers";
    const known = new Set([...$("reasons").children].map((option) => option.value));
    shown.forEach((transfer) => transfer.reason && known.add(transfer.reason.code));
    $("reasons").replaceChildren(...[...known].sort().map((code) => element("option", { value: code })));
    drawButtons();
  }

  function row(transfer, ticked) {
    const may = REDRIVABLE.has(transfer.state);
    const tick = element("input", {
      type: "checkbox", "data-id": transfer.id, disabled: !may, "aria-label": `Select ${transfer.id}`, onchange: drawButtons,
    });
    tick.checked = ticked && may;
    const reason = transfer.reason
      ? element("div", { class: "reason" }, element("code", {}, transfer.reason.code), element("span", {}, transfer.reason.message))
      : element("span", { class: "dim" }, transfer.outcome ? "" : "–");
    const outcome = transfer.outcome && transfer.outcome !== transfer.state
      ? element("div", { class: "dim small" }, transfer.outcome.replaceAll("_", " ")) : null;
    return element("tr", {},
      element("td", { class: "tick" }, tick),
      element("td", {}, chip(transfer.state), outcome),
      element("td", {}, element("button", { class: "link", onclick: () => open(transfer.id) }, short(transfer.contact_id))),
      element("td", { class: "grow" }, reason),
      element("td", { class: "number" }, String(transfer.rounds)),
      element("td", {}, when(transfer.created_at)),
      element("td", {}, when(transfer.updated_at)),
      element("td", { class: "number" },
        may ? element("button", { class: "small", onclick: () => retryOne(transfer.id) }, "Retry") : null),
    );
  }

  const ticks = () => [...document.querySelectorAll("#rows input[data-id]")];
  const selected = () => ticks().filter((tick) => tick.checked).map((tick) => tick.dataset.id);

  function drawButtons() {
    const count = selected().length;
    $("retry-selected").disabled = count === 0;
    $("retry-selected").textContent = count ? `Retry ${count} selected` : "Retry selected";
    $("retry-all").disabled = !REDRIVABLE.has(query.get("state")) || query.has("created_from") || shown.length === 0;
    $("retry-all").title = "Needs a filter on parked, waiting or cancelled, without “accepted from”";
    const possible = ticks().filter((tick) => !tick.disabled);
    $("all").checked = possible.length > 0 && possible.every((tick) => tick.checked);
    $("all").disabled = possible.length === 0;
  }

  async function drawHealth() {
    // Counts of the whole service, from its metrics page; if that is closed, the rest of the page works.
    let text = "";
    try { text = await (await fetch("metrics", { cache: "no-store", credentials: "omit" })).text(); } catch { /* no strip */ }
    const value = (pattern) => { const match = text.match(pattern); return match ? Number(match[1]) : null; };
    const items = [];
    for (const state of ["queued", "running", "waiting", "parked"]) {
      const count = value(new RegExp(`^attachment_transfer_transfers\\{state="${state}"\\} (\\S+)$`, "m"));
      if (count !== null) items.push([state, String(count), state === "parked" && count > 0 ? "attention" : ""]);
    }
    const ambiguous = value(/^attachment_transfer_ambiguous_uploads (\S+)$/m);
    if (ambiguous) items.push(["ambiguous", String(ambiguous), "attention"]);
    const oldest = value(/^attachment_transfer_oldest_open_transfer_age_seconds (\S+)$/m);
    if (oldest !== null) items.push(["oldest open", oldest ? age(oldest) : "none", oldest > 3600 ? "attention" : ""]);
    $("health").replaceChildren(...items.map(([name, number, style]) =>
      element("div", { class: style }, element("dt", {}, name), element("dd", {}, number))));
  }

  // -- retry and cancel ---------------------------------------------------------

  async function retryOne(id) {
    const done = await guarded(() => call("POST", `transfers/${id}/retry`));
    if (done) notify(`Transfer ${id} runs again: round ${done.rounds}.`);
    await load({ keep: true });
    return done;
  }

  async function retryMany(body) {
    const done = await guarded(() => call("POST", "transfers/retry", body));
    if (!done) return;
    const skipped = new Map();
    done.skipped.forEach((item) => skipped.set(item.message, (skipped.get(item.message) || 0) + 1));
    const why = [...skipped].map(([message, count]) => `${count} skipped: ${message}`);
    if (done.more) why.push("more fit the filter: retry again for the next ones");
    notify([`${plural(done.redriven, "transfer")} run${done.redriven === 1 ? "s" : ""} again`, ...why].join(" · "),
      done.skipped.length ? "mixed" : "good");
    await load({ keep: true });
  }

  async function retryAll() {
    const body = { limit: 1000 };
    for (const name of ["state", "reason_code", "contact_id", "created_before"]) if (query.has(name)) body[name] = query.get(name);
    const conditions = Object.entries(body).filter(([name]) => name !== "limit").map(([name, value]) => `${name.replaceAll("_", " ")} ${value}`);
    if (await ask(`Run again every transfer with ${conditions.join(", ")}? At most ${body.limit} at once, oldest first.`)) await retryMany(body);
  }

  // -- one transfer ------------------------------------------------------------

  async function open(id) {
    const transfer = await guarded(() => call("GET", `transfers/${id}`));
    if (!transfer) return;
    const trail = await guarded(() => readTrail(id));
    opened = transfer;
    $("detail-title").replaceChildren(chip(transfer.state), ` ${transfer.outcome ? transfer.outcome.replaceAll("_", " ") : "in progress"}`);
    $("detail-retry").hidden = !REDRIVABLE.has(transfer.state);
    $("detail-cancel").hidden = ["settled", "cancelled"].includes(transfer.state);
    $("detail-body").replaceChildren(facts(transfer), files(transfer.attachments), timeline(trail || [], transfer.attachments));
    if (!$("detail").open) $("detail").showModal();
  }

  async function readTrail(id) {
    const lines = [];
    let next = null;
    do {
      const answer = await call("GET", `transfers/${id}/audit?limit=500${next ? `&cursor=${next}` : ""}`);
      lines.push(...answer.audit);
      next = answer.next_cursor;
    } while (next && lines.length < 5000);
    return lines;
  }

  function facts(transfer) {
    const activity = transfer.activity ? `${transfer.activity.set} ${transfer.activity.object_id}` : "not found yet";
    const pairs = [
      ["Transfer", element("code", {}, transfer.id)], ["Contact", element("code", {}, transfer.contact_id)],
      ["C4C activity", element("code", {}, activity)], ["Rounds", String(transfer.rounds)],
      ["Accepted", when(transfer.created_at)], ["Changed", when(transfer.updated_at)],
    ];
    if (transfer.next_round_at) pairs.push(["Next round", when(transfer.next_round_at)]);
    const list = element("dl", { class: "facts" },
      ...pairs.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
    return element("div", {}, transfer.reason ? why(transfer.reason) : null, list);
  }

  const why = (reason) => element("div", { class: "why" },
    element("p", {}, element("code", {}, reason.code), " ", reason.message),
    element("p", { class: "remedy" }, element("strong", {}, "Remedy: "), reason.remedy));

  function files(attachments) {
    const head = element("tr", {}, ...["File", "State", "Size", "SHA-256", "C4C object", "Attempts"].map((name) =>
      element("th", { class: ["Size", "Attempts"].includes(name) ? "number" : null }, name)));
    const rows = attachments.flatMap((item) => [
      element("tr", {},
        element("td", { class: "name" }, element("bdi", {}, item.stored_name || item.name)),
        element("td", {}, chip(item.state)), element("td", { class: "number" }, bytes(item.size_bytes)),
        element("td", {}, item.sha256 ? element("code", { title: item.sha256 }, `${item.sha256.slice(0, 12)}…`) : ""),
        element("td", {}, item.c4c_object_id ? element("code", { title: item.c4c_object_id }, `…${item.c4c_object_id.slice(-8)}`) : ""),
        element("td", { class: "number" }, String(item.attempts))),
      ...(item.reason ? [element("tr", { class: "because" }, element("td", { colspan: 6 }, why(item.reason)))] : []),
    ]);
    const table = element("div", { class: "scroll" }, element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows)));
    return element("section", {}, element("h3", {}, plural(attachments.length, "attachment")),
      attachments.length ? table : element("p", { class: "empty" }, "None is known yet."));
  }

  function timeline(lines, attachments) {
    const names = new Map(attachments.map((item) => [item.id, item.stored_name || item.name]));
    const file = (line) => line.attachment_id && names.has(line.attachment_id) ? element("bdi", {}, names.get(line.attachment_id)) : null;
    const actor = (name) => element("span", { class: "actor", title: name }, name.includes("#") ? name.split("#").pop() : name);
    const items = lines.map((line) => element("li", {},
      when(line.at), element("strong", {}, line.action), actor(line.actor), element("span", { class: "dim" }, file(line), line.attachment_id ? " · " : "", line.detail)));
    return element("section", {}, element("h3", {}, "Audit"), element("ol", { class: "trail" }, ...items));
  }

  async function cancelOpened() {
    const id = opened.id;
    const files_ = opened.attachments.filter((item) => item.state === "stored").length;
    const kept = files_ ? ` ${plural(files_, "file")} at C4C stay${files_ === 1 ? "s" : ""} there.` : "";
    if (!(await ask(`Cancel this transfer and shred its secrets?${kept} Only a new event of the contact can run it again.`))) return;
    if (await guarded(() => call("POST", `transfers/${id}/cancel`))) { notify(`Transfer ${id} is cancelled.`); await open(id); }
    await load({ keep: true });
  }

  // -- signing in --------------------------------------------------------------

  function forget() {
    token = null;
    [shown, cursor, opened] = [[], null, null];
    clearInterval(timer);
    $("follow").checked = false;
    if ($("detail").open) $("detail").close();
    $("rows").replaceChildren();
    $("workspace").hidden = true;
    $("forget").hidden = true;
    $("sign-in").hidden = false;
    $("health").replaceChildren();
    $("token").value = "";
    $("token").focus();
    notify("");
  }

  $("token-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    token = $("token").value.trim().replace(/^bearer\s+/i, "");
    $("token").value = "";
    notify("");
    query = readFilter();
    if (!(await load())) return;
    $("sign-in").hidden = true;
    $("workspace").hidden = false;
    $("forget").hidden = false;
  });
  $("forget").addEventListener("click", forget);
  $("filter").addEventListener("submit", async (event) => { event.preventDefault(); notify(""); query = readFilter(); await load(); });
  $("filter").addEventListener("reset", () => setTimeout(async () => { query = readFilter(); await load(); }));
  $("more").addEventListener("click", async () => { pages += 1; await load({ keep: true }); });
  $("all").addEventListener("change", () => {
    ticks().forEach((tick) => { if (!tick.disabled) tick.checked = $("all").checked; });
    drawButtons();
  });
  $("retry-selected").addEventListener("click", () => retryMany({ ids: selected() }));
  $("retry-all").addEventListener("click", retryAll);
  $("detail-close").addEventListener("click", () => $("detail").close());
  $("detail-retry").addEventListener("click", async () => { const id = opened.id; if (await retryOne(id)) await open(id); });
  $("detail-cancel").addEventListener("click", cancelOpened);
  $("follow").addEventListener("change", () => {
    clearInterval(timer);
    if ($("follow").checked) timer = setInterval(() => { if (token && !document.hidden) load({ keep: true }); }, FOLLOW_MS);
  });
  $("token").focus();
})();
