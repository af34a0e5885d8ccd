// The operator page's building blocks. Texts go in as text, never as markup: strangers choose the names of files.

export const byId = (id) => document.getElementById(id);

export function element(name, attributes = {}, ...children) {
  const built = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") built.className = value;
    else if (key.startsWith("on")) built.addEventListener(key.slice(2), value);
    else if (value === true) built.setAttribute(key, "");
    else if (value !== false && value != null) built.setAttribute(key, value);
  }
  built.append(...children.filter((child) => child != null));
  return built;
}

export const chip = (state) => element("span", { class: `chip ${state}` }, state);
export const short = (id) => element("code", { title: id }, `${id.slice(0, 8)}…${id.slice(-4)}`);

const TIME = { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false };

export function when(text) {
  if (!text) return element("span", { class: "dim" }, "–");
  const date = new Date(text);
  const day = date.toLocaleDateString(undefined, { day: "2-digit", month: "short" });
  return element("time", { datetime: text, title: text }, `${day} ${date.toLocaleTimeString(undefined, TIME)}`);
}

export function notify(text, kind = "good") {
  const notice = byId("notice");
  notice.textContent = text;
  notice.className = `notice ${kind}`;
  notice.hidden = !text;
}

// Resolves to whether a person said yes.
export function ask(text) {
  byId("ask-text").textContent = text;
  const dialog = byId("ask");
  dialog.showModal();
  return new Promise((resolve) => {
    const end = (answer) => {
      dialog.close();
      resolve(answer);
    };
    byId("ask-yes").onclick = () => end(true);
    byId("ask-no").onclick = () => end(false);
    dialog.oncancel = () => resolve(false);
  });
}
