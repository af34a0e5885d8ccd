// The demo's dialog: the tour, the customers, a reset.

import { doing, getJson, postJson } from "./calls.js";
import { byId, setText } from "./dom.js";

const POLL_MS = 400;
const dialog = byId("demo-dialog");
const button = byId("demo-seed");
const seed = `/api/tenants/${encodeURIComponent(document.body.dataset.tenant)}/seed`;

byId("demo").addEventListener("click", () => dialog.showModal());
byId("demo-reset").addEventListener("click", () => {
  dialog.close();
  byId("reset").click();
});
button.addEventListener("click", async () => {
  if (await doing(button, () => postJson(seed, {}))) pollUntilLoaded();
});

// The loading goes on in the background.
async function pollUntilLoaded() {
  button.disabled = true;
  const state = await doing(null, () => getJson(seed));
  if (!state) return;
  setText(byId("demo-progress"), state.error ? `Not loaded: ${state.error}` : state.message);
  if (state.is_loading) setTimeout(pollUntilLoaded, POLL_MS);
  else button.disabled = false;
}
