// setInterval, which it clears itself.
import { HOUR, ask, tell } from './kit.mjs';

const timer = setInterval(async () => {
  if (tell(await ask())) clearInterval(timer);
}, HOUR);
