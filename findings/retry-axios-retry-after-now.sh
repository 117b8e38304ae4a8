#!/usr/bin/env bash
# retry-axios does not retry at all when the server says: at once.
#
# Expected: a 503 with "Retry-After: 0", or with a date that has just passed, is retried at once, or after the usual
# backoff, as a 503 without the header is (three times).
# Seen: no retry; with "Retry-After: 1" there are three.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund axios@1.21.1 retry-axios@4.0.3
cat >run.mjs <<'JS'
import http from 'node:http';
import fs from 'node:fs';
import axios from 'axios';
import * as rax from 'retry-axios';

let after;
let asked = 0;
const server = http.createServer((_, response) => {
  asked += 1;
  response.writeHead(503, after === undefined ? {} : { 'Retry-After': after }).end();
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const seen = {};
const cases = { none: undefined, 1: '1', 0: '0', past: new Date(Date.now() - 2000).toUTCString() };
for (const [name, value] of Object.entries(cases)) {
  [after, asked] = [value, 0];
  const client = axios.create({ raxConfig: {} });
  rax.attach(client);
  await client.get(`http://127.0.0.1:${server.address().port}/`).catch(() => {});
  seen[name] = asked;
}
server.close();
const version = (name) => JSON.parse(fs.readFileSync(`node_modules/${name}/package.json`)).version;
console.log('axios', version('axios'), 'retry-axios', version('retry-axios'));
console.log('requests for one GET, by Retry-After:', JSON.stringify(seen));
if (JSON.stringify(seen) !== JSON.stringify({ 0: 1, 1: 4, none: 4, past: 1 })) {
  console.error('This has changed.');
  process.exit(1);
}
JS
node run.mjs
