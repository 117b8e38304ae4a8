// A polling program that keeps every rule; program_mutants.py breaks it in one place at a time.
import { setTimeout as wait } from 'node:timers/promises';

const { FLEXFORWARD_BASE_URL, FLEXFORWARD_ORDER_NUMBER, FLEXFORWARD_TOKEN } = process.env;
const HOUR = 3_600_000;
const WAITS = { Pending: 4 * HOUR, InfoReceived: 4 * HOUR, InTransit: HOUR / 2, Exception: HOUR / 4 };
const TOLD = ['InfoReceived', 'InTransit', 'Exception', 'Delivered'];
const TERMINAL = ['Delivered', 'Cancelled'];
const REFUSALS = [401, 403, 404, 422];
const url = `${FLEXFORWARD_BASE_URL}/tracking/${encodeURIComponent(FLEXFORWARD_ORDER_NUMBER)}`;
const headers = { Authorization: `Bearer ${FLEXFORWARD_TOKEN}` };

function examine() {}

async function ask() {
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(30_000) });
  const body = await answer.json();
  return { body, status: answer.status };
}

let last = null;
for (let failures = 0; ; ) {
  let tag;
  try {
    const { body, status } = await ask();
    if (REFUSALS.includes(status)) break;
    if (status !== 200) throw new Error(`status ${status}`);
    tag = body.tag;
    setImmediate(examine, body);
  } catch {
    failures += 1;
    await wait(Math.min(30_000 * 2 ** failures, HOUR / 2));
    continue;
  }
  failures = 0;
  if (TOLD.includes(tag) && tag !== last) console.log(`notify: ${tag}`);
  if (TOLD.includes(tag)) last = tag;
  if (TERMINAL.includes(tag)) break;
  await wait(WAITS[tag] ?? HOUR);
}
