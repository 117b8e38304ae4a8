/** Faults that are armed, and an order for one more; and whose credentials are taken. */

import { call, look } from "./api.js";
import { byId, isolated, make, onPress, onSubmit, tell } from "./dom.js";

export async function loadKinds() {
  const document = await look("openapi.json");
  byId("kind").replaceChildren(...document.components.schemas.NewFault.properties.kind.enum.map((kind) => make("option", {}, kind)));
  byId("kind").value = "gateway-page";
}

export async function loadFaults(sandbox) {
  const { faults } = await look("sandboxes", sandbox, "faults");
  byId("fault-list").replaceChildren(...faults.map((fault) => {
    const remove = make("button", { type: "button", "aria-label": `Delete fault ${fault.kind}` }, "Delete");
    const item = make("li", { "data-fault": fault.id }, make("span", {}, isolated(describe(fault))), remove);
    onPress(remove, async () => {
      await call("DELETE", ["sandboxes", sandbox, "faults", fault.id]);
      item.remove();
      tell("Fault deleted");
    });
    return item;
  }));
}

function describe({ kind, status, delay_s: delay, match, times, seen, fired }) {
  const left = times === null ? "as long as it stands" : `${fired} of ${times} times`;
  const parts = [status && `status ${status}`, delay !== null && `delay ${JSON.stringify(delay)} s`, match.label && `for ${match.label}`];
  return [kind, ...parts.filter(Boolean), times !== null && fired >= times ? `spent, ${left}` : `applied ${left}`, `${seen} seen`].join(" · ");
}

export function driveFaults(sandbox) {
  onSubmit(byId("fault-form"), async () => {
    const value = (id) => byId(id).value.trim();
    const fault = { kind: value("kind"), times: value("times") ? Number(value("times")) : null };
    if (value("fault-status")) fault.status = Number(value("fault-status"));
    if (value("delay")) fault.delay_s = Number(value("delay"));
    if (value("fault-label")) fault.match = { label: value("fault-label") };
    await call("POST", ["sandboxes", sandbox(), "faults"], fault);
    await loadFaults(sandbox());
    tell("Fault ordered");
  });
  for (const button of document.querySelectorAll("[data-account]")) {
    const { account } = button.dataset;
    onPress(button, async () => {
      const isRevoked = button.dataset.on === "true";
      const { revoked } = await call("POST", ["sandboxes", sandbox(), isRevoked ? "restore" : "revoke"], { account });
      showRevoked(revoked);
      tell(isRevoked ? "Restored" : "Revoked");
    });
  }
}

export function showRevoked(revoked) {
  for (const button of document.querySelectorAll("[data-account]")) {
    const { account } = button.dataset;
    const isRevoked = revoked.includes(account);
    button.dataset.on = String(isRevoked);
    button.textContent = `${isRevoked ? "Restore" : "Revoke"} ${account}`;
  }
}
