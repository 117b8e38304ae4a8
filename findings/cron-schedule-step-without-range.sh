#!/usr/bin/env bash
# "7/20 * * * *" is three runs an hour, one run an hour, or an error, by the library that reads it.
#
# Expected: "7/20" is each twentieth minute from 7 on, as in cron-parser, cron, later, croniter and APScheduler; or, as
# the manual of Debian's cron has steps only after a range or a star, a refusal.
# Seen: cron-schedule takes it without a word and runs at seven past alone; croner refuses it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund cron-schedule@6.0.0 cron-parser@5.10.5 croner@11.0.0
cat >run.mjs <<'JS'
import fs from 'node:fs';
import { CronExpressionParser } from 'cron-parser';
import { parseCronExpression } from 'cron-schedule';
import { Cron } from 'croner';

const following = {
  'cron-schedule': (expression, from) => parseCronExpression(expression).getNextDate(from),
  'cron-parser': (expression, from) => CronExpressionParser.parse(expression, { currentDate: from }).next().toDate(),
  croner: (expression, from) => new Cron(expression, { paused: true }).nextRun(from),
};
const seen = {};
for (const [name, next] of Object.entries(following)) {
  try {
    const minutes = [];
    for (let at = new Date(2026, 10, 1, 0, 0); minutes.length < 4; minutes.push(at.getMinutes())) at = next('7/20 * * * *', at);
    seen[name] = minutes.join(' ');
  } catch (error) {
    seen[name] = error.constructor.name;
  }
}
const version = (name) => `${name} ${JSON.parse(fs.readFileSync(`node_modules/${name}/package.json`)).version}`;
console.log(Object.keys(following).map(version).join(', '));
console.log('minutes of the first four runs of "7/20 * * * *":', seen);
const expected = { 'cron-schedule': '7 7 7 7', 'cron-parser': '7 27 47 7', croner: 'TypeError' };
if (JSON.stringify(seen) !== JSON.stringify(expected)) {
  console.error('This has changed.');
  process.exit(1);
}
JS
node run.mjs
