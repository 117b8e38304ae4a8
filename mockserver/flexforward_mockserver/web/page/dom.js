/** Elements, made without markup: whatever came from outside is set as text. */

export const byId = (id) => document.getElementById(id);

/** Make an element; `attributes` that are functions listen, the others are set; strings among `children` are text. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** A text from outside, kept from turning the line around it where it runs from right to left. */
export const isolated = (text, attributes = {}) => make("bdi", attributes, text);

let hiding;

/** Show a mistake until the next, or for a while. */
export function complain(error) {
  const place = byId("message");
  const { field, allowed } = error;
  place.textContent = `${field ? `${field}: ` : ""}${error.message}${allowed ? `; allowed: ${shorten(allowed)}` : ""}`;
  place.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { place.hidden = true; }, 12000);
}

/** Tell a screen reader what was done, and take the last mistake away. */
export function tell(text) {
  byId("message").hidden = true;
  byId("told").textContent = text;
}

/** Run what a control does; one press at a time, and a mistake is shown. */
export async function run(control, action) {
  if (control.getAttribute("aria-busy")) return;
  control.setAttribute("aria-busy", "true");
  try {
    await action();
  } catch (error) {
    complain(error);
  } finally {
    control.removeAttribute("aria-busy");
  }
}

export const onPress = (control, action) => control.addEventListener("click", () => run(control, action));

export function onSubmit(form, action) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(form, action);
  });
}

/** Call at most once in so many milliseconds, the last time after the last call. */
export function throttled(milliseconds, action) {
  let timer;
  return () => {
    timer ??= setTimeout(() => { timer = undefined; action(); }, milliseconds);
  };
}

export const shorten = (text, most = 400) => (text.length > most ? `${text.slice(0, most)}…` : text);

/** A virtual instant as it is read: the date and the time of day, in UTC. */
export const shownTime = (text) => text.slice(0, 19).replace("T", " ");
