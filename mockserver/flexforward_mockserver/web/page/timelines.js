/** Timelines: fetched when they come into sight, read with the pointer or the arrow keys, with a present that moves. */

import { drawing } from "./api.js";
import { virtualNow } from "./clock.js";

const places = new WeakMap();
const visible = new Set();

const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) { visible.add(target); refresh(target); } else visible.delete(target);
  }
}, { rootMargin: "200px", scrollMargin: "200px" });

const resized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const place = places.get(target);
    if (place?.drawn && Math.abs(place.width - target.clientWidth) > 8) draw(target);
  }
});

/** Let a drawing stand in `element`; `detail` shows in words what is looked at. */
export function placeTimeline(element, path, detail) {
  const known = places.get(element);
  if (known) { // the same object: a drawing under way marks in it that it has come
    Object.assign(known, { path, detail, stale: true });
    if (visible.has(element)) refresh(element);
    return;
  }
  places.set(element, { path, detail, stale: true });
  element.tabIndex = 0;
  element.setAttribute("role", "group");
  element.addEventListener("keydown", (event) => step(element, event));
  element.addEventListener("pointerover", ({ target }) => show(element, target.closest?.("g")));
  element.addEventListener("pointerleave", () => show(element, null));
  element.addEventListener("blur", () => show(element, null));
  watcher.observe(element);
  resized.observe(element);
}

export function dropTimeline(element) {
  watcher.unobserve(element);
  resized.unobserve(element);
  visible.delete(element);
}

function refresh(element) {
  if (places.get(element)?.stale) draw(element);
}

async function draw(element) {
  const place = places.get(element);
  place.stale = false;
  if (place.busy) { place.stale = true; return; }
  place.busy = true;
  try {
    place.width = element.clientWidth;
    const svg = await drawing(place.path, place.width);
    element.setAttribute("aria-label", svg.getAttribute("aria-label"));
    svg.setAttribute("aria-hidden", "true"); // its words are the label's and the detail's
    element.replaceChildren(svg);
    place.drawn = true;
    move(element);
  } catch (error) {
    if (error.status === 404) element.replaceChildren();
  } finally {
    place.busy = false;
    if (place.stale && visible.has(element)) refresh(element);
  }
}

function show(element, group) {
  const { detail } = places.get(element);
  element.querySelector(".current")?.classList.remove("current");
  if (group) group.classList.add("current");
  detail.textContent = group?.querySelector("title")?.textContent ?? "";
}

function step(element, event) {
  const groups = [...element.querySelectorAll("g")];
  const at = groups.findIndex((group) => group.classList.contains("current"));
  const to = { ArrowRight: at + 1, ArrowLeft: at < 0 ? groups.length - 1 : at - 1, Home: 0, End: groups.length - 1 }[event.key];
  if (event.key === "Escape") show(element, null);
  if (to === undefined || !groups.length) return;
  event.preventDefault();
  show(element, groups[Math.min(Math.max(to, 0), groups.length - 1)]);
}

/** Move the present of what is in sight on to the virtual time that it is. */
export function moveTimelines() {
  for (const element of visible) move(element);
}

function move(element) {
  const now = element.querySelector(".now");
  if (!now?.dataset.from) return;
  const { x, width, from, to, half } = now.dataset;
  const elapsed = Math.max(0, (virtualNow() - Date.parse(from)) / 1000);
  const part = to ? Math.min(1, elapsed / ((Date.parse(to) - Date.parse(from)) / 1000 || 1)) : elapsed / (elapsed + Number(half));
  const place = Number(x) + Number(width) * part;
  now.setAttribute("transform", `translate(${place.toFixed(1)} 0)`);
  const open = element.querySelector(".open");
  const [done, rest] = [open?.querySelector(".done"), open?.querySelector(".rest")];
  if (!done || !rest) return;
  done.setAttribute("width", Math.max(0.5, place - Number(x)).toFixed(1));
  rest.setAttribute("x", place.toFixed(1));
  rest.setAttribute("width", Math.max(0.5, Number(x) + Number(width) - place).toFixed(1));
}
