#!/usr/bin/env bash
# test-results-parser reads a JUnit file with a failed test as "SKIP" if its suite does not count its tests.
#
# Expected: the counts of a suite are a summary of its test cases, so a reader counts these where the summary is
# missing, and a failed case makes a failed run. The attributes are optional in the format's common schemas.
# Seen: the case is FAIL, the run has NaN tests and the status SKIP; with the attributes the run is FAIL.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund test-results-parser@0.4.6
cat >run.mjs <<'JS'
import fs from 'node:fs';
import parser from 'test-results-parser';

const seen = {};
for (const [name, counts] of Object.entries({ counted: ' tests="2" failures="1"', 'not counted': '' })) {
  fs.writeFileSync('junit.xml', `<?xml version="1.0"?>
<testsuites>
  <testsuite name="client"${counts}>
    <testcase classname="poller" name="stops"/>
    <testcase classname="poller" name="backs off"><failure message="it did not"/></testcase>
  </testsuite>
</testsuites>`);
  const run = parser.parse({ type: 'junit', files: ['junit.xml'] });
  const cases = run.suites[0].cases.map((test) => test.status).join(' ');
  seen[name] = `${cases}; run: ${run.status}, ${run.total} tests, ${run.failed} failed`;
}
const path = 'node_modules/test-results-parser/package.json';
console.log('test-results-parser', JSON.parse(fs.readFileSync(path)).version, 'node', process.version);
console.log(seen);
const expected = { counted: 'PASS FAIL; run: FAIL, 2 tests, 1 failed', 'not counted': 'PASS FAIL; run: SKIP, NaN tests, NaN failed' };
if (JSON.stringify(seen) !== JSON.stringify(expected)) {
  console.error('This has changed.');
  process.exit(1);
}
JS
node run.mjs
