// Prints one cell of a scheduler's row: node nights.mjs NAME version|spring|autumn|jump
import fs from 'node:fs';
import FakeTimers from '@sinonjs/fake-timers';

const name = process.argv[2];
const zone = 'Europe/Berlin';
const start = {
  setInterval: (_, run) => setInterval(run, 900e3),
  'node-cron': async (expression, run) => (await import('node-cron')).schedule(expression, run, { timezone: zone }),
  croner: async (expression, run) => new (await import('croner')).Cron(expression, { timezone: zone }, run),
  cron: async (expression, run) =>
    (await import('cron')).CronJob.from({ cronTime: `0 ${expression}`, onTick: run, start: true, timeZone: zone }),
  'node-schedule': async (expression, run) => (await import('node-schedule')).default.scheduleJob({ rule: expression, tz: zone }, run),
  'toad-scheduler': async (_, run) => {
    const { ToadScheduler, SimpleIntervalJob, Task } = await import('toad-scheduler');
    new ToadScheduler().addSimpleIntervalJob(new SimpleIntervalJob({ minutes: 15 }, new Task('run', run)));
  },
};
const shown = (time) => {
  const format = { timeZone: zone, hour: '2-digit', minute: '2-digit', timeZoneName: 'longOffset' };
  return new Intl.DateTimeFormat('en-GB', format).format(time).replace(/GMT([+]..):/, '$1');
};

async function runs(expression, from, hours, jump = 0) {
  const clock = FakeTimers.install({ now: new Date(from) });
  const times = [];
  await start[name](expression, () => { times.push(Date.now()); });
  for (let past = 0; past < hours * 12; past += 1) {
    if (jump && past === 12) clock.setSystemTime(Date.now() + jump * 3600e3);
    await clock.tickAsync(300e3);
  }
  clock.uninstall();
  return times;
}

const versionOf = () => {
  const path = `node_modules/${name}/package.json`;
  return fs.existsSync(path) ? JSON.parse(fs.readFileSync(path)).version : process.version.slice(1);
};
const log = console.log;
console.warn = () => {};
console.log = () => {};
const daily = async (from) => (await runs('30 2 * * *', from, 12)).map(shown).join(', ') || 'not run';
const cells = {
  version: async () => `${name} ${versionOf()}`,
  spring: () => daily('2026-03-28T23:00:00Z'),
  autumn: () => daily('2026-10-24T22:00:00Z'),
  jump: async () => {
    const after = Date.parse('2026-06-01T13:00:00Z');
    const jumped = (await runs('*/15 * * * *', '2026-06-01T10:02:00Z', 3, 3)).filter((time) => time > after);
    const atOnce = jumped.filter((time) => time - jumped[0] < 1000).length;
    return `${atOnce === 1 ? 'one run' : `${atOnce} runs at once`}, at ${shown(jumped[0])}`;
  },
};
log(await cells[process.argv[3]]());
process.exit(0);
