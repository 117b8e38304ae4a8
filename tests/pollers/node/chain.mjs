// A chain of setTimeout, with fetch.
import { HOUR, ask, tell } from './kit.mjs';

async function poll() {
  if (!tell(await ask())) setTimeout(poll, HOUR);
}

poll();
