// Waits in a worker thread, where time is real.
import { Worker } from 'node:worker_threads';
import { ask, tell } from './kit.mjs';

tell(await ask());
const worker = new Worker('setTimeout(() => {}, 1200)', { eval: true });
await new Promise((resolve) => worker.once('exit', resolve));
tell(await ask());
