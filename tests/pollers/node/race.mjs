// Promise.race against a timer that is left standing, and intervals bound by name through require.
import { createRequire } from 'node:module';
import { HOUR, ask, say, tell } from './kit.mjs';

const { setTimeout: later } = createRequire(import.meta.url)('timers');
const wait = (ms) => new Promise((resolve) => later(resolve, ms));
const late = () => new Promise((_, reject) => later(() => reject(new Error('late')), 20_000).unref());

for (;;) {
  try {
    if (tell(await Promise.race([ask(), late()]))) break;
  } catch (error) {
    say('failed', error.message);
  }
  await wait(HOUR);
}
