// Set a tenant back to its beginning, asked for twice. The page loads itself anew; so do all others that show the tenant.
import { byId, doing, postJson } from "./base.js";

const dialog = byId("reset-dialog");
const yes = byId("reset-yes");

byId("reset").addEventListener("click", () => dialog.showModal());
yes.addEventListener("click", async () => {
  yes.textContent = "Setting back …";
  const done = await doing(yes, async () => {
    await postJson(`/api/tenants/${encodeURIComponent(document.body.dataset.tenant)}/reset`, {});
    return true;
  });
  yes.textContent = "Set back";
  dialog.close();
  if (done) location.assign(location.pathname);
});
