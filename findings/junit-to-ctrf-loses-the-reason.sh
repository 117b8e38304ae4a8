#!/usr/bin/env bash
# junit-to-ctrf carries the message of a failed test over, and drops that of a skipped one.
#
# Expected: a test's message, which says why it was skipped, comes through as a failure's does.
# Seen: "message" is there for the failed test and missing for the skipped one.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund junit-to-ctrf@0.0.14
cat >junit.xml <<'XML'
<?xml version="1.0"?>
<testsuites tests="2" failures="1" skipped="1">
  <testsuite name="client" tests="2" failures="1" skipped="1">
    <testcase classname="poller" name="backs off" time="0.1"><failure message="it did not"/></testcase>
    <testcase classname="poller" name="stops" time="0"><skipped message="nothing was delivered"/></testcase>
  </testsuite>
</testsuites>
XML
npx junit-to-ctrf junit.xml -o ctrf.json >/dev/null
cat >run.mjs <<'JS'
import fs from 'node:fs';

const { tests } = JSON.parse(fs.readFileSync('ctrf.json')).results;
const seen = tests.map((test) => `${test.status}: ${test.message ?? 'no message'}`);
const words = JSON.stringify(tests).includes('nothing was delivered');
console.log('junit-to-ctrf', JSON.parse(fs.readFileSync('node_modules/junit-to-ctrf/package.json')).version);
console.log(seen, words ? 'The reason is elsewhere.' : 'The reason is nowhere.');
if (JSON.stringify(seen) !== JSON.stringify(['failed: it did not', 'skipped: no message']) || words) {
  console.error('This has changed.');
  process.exit(1);
}
JS
node run.mjs
