// A scheduler as one writes it by hand: it looks at the clock every second, and asks at each full hour.
import { ask, tell } from './kit.mjs';

let last = new Date().getUTCHours();
const ticks = setInterval(async () => {
  const now = new Date();
  if (now.getUTCHours() === last) return;
  last = now.getUTCHours();
  if (tell(await ask({ signal: AbortSignal.timeout(5_000) }))) clearInterval(ticks);
}, 1_000);
