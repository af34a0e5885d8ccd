// "Open a tenant with it": hosts, users and names of secrets are those of the configuration that is typed.

import { doing, postJson } from "../shared/calls.js";
import { byId, make, setText } from "../shared/dom.js";

// `typed` gives the form and the JSON, as the gate's envelope has them.
export function offerTenant(typed) {
  byId("open-tenant").addEventListener("click", async ({ currentTarget }) => {
    const opened = await doing(currentTarget, () => postJson("/api/tenants", { configuration: typed() }));
    if (opened) show(opened);
  });
}

function show({ tenant, url, cmi_host, c4c_host, remarks }) {
  setText(byId("opened-heading"), `Tenant ${tenant} is open`);
  setText(byId("opened-words"), `CMI answers as ${cmi_host}, SAP Service Cloud as ${c4c_host}. Its secrets are made.`);
  byId("opened-remarks").replaceChildren(...remarks.map((words) => make("li", "", words)));
  byId("opened-link").href = url;
  byId("opened-dialog").showModal();
}
