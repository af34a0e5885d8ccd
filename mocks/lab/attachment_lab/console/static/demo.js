// The demo's dialog: the tour, the customers, back to the beginning.
import { byId, doing, getJson, postJson, setText } from "./base.js";

const LOOK_MS = 400;
const dialog = byId("demo-dialog");
const button = byId("demo-seed");
const seed = `/api/tenants/${encodeURIComponent(document.body.dataset.tenant)}/seed`;

byId("demo").addEventListener("click", () => dialog.showModal());
byId("demo-reset").addEventListener("click", () => {
  dialog.close();
  byId("reset").click();
});
button.addEventListener("click", async () => {
  if (await doing(button, () => postJson(seed, {}))) follow();
});

// The loading goes on behind the page; look until it is over.
async function follow() {
  button.disabled = true;
  const state = await doing(null, () => getJson(seed));
  if (!state) return;
  setText(byId("demo-told"), state.error ? `Not loaded: ${state.error}` : state.told);
  if (state.is_loading) setTimeout(follow, LOOK_MS);
  else button.disabled = false;
}
