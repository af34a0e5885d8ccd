// Resets a tenant, after a second question. The page loads itself again; so do all others that show the tenant.

import { doing, postJson } from "./calls.js";
import { byId } from "./dom.js";

const dialog = byId("reset-dialog");
const yes = byId("reset-yes");

byId("reset").addEventListener("click", () => dialog.showModal());
yes.addEventListener("click", async () => {
  yes.textContent = "Resetting …";
  const done = await doing(yes, async () => {
    await postJson(`/api/tenants/${encodeURIComponent(document.body.dataset.tenant)}/reset`, {});
    return true;
  });
  yes.textContent = "Reset";
  dialog.close();
  if (done) location.assign(location.pathname);
});
