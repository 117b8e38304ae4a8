#!/usr/bin/env bash
# node-schedule makes up for every run that a clock set forward has left out, all in the same moment.
#
# Expected: after a computer's sleep, or a corrected clock, a job each second runs once, late, and goes on.
# Seen: one run for each second that was left out, without a pause. croner runs once, cron and node-cron not at all.
# A poller in such a job sends a burst: twelve requests at once after three hours at each quarter of an hour.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund node-schedule@2.1.1 croner@11.0.0 cron@4.4.0 node-cron@4.6.0
cat >run.mjs <<'JS'
import fs from 'node:fs';
import { CronJob } from 'cron';
import { Cron } from 'croner';
import nodeCron from 'node-cron';
import nodeSchedule from 'node-schedule';

// The wall clock alone can be set, as by a time service: timers go on as before.
const RealDate = Date;
let ahead = 0;
globalThis.Date = class extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + ahead);
    else super(...parts);
  }
  static now() {
    return RealDate.now() + ahead;
  }
};
console.warn = () => {};
console.log = () => {};
const runs = { 'node-schedule': [], croner: [], cron: [], 'node-cron': [] };
const note = (name) => () => { runs[name].push(performance.now()); };
nodeSchedule.scheduleJob('* * * * * *', note('node-schedule'));
new Cron('* * * * * *', note('croner'));
CronJob.from({ cronTime: '* * * * * *', onTick: note('cron'), start: true });
nodeCron.schedule('* * * * * *', note('node-cron'));

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
await pause(2300 - (RealDate.now() % 1000));
const before = performance.now();
ahead = 600e3;
await pause(3500);
const seen = {};
for (const [name, times] of Object.entries(runs)) {
  const later = times.filter((time) => time > before);
  seen[name] = later.length > 500 ? 'a burst of hundreds' : later.length <= 6 ? 'about one a second' : later.length;
}
const version = (name) => `${name} ${JSON.parse(fs.readFileSync(`node_modules/${name}/package.json`)).version}`;
process.stdout.write(`${Object.keys(runs).map(version).join(', ')}\n`);
process.stdout.write(`after a jump of ten minutes, a job each second: ${JSON.stringify(seen)}\n`);
const steady = 'about one a second';
const expected = { 'node-schedule': 'a burst of hundreds', croner: steady, cron: steady, 'node-cron': steady };
process.exitCode = JSON.stringify(seen) === JSON.stringify(expected) ? 0 : 1;
if (process.exitCode) process.stderr.write('This has changed.\n');
process.exit();
JS
node run.mjs
