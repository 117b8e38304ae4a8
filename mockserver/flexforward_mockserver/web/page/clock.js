/** The sandbox's clock: shown as it runs, and moved. */

import { call } from "./api.js";
import { byId, onPress, onSubmit, tell } from "./dom.js";

let clock = { now: 0, rate: 1, frozen: true, heardAt: 0 };

export const virtualNow = () => clock.now + (clock.frozen ? 0 : (performance.now() - clock.heardAt) * clock.rate);

/** Return the real milliseconds until a virtual instant; infinite while the clock stands. */
export const realTimeTo = (instant) => (clock.frozen ? Infinity : (instant - virtualNow()) / clock.rate);

export function takeClock({ now, rate, frozen }) {
  clock = { now: Date.parse(now), rate, frozen, heardAt: performance.now() };
  byId("pace").textContent = frozen ? "frozen" : rate === 1 ? "runs as real time does" : `runs ${rate} times as fast as real time`;
  byId("freeze").textContent = frozen ? "Let it run" : "Freeze";
  byId("freeze").dataset.on = String(frozen);
  const field = byId("rate");
  if (document.activeElement !== field) field.value = rate;
  showClock();
}

export function showClock() {
  const text = new Date(virtualNow()).toISOString();
  const place = byId("now");
  const shown = `${text.slice(0, 10)} ${text.slice(11, 19)}`;
  if (place.textContent === shown) return;
  place.textContent = shown;
  place.dateTime = text;
}

/** Let the controls move the clock of the sandbox that `sandbox` returns; `changed` is called after each. */
export function driveClock(sandbox, nextInstant, changed) {
  const moved = async (method, path, body, words) => {
    takeClock(await call(method, ["sandboxes", sandbox(), "clock", ...path], body));
    tell(words);
    changed();
  };
  for (const button of document.querySelectorAll("[data-advance]")) {
    onPress(button, () => moved("POST", ["advance"], { seconds: Number(button.dataset.advance) }, button.textContent));
  }
  onPress(byId("next-step"), async () => {
    const next = nextInstant();
    if (next === undefined) throw new Error("no step of any shipment waits for time; advance one, or ask for it");
    // Instants have microseconds, and this clock milliseconds.
    await moved("POST", ["advance"], { seconds: Math.max(0, (next - virtualNow()) / 1000) + 0.001 }, "At the next step");
  });
  onPress(byId("freeze"), () => moved("PATCH", [], { frozen: !clock.frozen }, clock.frozen ? "It runs" : "Frozen"));
  onSubmit(byId("rate-form"), () => moved("PATCH", [], { rate: Number(byId("rate").value), frozen: false }, "Rate set"));
}
