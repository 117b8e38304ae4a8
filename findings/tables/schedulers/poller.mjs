// Asks for one shipment each hour, by the scheduler named: node poller.mjs NAME. Ends when it is delivered.
const url = `${process.env.FLEXFORWARD_BASE_URL}/tracking/${process.env.FLEXFORWARD_LABEL_ID}`;
const headers = { Authorization: `Bearer ${process.env.FLEXFORWARD_TOKEN}` };
const hour = 3600e3;

async function ask(stop) {
  const { tag } = await (await fetch(url, { headers })).json();
  if (tag === 'Delivered') stop();
}

const schedulers = {
  setInterval: () => { const timer = setInterval(() => ask(() => clearInterval(timer)), hour); },
  'node-cron': async () => {
    const task = (await import('node-cron')).schedule('0 * * * *', () => ask(() => task.destroy()));
  },
  croner: async () => {
    const job = new (await import('croner')).Cron('0 * * * *', () => ask(() => job.stop()));
  },
  cron: async () => {
    const job = (await import('cron')).CronJob.from({ cronTime: '0 0 * * * *', onTick: () => ask(() => job.stop()), start: true });
  },
  'node-schedule': async () => {
    const job = (await import('node-schedule')).default.scheduleJob('0 * * * *', () => ask(() => job.cancel()));
  },
  'toad-scheduler': async () => {
    const { ToadScheduler, SimpleIntervalJob, AsyncTask } = await import('toad-scheduler');
    const scheduler = new ToadScheduler();
    const task = new AsyncTask('track', () => ask(() => scheduler.stop()));
    scheduler.addSimpleIntervalJob(new SimpleIntervalJob({ hours: 1 }, task));
  },
};
await schedulers[process.argv[2]]();
