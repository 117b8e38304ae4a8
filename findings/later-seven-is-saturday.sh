#!/usr/bin/env bash
# later (the one that bree runs by) takes the 7 of "0 9 * * 7" for Saturday.
#
# Expected: Sunday, which cron calls 0 and 7; or, in a library that counts from 1, a Sunday for 1.
# Seen: later runs on Saturdays for 7, and on Sundays for 0, so Saturday has two numbers. In a range, 5-7, it leaves
# Sunday out, and so does cronjs-matcher, to which 7 alone is Sunday; cron-parser runs on all three days.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund @breejs/later@4.2.0 @datasert/cronjs-matcher@1.4.0 cron-parser@5.10.5
cat >run.mjs <<'JS'
import fs from 'node:fs';
import later from '@breejs/later';
import { getFutureMatches } from '@datasert/cronjs-matcher';
import { CronExpressionParser } from 'cron-parser';

later.date.UTC();
const start = new Date('2026-11-01T12:00:00Z');
const runs = {
  '@breejs/later': (expression) => later.schedule(later.parse.cron(expression)).next(10, start),
  '@datasert/cronjs-matcher': (expression) =>
    getFutureMatches(expression, { startAt: start.toISOString(), matchCount: 10, timezone: 'UTC' }).map((at) => new Date(at)),
  'cron-parser': (expression) =>
    CronExpressionParser.parse(expression, { currentDate: start, tz: 'UTC' }).take(10).map((at) => at.toDate()),
};
const days = 'Sun Mon Tue Wed Thu Fri Sat'.split(' ');
const seen = {};
for (const [name, read] of Object.entries(runs)) {
  for (const weekday of ['0', '7', '5-7']) {
    const found = new Set(read(`0 9 * * ${weekday}`).map((at) => at.getUTCDay()));
    seen[`${weekday} ${name}`] = [...found].sort().map((day) => days[day]).join(' ');
  }
}
const version = (name) => `${name} ${JSON.parse(fs.readFileSync(`node_modules/${name}/package.json`)).version}`;
console.log(Object.keys(runs).map(version).join(', '));
console.log(seen);
const expected = {
  '0 @breejs/later': 'Sun',
  '7 @breejs/later': 'Sat',
  '5-7 @breejs/later': 'Fri Sat',
  '0 @datasert/cronjs-matcher': 'Sun',
  '7 @datasert/cronjs-matcher': 'Sun',
  '5-7 @datasert/cronjs-matcher': 'Fri Sat',
  '0 cron-parser': 'Sun',
  '7 cron-parser': 'Sun',
  '5-7 cron-parser': 'Sun Fri Sat',
};
if (JSON.stringify(seen, Object.keys(seen).sort()) !== JSON.stringify(expected, Object.keys(expected).sort())) {
  console.error('This has changed.');
  process.exit(1);
}
JS
node run.mjs
