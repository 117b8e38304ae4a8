#!/usr/bin/env bash
# Prism answers "string" in place of the example of a property that is "a string or null" by anyOf.
#
# Expected: a property's example is its value in the mock's answer, however the schema says which types it may have.
# Seen: with type: [string, "null"] the example is answered, with anyOf of the two it is dropped. Code generators for
# OpenAPI 3.1 write a nullable field in the second form, so a mock made of their document says city: "string".
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund @stoplight/prism-cli@5.14.2
cat >run.mjs <<'JS'
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';

const properties = {
  listed: { type: ['string', 'null'], example: 'Shenzhen' },
  composed: { anyOf: [{ type: 'string' }, { type: 'null' }], example: 'Shenzhen' },
};
const schema = { type: 'object', required: Object.keys(properties), properties };
const answer = { description: 'A parcel.', content: { 'application/json': { schema } } };
const paths = { '/parcel': { get: { responses: { 200: answer } } } };
fs.writeFileSync('api.json', JSON.stringify({ openapi: '3.1.0', info: { title: 'Parcels', version: '1' }, paths }));

const port = await new Promise((resolve) => {
  const finder = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = finder.address();
    finder.close(() => resolve(port));
  });
});
const prism = spawn(process.execPath, ['node_modules/@stoplight/prism-cli/dist/index.js', 'mock', 'api.json', '-p', port]);
await new Promise((resolve) => prism.stdout.on('data', (text) => /listening/.test(text) && resolve()));
const seen = await (await fetch(`http://127.0.0.1:${port}/parcel`)).json();
prism.kill();
const version = JSON.parse(fs.readFileSync('node_modules/@stoplight/prism-cli/package.json')).version;
console.log('@stoplight/prism-cli', version, 'node', process.version);
console.log('answer:', JSON.stringify(seen));
if (JSON.stringify(seen) !== '{"listed":"Shenzhen","composed":"string"}') {
  console.error('This has changed.');
  process.exit(1);
}
JS
node run.mjs
