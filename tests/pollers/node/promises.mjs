// The iterator of timers/promises, bound by an import.
import { setInterval as every, scheduler } from 'node:timers/promises';
import { HOUR, ask, say, tell } from './kit.mjs';

await scheduler.wait(10_000);
let beats = 0;
for await (const word of every(HOUR, 'beat')) {
  if (word === 'beat') beats += 1;
  if (tell(await ask())) break;
}
say('beats', beats);
process.exitCode = 3;
