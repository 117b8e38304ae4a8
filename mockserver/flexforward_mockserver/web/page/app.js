/** The page: one sandbox, watched by its events, and the controls that drive it. */

import { follow, keepToken, look, call, onTokenWanted } from "./api.js";
import { driveClock, showClock, takeClock } from "./clock.js";
import { byId, complain, make, onPress, onSubmit, tell } from "./dom.js";
import { driveFaults, loadFaults, loadKinds, showRevoked } from "./faults.js";
import { addExchange, addSkipped, clearRows, driveJournal } from "./journal.js";
import { driveShip, loadScenarios } from "./ship.js";
import { filter, loadLabels, nextInstant, relook, reloadSoon, wait, watchShipments } from "./shipments.js";
import { moveTimelines } from "./timelines.js";

const SILENCE_MS = 25000; // the server says something every ten seconds
const chosen = () => new URLSearchParams(location.hash.slice(1)).get("sandbox") || "default";
let stream = new AbortController();

function connection(state, words) {
  const place = byId("connection");
  if (place.dataset.state === state) return;
  place.dataset.state = state;
  place.textContent = words;
}

const handlers = {
  state(sandbox) {
    byId("main").dataset.sandbox = sandbox.id;
    takeClock(sandbox.clock);
    showRevoked(sandbox.revoked);
    reloadSoon();
    loadFaults(sandbox.id).catch(complain);
  },
  exchange(exchange) {
    addExchange(exchange, false);
    if (exchange.label) relook(exchange.label);
  },
  unattributed: (exchange) => addExchange(exchange, true),
  skipped: ({ count }) => addSkipped(count),
  cleared: clearRows,
  gone() { location.hash = ""; },
};

/** Follow a sandbox until another is chosen; after a loss, try again and again. */
async function watch() {
  stream.abort();
  const mine = (stream = new AbortController());
  const sandbox = chosen();
  for (let pause = 500; !mine.signal.aborted; pause = Math.min(pause * 2, 5000)) {
    const attempt = new AbortController();
    mine.signal.addEventListener("abort", () => attempt.abort());
    let silence;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => attempt.abort(), SILENCE_MS);
    };
    try {
      heard();
      clearRows();
      await watchShipments(sandbox);
      await follow(["sandboxes", sandbox, "events"], "newest=200", attempt.signal, (name, data) => {
        connection("live", "Live");
        pause = 500;
        handlers[name]?.(data);
      }, heard);
    } catch (error) {
      if (error.status === 404 && sandbox !== "default") { location.hash = ""; return; }
      if (error.status === 401) return;
      if (error.status) complain(error);
    } finally {
      clearTimeout(silence);
      attempt.abort();
    }
    if (mine.signal.aborted) return;
    connection("lost", "Connection lost, trying again");
    await new Promise((done) => setTimeout(done, pause));
  }
}

async function listSandboxes() {
  const { sandboxes } = await look("sandboxes");
  const select = byId("sandbox");
  select.replaceChildren(...sandboxes.map(({ id }) => make("option", {}, id)));
  select.value = chosen();
}

async function start() {
  byId("token-form").hidden = true;
  byId("main").hidden = false;
  await Promise.all([listSandboxes(), loadScenarios(), loadKinds()]);
  watch();
}

function drive() {
  const sandbox = chosen;
  driveClock(sandbox, nextInstant, () => loadLabels().catch(complain));
  driveJournal(sandbox);
  driveFaults(sandbox);
  driveShip(sandbox, loadLabels);
  byId("filter").addEventListener("input", filter);
  byId("sandbox").addEventListener("change", ({ target }) => { location.hash = `sandbox=${encodeURIComponent(target.value)}`; });
  byId("sandbox").addEventListener("pointerdown", () => listSandboxes().catch(complain));
  byId("sandbox").addEventListener("focus", () => listSandboxes().catch(complain));
  addEventListener("hashchange", () => { byId("sandbox").value = chosen(); watch(); });
  onPress(byId("reset"), async () => {
    if (!confirm("Reset the sandbox? Its shipments, faults, journal and revocations are forgotten, and its clock begins anew.")) return;
    takeClock((await call("POST", ["sandboxes", sandbox(), "reset"])).clock);
    await loadLabels();
    tell("Reset");
  });
  onTokenWanted(() => {
    byId("main").hidden = true;
    byId("token-form").hidden = false;
    byId("token").focus();
    connection("locked", "Locked");
  });
  onSubmit(byId("token-form"), async () => {
    keepToken(byId("token").value);
    byId("token").value = "";
    await start();
  });
  setInterval(() => { showClock(); moveTimelines(); }, 250);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) wait(); });
}

drive();
start().catch((error) => { if (error.status !== 401) complain(error); });
