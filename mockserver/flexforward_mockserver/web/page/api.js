/** The control API: JSON calls and a stream of events. The token goes in a header, and lives as long as the tab. */

const KEY = "flexforward-mock control token";
let askForToken = () => {};

export function onTokenWanted(ask) {
  askForToken = ask;
}

export function keepToken(token) {
  sessionStorage.setItem(KEY, token);
}

async function send(path, options = {}) {
  const token = sessionStorage.getItem(KEY);
  const headers = { ...options.headers, ...(token ? { authorization: `Bearer ${token}` } : {}) };
  const response = await fetch(path, { ...options, headers, credentials: "omit", cache: "no-store" });
  if (response.status === 401) askForToken();
  if (!response.ok) throw await problem(response);
  return response;
}

async function problem(response) {
  const body = await response.json().catch(() => ({}));
  const error = new Error(body.error ?? `the server answered ${response.status}`);
  return Object.assign(error, { status: response.status, field: body.field, allowed: body.allowed });
}

/** Call an operation and return its JSON. Paths are relative to the page: `["sandboxes", id]`. */
export async function call(method, path, body) {
  const options = { method };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = { "content-type": "application/json" };
  }
  const response = await send(pathOf(path), options);
  return response.status === 204 ? null : response.json();
}

export const look = (...path) => call("GET", path);

/** Return a drawing, ready to be put into the page. */
export async function drawing(path, width) {
  const response = await send(`${pathOf(path)}?width=${Math.min(4000, Math.max(200, Math.floor(width)))}`);
  // The page has the style already, and its policy would not take it from here.
  const text = (await response.text()).replace(/<style>[^<]*<\/style>/, "");
  return document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
}

/** Read events until the stream ends; `heard` is called for each piece, also for one without news. */
export async function follow(path, query, signal, handle, heard) {
  const response = await send(`${pathOf(path)}?${query}`, { signal });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    for (const text of events) {
      const [name, data] = text.split("\n");
      if (name.startsWith("event: ")) handle(name.slice(7), JSON.parse(data.slice(6)));
    }
  }
}

const pathOf = (path) => path.map(encodeURIComponent).join("/");
