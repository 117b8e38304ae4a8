#!/usr/bin/env bash
# Azure's HTTP pipeline tries a 429 again only if the answer has a Retry-After.
#
# Expected: its default policy retries a 429 three times, with growing waits, as it does a 502 and a 503.
# Seen: a bare 429 is handed over at once; a 502 without the header is retried three times, and so is a 429 with it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund @azure/core-rest-pipeline@1.25.0
cat >run.mjs <<'JS'
import http from 'node:http';
import fs from 'node:fs';
import { createDefaultHttpClient, createPipelineFromOptions, createPipelineRequest } from '@azure/core-rest-pipeline';

let answer;
let asked = 0;
const server = http.createServer((_, response) => {
  asked += 1;
  response.writeHead(...answer).end();
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const seen = {};
const cases = { '429': [429, {}], '429, Retry-After: 1': [429, { 'Retry-After': '1' }], '502': [502, {}] };
for (const [name, value] of Object.entries(cases)) {
  [answer, asked] = [value, 0];
  const url = `http://127.0.0.1:${server.address().port}/`;
  const request = createPipelineRequest({ url, allowInsecureConnection: true });
  await createPipelineFromOptions({}).sendRequest(createDefaultHttpClient(), request);
  seen[name] = asked;
}
server.closeAllConnections();
server.close();
const path = 'node_modules/@azure/core-rest-pipeline/package.json';
console.log('@azure/core-rest-pipeline', JSON.parse(fs.readFileSync(path)).version, 'node', process.version);
console.log('requests for one GET:', JSON.stringify(seen));
if (seen['429'] !== 1 || seen['429, Retry-After: 1'] !== 4 || seen['502'] !== 4) {
  console.error('This has changed.');
  process.exit(1);
}
JS
node run.mjs
