// Asks once and ends, whatever timers are left that do not hold it; its exit code is its own.
import { HOUR, ask, say, tell } from './kit.mjs';

setTimeout(() => say('fired', 'unref'), HOUR).unref();
setInterval(() => say('fired', 'unref'), 1000).unref();
tell(await ask({ signal: AbortSignal.timeout(30_000) }));
process.on('exit', () => say('exit', new Date().toISOString()));
process.exitCode = 7;
