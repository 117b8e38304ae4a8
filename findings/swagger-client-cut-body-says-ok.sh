#!/usr/bin/env bash
# swagger-client's error for an answer that was cut half-way has the message "OK" and the status 200.
#
# Expected: the error says that the connection was lost, as fetch's own does ("terminated").
# Seen: message "OK", status 200, the reason of the loss only in an inner property. A log line "Error: OK" follows.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund swagger-client@3.38.4
cat >run.mjs <<'JS'
import net from 'node:net';
import fs from 'node:fs';
import SwaggerClient from 'swagger-client';

const server = net.createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', () => {
    socket.end('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n{"tag":');
  });
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}/`;
const plain = await fetch(url).then((r) => r.text()).then(() => 'resolved', (error) => error.message);
const wrapped = await SwaggerClient.http({ url }).then(() => 'resolved', (error) => [error.message, error.status]);
server.close();
const version = JSON.parse(fs.readFileSync('node_modules/swagger-client/package.json')).version;
console.log('swagger-client', version, 'node', process.version);
console.log('fetch:', plain, '- swagger-client:', JSON.stringify(wrapped));
if (plain !== 'terminated' || JSON.stringify(wrapped) !== '["OK",200]') {
  console.error('This has changed.');
  process.exit(1);
}
JS
node run.mjs
