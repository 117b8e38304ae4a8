// node-cron, at each full hour.
import { schedule } from 'node-cron';
import { ask, tell } from './kit.mjs';

const task = schedule('0 * * * *', async () => {
  if (tell(await ask())) await task.stop();
});
