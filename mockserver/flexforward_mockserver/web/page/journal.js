/** The journal as it grows, newest first. */

import { call } from "./api.js";
import { byId, isolated, make, onPress, shorten, shownTime, tell } from "./dom.js";

const MOST = 300;
let count = 0;

export function clearRows() {
  count = 0;
  byId("exchanges").replaceChildren();
  show();
}

export function addExchange(exchange, isUnattributed) {
  const { at, method, path, status, tag, poll, fault, note } = exchange;
  const notes = [isUnattributed && "belongs to no sandbox", note, fault && `fault: ${fault}`, poll && `poll ${poll}`].filter(Boolean);
  const body = byId("exchanges");
  body.prepend(make("tr", {},
    make("td", {}, shownTime(at)),
    make("td", {}, isolated(shorten(`${method} ${path}`, 300))),
    make("td", { class: status === null || status >= 400 ? "bad" : "good" }, status === null ? "no answer" : String(status)),
    make("td", {}, tag ?? "–"),
    make("td", {}, isolated(shorten(notes.join(" · "), 600)))));
  while (body.rows.length > MOST) body.lastElementChild.remove();
  count += 1;
  show();
}

export function addSkipped(number) {
  count += number;
  show();
}

function show() {
  byId("journal-count").textContent = count > MOST ? `the newest ${MOST} of ${count}` : String(count || "");
  byId("no-exchanges").hidden = count > 0;
}

export function driveJournal(sandbox) {
  onPress(byId("clear-journal"), async () => {
    await call("DELETE", ["sandboxes", sandbox(), "journal"]);
    clearRows();
    tell("Journal cleared");
  });
}
