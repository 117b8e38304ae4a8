// What the pollers beside this file have in common: where to ask, and what to do with an answer.
export const URL_ = `${process.env.FLEXFORWARD_BASE_URL}/tracking/${process.env.FLEXFORWARD_LABEL_ID}`;
export const HEADERS = { Authorization: `Bearer ${process.env.FLEXFORWARD_TOKEN}` };
export const HOUR = 3_600_000;
const told = new Set();

/** Tells a tag once, and returns whether it is the last one. */
export function tell(tag) {
  if (!told.has(tag)) console.log(`notify: ${tag}`);
  told.add(tag);
  return tag === 'Delivered' || tag === 'Cancelled';
}

/** Prints something for the test to read. */
export function say(name, value) {
  console.log(`${name}=${value}`);
}

export async function ask(options = {}) {
  const answer = await fetch(URL_, { headers: HEADERS, ...options });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return (await answer.json()).tag;
}
