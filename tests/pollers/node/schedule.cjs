// node-schedule, at each full hour.
'use strict';
const { scheduleJob } = require('node-schedule');

import('./kit.mjs').then(({ ask, tell }) => {
  const job = scheduleJob('0 * * * *', async () => {
    if (tell(await ask())) job.cancel();
  });
});
