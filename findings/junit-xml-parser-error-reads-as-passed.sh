#!/usr/bin/env bash
# junit-xml-parser gives a test with an error, and one that was skipped, in the same form as one that passed.
#
# Expected: a case holds what the file says of it: failure, error or skipped.
# Seen: the failure is there; of the error and the skipped case only name and time are left. The suite counts them.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund junit-xml-parser@0.0.3
cat >run.cjs <<'JS'
const { parser } = require('junit-xml-parser');

const report = `<?xml version="1.0"?>
<testsuite name="client" tests="4" failures="1" errors="1" skipped="1" time="1">
  <testcase classname="poller" name="passed" time="0"/>
  <testcase classname="poller" name="failed" time="0"><failure type="must" message="4 in 2 s">4 in 2 s</failure></testcase>
  <testcase classname="poller" name="broken" time="0"><error type="unjudged" message="no request arrived"/></testcase>
  <testcase classname="poller" name="skipped" time="0"><skipped message="no 429 was served"/></testcase>
  <system-out>one line</system-out>
  <system-err></system-err>
</testsuite>`;
(async () => {
  const { suite } = await parser.parse(report);
  const seen = Object.fromEntries(suite.tests.map((test) => [test.name, Object.keys(test).join(' ')]));
  const version = JSON.parse(require('fs').readFileSync('node_modules/junit-xml-parser/package.json')).version;
  console.log('junit-xml-parser', version, 'node', process.version);
  console.log('what is known of a case:', seen, 'of the suite:', JSON.stringify(suite.summary));
  const bare = 'name time';
  const expected = { passed: bare, failed: 'name time failure', broken: bare, skipped: bare };
  if (JSON.stringify(seen) !== JSON.stringify(expected)) {
    console.error('This has changed.');
    process.exit(1);
  }
})();
JS
node run.cjs
