import { setTimeout as sleep } from 'node:timers/promises';
let failed = 0;
for (let i = 0; i < Number(process.argv[3]); i += 1) {
  try {
    await (await fetch(process.argv[2], { signal: AbortSignal.timeout(1000) })).text();
  } catch (error) {
    failed += 1;
    console.error(error);
  }
  await sleep(60_000);
}
console.log(failed);
