#!/usr/bin/env bash
# aws4fetch tries up to ten times more after a 429 or 5xx, deaf to Retry-After, and never after a lost connection.
#
# Expected: a client that retries ten times by itself does so for lost connections first, and waits as Retry-After says.
# Seen: a 429 with "Retry-After: 60" is asked again within a second, several times; a closed connection is one request.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund aws4fetch@1.0.20
cat >run.mjs <<'JS'
import http from 'node:http';
import fs from 'node:fs';
import { AwsClient } from 'aws4fetch';

let asked = 0;
const server = http.createServer((request, response) => {
  asked += 1;
  if (request.url === '/close') request.socket.end();
  else if (asked <= 4) response.writeHead(429, { 'Retry-After': '60' }).end();
  else response.end('{}');
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const client = new AwsClient({ accessKeyId: 'a', secretAccessKey: 'b', service: 's3', region: 'x' });
const seen = {};
for (const path of ['/429', '/close']) {
  asked = 0;
  const start = Date.now();
  const end = await client.fetch(`http://127.0.0.1:${server.address().port}${path}`).then((r) => r.status, (e) => e.name);
  seen[path] = [end, asked, Date.now() - start < 30000 ? 'within half a minute' : 'later'];
}
server.closeAllConnections();
server.close();
console.log('aws4fetch', JSON.parse(fs.readFileSync('node_modules/aws4fetch/package.json')).version, 'node', process.version);
console.log('end, requests, time:', JSON.stringify(seen));
const expected = { '/429': [200, 5, 'within half a minute'], '/close': ['TypeError', 1, 'within half a minute'] };
if (JSON.stringify(seen) !== JSON.stringify(expected)) {
  console.error('This has changed.');
  process.exit(1);
}
JS
node run.mjs
