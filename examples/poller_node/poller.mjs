// Follows one shipment on Flex Forward until it has arrived or is cancelled, as the vendor's polling guide asks for.
//
//   FLEXFORWARD_BASE_URL=https://api.flexforwardship.com FLEXFORWARD_TOKEN=... FLEXFORWARD_ORDER_NUMBER=1001 \
//   node poller.mjs
//
// FLEXFORWARD_LABEL_ID may stand in the place of the order number. What the customer is to hear is printed, and
// posted as JSON to FLEXFORWARD_NOTIFY_URL if that is set. Exit code 1: the shipment cannot be followed.
import { setTimeout as wait } from 'node:timers/promises';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How long to wait after each tag; an hour after Unknown, and after tags that are not documented yet. */
const INTERVALS = { Pending: 4 * HOUR, InfoReceived: 4 * HOUR, InTransit: 30 * MINUTE, Exception: 15 * MINUTE };
const TERMINAL = ['Delivered', 'Cancelled'];
const TOLD = ['InfoReceived', 'InTransit', 'Exception', 'Delivered'];
/** Statuses that asking again does not mend. */
const REFUSALS = [401, 403, 404, 422];

const TIMEOUT = 30_000;
const FIRST_BACKOFF = 1_000;
const LONGEST_BACKOFF = 15 * MINUTE;

class Refused extends Error {}

const { FLEXFORWARD_BASE_URL, FLEXFORWARD_TOKEN, FLEXFORWARD_NOTIFY_URL } = process.env;
const shipment = process.env.FLEXFORWARD_ORDER_NUMBER || process.env.FLEXFORWARD_LABEL_ID;
const url = `${FLEXFORWARD_BASE_URL.replace(/\/+$/, '')}/tracking/${encodeURIComponent(shipment)}`;

/** Asks once, and returns the tag; any other error than Refused may pass. */
async function ask() {
  const answer = await fetch(url, {
    headers: { Accept: 'application/json', Authorization: `Bearer ${FLEXFORWARD_TOKEN}` },
    signal: AbortSignal.timeout(TIMEOUT), // it holds for the body as well
  });
  const text = await answer.text();
  if (REFUSALS.includes(answer.status)) throw new Refused(`refused with ${answer.status}`);
  if (answer.status !== 200) {
    const seconds = Number(answer.headers.get('Retry-After'));
    throw Object.assign(new Error(`status ${answer.status}`), { retryAfter: seconds > 0 ? seconds * 1000 : 0 });
  }
  const { tag } = JSON.parse(text);
  if (typeof tag !== 'string') throw new Error('an answer without a tag');
  return tag;
}

/** Asks until there is an answer, ever less often while there is none. */
async function read() {
  for (let backoff = FIRST_BACKOFF; ; backoff = Math.min(2 * backoff, LONGEST_BACKOFF)) {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof Refused) throw error;
      console.error(`${shipment}: ${error.cause?.message ?? error.message}; next try in ${backoff / 1000} s`);
      await wait(Math.max(backoff, error.retryAfter ?? 0));
    }
  }
}

/** Tells the customer; that this fails is no reason to stop following the shipment. */
async function tell(tag) {
  console.log(`notify: ${tag}`);
  if (!FLEXFORWARD_NOTIFY_URL) return;
  try {
    const answer = await fetch(FLEXFORWARD_NOTIFY_URL, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ tag, label: shipment }),
      signal: AbortSignal.timeout(TIMEOUT),
    });
    await answer.body?.cancel();
    if (!answer.ok) console.error(`${tag} could not be told: status ${answer.status}`);
  } catch (error) {
    console.error(`${tag} could not be told: ${error.cause?.message ?? error.message}`);
  }
}

async function follow() {
  let lastTold;
  for (;;) {
    const tag = await read();
    if (TOLD.includes(tag) && tag !== lastTold) {
      lastTold = tag;
      await tell(tag);
    }
    if (TERMINAL.includes(tag)) return;
    await wait(INTERVALS[tag] ?? HOUR);
  }
}

try {
  await follow();
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  console.error(`${shipment}: ${error.message}`);
  process.exitCode = 1;
}
