#!/usr/bin/env bash
# croner and cron run "30 2 * * *" once when the clocks go back, and "30 2,3 * * *" twice at half past two.
#
# Expected: whether half past two, which the clock shows twice that night, is met once or twice depends on the library
# and not on another hour in the list.
# Seen: one more hour in the list turns one run into two, an hour apart; cron-parser says once in both cases. In spring
# croner runs the lone job at 03:00 in place of the hour that is left out, and drops it in the list.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund croner@11.0.0 cron@4.4.0 cron-parser@5.10.5 luxon@3.7.2
cat >run.mjs <<'JS'
import fs from 'node:fs';
import { Cron } from 'croner';
import { CronTime } from 'cron';
import { CronExpressionParser } from 'cron-parser';
import { DateTime } from 'luxon';

const zone = 'Europe/Berlin';
const following = {
  croner: (expression, from) => new Cron(expression, { timezone: zone, paused: true }).nextRun(from),
  cron: (expression, from) =>
    new CronTime(`0 ${expression}`, zone).getNextDateFrom(DateTime.fromJSDate(from, { zone }), zone).toJSDate(),
  'cron-parser': (expression, from) => CronExpressionParser.parse(expression, { currentDate: from, tz: zone }).next().toDate(),
};
const nights = { autumn: ['2026-10-24T22:00:00Z', '2026-10-25T12:00:00Z'], spring: ['2026-03-28T23:00:00Z', '2026-03-29T12:00:00Z'] };
const seen = {};
for (const [night, [start, end]] of Object.entries(nights)) {
  for (const expression of ['30 2 * * *', '30 2,3 * * *']) {
    for (const [name, next] of Object.entries(following)) {
      const runs = [];
      for (let at = next(expression, new Date(start)); at < new Date(end); at = next(expression, at)) {
        runs.push(DateTime.fromJSDate(at, { zone }).toFormat('HH:mm ZZ'));
      }
      seen[`${night} ${expression} ${name}`] = runs.join(', ');
    }
  }
}
const version = (name) => `${name} ${JSON.parse(fs.readFileSync(`node_modules/${name}/package.json`)).version}`;
console.log(Object.keys(following).map(version).join(', '));
console.log(seen);
const twice = '02:30 +02:00, 02:30 +01:00, 03:30 +01:00';
const expected = {
  'autumn 30 2 * * * croner': '02:30 +02:00',
  'autumn 30 2 * * * cron': '02:30 +02:00',
  'autumn 30 2 * * * cron-parser': '02:30 +02:00',
  'autumn 30 2,3 * * * croner': twice,
  'autumn 30 2,3 * * * cron': twice,
  'autumn 30 2,3 * * * cron-parser': '02:30 +02:00, 03:30 +01:00',
  'spring 30 2 * * * croner': '03:00 +02:00',
  'spring 30 2 * * * cron': '03:00 +02:00',
  'spring 30 2 * * * cron-parser': '03:30 +02:00',
  'spring 30 2,3 * * * croner': '03:30 +02:00',
  'spring 30 2,3 * * * cron': '03:00 +02:00, 03:30 +02:00',
  'spring 30 2,3 * * * cron-parser': '03:30 +02:00',
};
if (JSON.stringify(seen) !== JSON.stringify(expected)) {
  console.error('This has changed.');
  process.exit(1);
}
JS
node run.mjs
