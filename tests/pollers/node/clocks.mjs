// What each clock says after each answer, and after each wait.
import { performance as timing } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { HOUR, ask, say } from './kit.mjs';

const { hrtime, uptime } = process;
const began = { performance: performance.now(), timing: timing.now(), hrtime: hrtime(), ns: hrtime.bigint(), up: uptime() };
const zone = { timeZone: 'UTC', hourCycle: 'h23', dateStyle: 'short', timeStyle: 'medium' };

function look(what) {
  const [seconds, nanoseconds] = hrtime(began.hrtime);
  const ms = {
    date: Date.now(),
    made: new Date().getTime(),
    called: Date.parse(Date()),
    origin: performance.timeOrigin + performance.now(),
    performance: performance.now() - began.performance,
    timing: timing.now() - began.timing,
    hrtime: seconds * 1000 + nanoseconds / 1e6,
    ns: Number(hrtime.bigint() - began.ns) / 1e6,
    up: (uptime() - began.up) * 1000,
    intl: Date.parse(`${new Intl.DateTimeFormat('en', zone).format()} UTC`),
  };
  say(what, JSON.stringify(ms));
}

look('began');
for (let i = 0; i < 30; i += 1) {
  await ask();
  look('answered');
  for (const until = Date.now() + 5 * HOUR; Date.now() < until; ) await wait(until - Date.now());
}
look('ended');
