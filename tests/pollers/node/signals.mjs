// fetch with AbortSignal.timeout; what it says of each failure, and how long that took by its own clocks.
import { setTimeout as wait } from 'node:timers/promises';
import { HOUR, ask, say, tell } from './kit.mjs';

for (;;) {
  const began = [Date.now(), performance.now(), process.hrtime.bigint()];
  try {
    if (tell(await ask({ signal: AbortSignal.timeout(15_000) }))) break;
  } catch (error) {
    const took = [Date.now() - began[0], performance.now() - began[1], Number(process.hrtime.bigint() - began[2]) / 1e6];
    say('failed', `${error.name} ${took.map((ms) => Math.round(ms)).join(' ')}`);
  }
  await wait(HOUR);
}
