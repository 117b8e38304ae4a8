/** Put a shipment in: the scenarios, and the timeline of one before it is shipped. */

import { call, look } from "./api.js";
import { byId, make, onSubmit, tell } from "./dom.js";
import { placeTimeline } from "./timelines.js";

let asked = 0;

export async function loadScenarios() {
  const { scenarios } = await look("scenarios");
  byId("scenarios").replaceChildren(...scenarios.map(({ name, summary }) => make("option", { value: name }, summary)));
  await preview();
}

async function preview() {
  const name = byId("scenario").value.trim();
  const place = byId("preview");
  const mine = (asked += 1);
  try {
    const { summary } = await look("scenarios", name || " ");
    if (mine !== asked) return;
    byId("summary").textContent = summary;
    place.hidden = false;
    placeTimeline(place, ["scenarios", name, "timeline.svg"], byId("preview-detail"));
  } catch {
    if (mine !== asked) return;
    place.hidden = true;
    byId("summary").textContent = "There is no such scenario. A script id such as PITD-6h-x spells one: P, I, T, D, E, C, U are tags; G, F, N, X, A fail.";
  }
}

export function driveShip(sandbox, shipped) {
  byId("scenario").addEventListener("input", preview);
  onSubmit(byId("ship-form"), async () => {
    const label = { scenario: byId("scenario").value.trim() };
    const [orderNumber, account] = [byId("order-number").value.trim(), byId("ship-account").value];
    if (orderNumber) label.order_number = orderNumber;
    if (account) label.account = account;
    const made = await call("POST", ["sandboxes", sandbox(), "labels"], label);
    byId("order-number").value = "";
    tell(`Shipped ${made.order_number}`);
    await shipped();
  });
}
