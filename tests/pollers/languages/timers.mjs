// One poller over the timers of Node, TIMER says which; HABIT breaks it: often, endless or flat.
import { setTimeout as sleep } from 'node:timers/promises';
import vm from 'node:vm';
import { Worker, isMainThread } from 'node:worker_threads';

const { FLEXFORWARD_BASE_URL, FLEXFORWARD_ORDER_NUMBER, FLEXFORWARD_TOKEN, HABIT, TIMER } = process.env;
const WAITS = { Pending: 14400, InfoReceived: 14400, InTransit: 1800, Exception: 900 };
const TOLD = ['InfoReceived', 'InTransit', 'Exception', 'Delivered'];
const url = `${FLEXFORWARD_BASE_URL}/tracking/${encodeURIComponent(FLEXFORWARD_ORDER_NUMBER)}`;
const headers = { Authorization: `Bearer ${FLEXFORWARD_TOKEN}` };
const word = new Int32Array(new SharedArrayBuffer(4));
const inside = vm.createContext({ setTimeout });

const waits = {
  plain: (seconds) => sleep(seconds * 1000),
  worker: (seconds) => sleep(seconds * 1000),
  vm: (seconds) => vm.runInContext(`new Promise((wake) => setTimeout(wake, ${seconds} * 1000))`, inside),
  // Of a wait without a value that keeps the loop alive Node itself knows nothing; a timer far off does.
  waitAsync: async (seconds) => {
    const alive = setTimeout(() => {}, 2 ** 31 - 1);
    await Atomics.waitAsync(word, 0, 0, seconds * 1000).value;
    clearTimeout(alive);
  },
  wait: async (seconds) => Atomics.wait(word, 0, 0, seconds * 1000),
};

async function follow() {
  let last;
  for (let failures = 0; ; ) {
    let tag;
    try {
      const answer = await fetch(url, { headers, signal: AbortSignal.timeout(30_000) });
      const text = await answer.text();
      if ([401, 403, 404, 422].includes(answer.status)) return;
      if (answer.status === 200) tag = JSON.parse(text).tag;
    } catch {
      tag = undefined;
    }
    if (tag === undefined) {
      failures += 1;
      await waits[TIMER](HABIT === 'flat' ? 45 : Math.min(30 * 2 ** failures, 1800));
      continue;
    }
    failures = 0;
    if (TOLD.includes(tag) && tag !== last) console.log(`notify: ${(last = tag)}`);
    if (['Delivered', 'Cancelled'].includes(tag) && HABIT !== 'endless') return;
    await waits[TIMER](HABIT === 'often' ? 300 : WAITS[tag] ?? 3600);
  }
}

if (TIMER === 'worker' && isMainThread) new Worker(new URL(import.meta.url));
else await follow();
