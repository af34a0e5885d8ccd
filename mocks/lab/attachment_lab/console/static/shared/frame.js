// What stands around every page: colours, the choice of a tenant, the menu.

import { byId } from "./dom.js";
import { reveal } from "./reveal.js";

const theme = byId("theme");
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ?? (systemDark.matches ? "dark" : "light")) === "dark";
const showTheme = () => theme.setAttribute("aria-pressed", String(isDark()));

theme.addEventListener("click", () => {
  const next = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  localStorage.setItem("theme", next);
  showTheme();
});
systemDark.addEventListener("change", showTheme);
showTheme();

byId("tenant").addEventListener("change", ({ target }) => {
  location.href = `/w/${encodeURIComponent(target.value)}/${target.dataset.page}/`;
});
const current = document.querySelector('.menu [aria-current="page"]');
if (current) reveal(current, { inline: "center" });
