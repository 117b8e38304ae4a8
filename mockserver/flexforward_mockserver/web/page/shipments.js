/** The shipments of a sandbox, each with its timeline. */

import { call, look } from "./api.js";
import { realTimeTo, virtualNow } from "./clock.js";
import { byId, complain, isolated, make, onPress, tell, throttled } from "./dom.js";
import { dropTimeline, placeTimeline } from "./timelines.js";

const FEW = 20;
const rows = new Map();
const stale = new Set();
let sandbox;
let total = 0;
let generation = 0;
let timer;

export function watchShipments(id) {
  sandbox = id;
  generation += 1;
  for (const row of rows.values()) remove(row);
  return loadLabels();
}

/** Return the virtual instant at which time alone opens some shipment's next step. */
export function nextInstant() {
  const instants = [...rows.values()].map(({ label }) => Date.parse(label.next_at)).filter((at) => at > virtualNow());
  return instants.length ? instants.reduce((one, other) => Math.min(one, other)) : undefined;
}

export async function loadLabels() {
  const asked = generation;
  const found = await look("sandboxes", sandbox, "labels");
  if (asked !== generation) return;
  total = found.total;
  const ids = new Set(found.labels.map((label) => label.id));
  for (const [id, row] of rows) if (!ids.has(id)) remove(row);
  const added = document.createDocumentFragment();
  for (const label of found.labels.reverse()) {
    const row = rows.get(label.id);
    if (row) update(row, label);
    else added.append(add(label).element);
  }
  byId("labels").prepend(added);
  byId("order-numbers").replaceChildren(...found.labels.slice(0, 100).map((label) => make("option", { value: label.order_number })));
  count();
  filter();
  await wait();
}

/** Look again at everything, soon. */
export const reloadSoon = throttled(150, () => loadLabels().catch(complain));

/** Look again at one shipment, soon; at all of them if that is less work. */
export function relook(id) {
  if (!rows.has(id)) { reloadSoon(); return; }
  stale.add(id);
  relookSoon();
}

const relookSoon = throttled(150, async () => {
  const ids = [...stale];
  stale.clear();
  if (ids.length > FEW) { reloadSoon(); return; }
  const asked = generation;
  await Promise.all(ids.map(async (id) => {
    try {
      const label = await look("sandboxes", sandbox, "labels", id);
      if (asked === generation && rows.has(id)) update(rows.get(id), label, { isPolled: true });
    } catch (error) {
      if (error.status === 404) reloadSoon();
      else complain(error);
    }
  }));
  wait();
});

/** Look again when time alone will have opened a step. */
export function wait() {
  clearTimeout(timer);
  const next = nextInstant();
  const milliseconds = next === undefined ? Infinity : realTimeTo(next);
  if (milliseconds > 2 ** 31 - 1) return;
  timer = setTimeout(() => loadLabels().catch(complain), Math.max(400, milliseconds + 20));
}

function add(label) {
  const row = { label, facts: make("div", { class: "facts" }), line: make("div", { class: "line" }) };
  const detail = make("div", { class: "detail", "aria-live": "polite" });
  const name = isolated(label.order_number, { class: "order", title: label.order_number });
  const act = (words, action) => {
    const button = make("button", { type: "button", "aria-label": `${words} ${label.order_number}` }, words);
    onPress(button, action);
    return button;
  };
  const change = (path, words) => async () => {
    update(row, await call("POST", ["sandboxes", sandbox, "labels", label.id, path]));
    tell(words);
    wait();
  };
  row.element = make("li", { "data-id": label.id },
    make("div", { class: "who" }, name, row.facts),
    row.line,
    make("div", { class: "acts" },
      act("Advance", change("advance", "Advanced")),
      act("Restart", change("reset", "Begun anew")),
      act("Copy curl", async () => {
        const { curl } = await look("sandboxes", sandbox, "labels", label.id, "curl");
        await copy(curl);
        tell("Copied");
      }),
      act("Delete", async () => {
        await call("DELETE", ["sandboxes", sandbox, "labels", label.id]);
        remove(row);
        total -= 1;
        count();
        tell("Deleted");
      })),
    detail);
  row.detail = detail;
  rows.set(label.id, row);
  update(row, label, { isNew: true });
  return row;
}

function update(row, label, { isNew = false, isPolled = false } = {}) {
  const before = JSON.stringify(row.label);
  row.label = label;
  if (!isNew && !isPolled && before === JSON.stringify(label)) return;
  const state = label.tag ?? `HTTP ${label.status}`;
  row.element.dataset.tag = state;
  row.element.dataset.step = label.step;
  row.facts.replaceChildren(
    make("strong", {}, state), ` · step ${label.step + 1} of ${label.steps} · ${label.polls} ${label.polls === 1 ? "poll" : "polls"} · ${label.account} · `,
    isolated(label.scenario));
  placeTimeline(row.line, ["sandboxes", sandbox, "labels", label.id, "timeline.svg"], row.detail);
}

function remove(row) {
  dropTimeline(row.line);
  row.element.remove();
  rows.delete(row.label.id);
}

function count() {
  byId("count").textContent = total > rows.size ? `the newest ${rows.size} of ${total}` : String(total);
  byId("no-labels").hidden = rows.size > 0;
}

/** Show the shipments that fit what is looked for. */
export function filter() {
  const wanted = byId("filter").value.trim().toLowerCase();
  for (const { element, label } of rows.values()) {
    const text = `${label.order_number} ${label.tag ?? label.status} ${label.scenario} ${label.id} ${label.tracking_number}`;
    element.hidden = wanted !== "" && !text.toLowerCase().includes(wanted);
  }
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    throw new Error(`the browser does not let this page copy; here it is:\n${text}`);
  }
}
