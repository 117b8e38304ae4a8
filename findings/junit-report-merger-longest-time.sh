#!/usr/bin/env bash
# junit-report-merger adds the tests of two reports, and takes the longer of their times.
#
# Expected: four tests in 6.5 s of two reports with two tests each, in 2.5 s and in 4 s: what is summed is summed alike.
# Seen: four tests in 4 s, also where both are of one suite, which then has both runs' tests and the time of one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund junit-report-merger@9.0.4
cat >run.cjs <<'JS'
const { mergeToString } = require('junit-report-merger');

const report = (name, seconds) => `<?xml version="1.0"?>
<testsuite name="${name}" tests="2" failures="0" errors="0" skipped="0" time="${seconds}">
  <testcase classname="poller" name="stops" time="0"/>
  <testcase classname="poller" name="backs off" time="0"/>
</testsuite>`;
const total = async (one, other) => {
  const root = (await mergeToString([report(one, 2.5), report(other, 4)], {})).match(/<testsuites[^>]*>/)[0];
  return `${root.match(/tests="(\d+)"/)[1]} tests in ${root.match(/time="([\d.]+)"/)[1]} s`;
};
(async () => {
  const seen = { 'one name': await total('client', 'client'), 'two names': await total('client', 'api') };
  const version = JSON.parse(require('fs').readFileSync('node_modules/junit-report-merger/package.json')).version;
  console.log('junit-report-merger', version, 'node', process.version);
  console.log(seen);
  const expected = { 'one name': '4 tests in 4 s', 'two names': '4 tests in 4 s' };
  if (JSON.stringify(seen) !== JSON.stringify(expected)) {
    console.error('This has changed.');
    process.exit(1);
  }
})();
JS
node run.cjs
