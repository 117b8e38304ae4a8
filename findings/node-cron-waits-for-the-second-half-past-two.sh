#!/usr/bin/env bash
# node-cron lets the first 02:30 pass when the clocks go back, and runs at the second.
#
# Expected: a daily job at 02:30 runs at the first of the two (as croner, cron and node-schedule do) or at both.
# Seen: it runs 25 hours after the last run, at the second, an hour later than all others; in spring it does not run.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund node-cron@4.6.0 @sinonjs/fake-timers@15.1.0
cat >run.mjs <<'JS'
import fs from 'node:fs';
import FakeTimers from '@sinonjs/fake-timers';
import { schedule } from 'node-cron';

const hour = 3600e3;
const seen = {};
for (const [night, start] of Object.entries({ autumn: '2026-10-23T12:00:00Z', spring: '2026-03-27T12:00:00Z' })) {
  const clock = FakeTimers.install({ now: new Date(start) });
  const runs = [];
  const task = schedule('30 2 * * *', () => { runs.push(new Date().toISOString().slice(5, 16)); }, { timezone: 'Europe/Berlin' });
  for (let past = 0; past < 72; past += 1) await clock.tickAsync(hour);
  await task.destroy();
  clock.uninstall();
  seen[night] = runs;
}
console.log('node-cron', JSON.parse(fs.readFileSync('node_modules/node-cron/package.json')).version);
console.log('runs in UTC, of a job at 02:30 in Berlin:', JSON.stringify(seen));
const expected = { autumn: ['10-24T00:30', '10-25T01:30', '10-26T01:30'], spring: ['03-28T01:30', '03-30T00:30'] };
if (JSON.stringify(seen) !== JSON.stringify(expected)) {
  console.error('This has changed.');
  process.exit(1);
}
JS
node run.mjs
