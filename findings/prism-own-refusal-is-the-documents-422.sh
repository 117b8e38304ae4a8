#!/usr/bin/env bash
# Prism refuses a request with the body that the document has for 422, whatever that means there.
#
# Expected: a request that breaks the document is told by Prism itself (problem+json), or with the 400.
# Seen: where the document describes a 422, say that a label could not be made, a bad query parameter is answered with
# just that, and a client takes a mistake of its own for a failed label. The 400 beside it is not used, and without
# a 422 and a 400 it is Prism's own body. A validation that the document cannot mean looks like a business answer.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund @stoplight/prism-cli@5.14.2
cat >run.mjs <<'JS'
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';

const failure = (error) => ({
  description: error,
  content: { 'application/json': { schema: { type: 'object', properties: { error: { type: 'string', example: error } } } } },
});
const operation = (...statuses) => ({
  get: {
    parameters: [{ name: 'days', in: 'query', schema: { type: 'integer' } }],
    responses: { 200: { description: 'A parcel.' }, ...Object.fromEntries(statuses) },
  },
});
const [bad, failed] = [['400', failure('Bad request')], ['422', failure('Label creation failed')]];
const paths = { '/both': operation(bad, failed), '/only-400': operation(bad), '/neither': operation() };
fs.writeFileSync('api.json', JSON.stringify({ openapi: '3.1.0', info: { title: 'Parcels', version: '1' }, paths }));

const port = await new Promise((resolve) => {
  const finder = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = finder.address();
    finder.close(() => resolve(port));
  });
});
const prism = spawn(process.execPath, ['node_modules/@stoplight/prism-cli/dist/index.js', 'mock', 'api.json', '-p', port]);
await new Promise((resolve) => prism.stdout.on('data', (text) => /listening/.test(text) && resolve()));
const seen = {};
for (const path of Object.keys(paths)) {
  const answer = await fetch(`http://127.0.0.1:${port}${path}?days=many`);
  const body = await answer.json();
  seen[path] = `${answer.status} ${body.error ?? body.title}`;
}
prism.kill();
const version = JSON.parse(fs.readFileSync('node_modules/@stoplight/prism-cli/package.json')).version;
console.log('@stoplight/prism-cli', version, 'node', process.version);
console.log(seen);
const expected = { '/both': '422 Label creation failed', '/only-400': '400 Bad request', '/neither': '422 Invalid request' };
if (JSON.stringify(seen) !== JSON.stringify(expected)) {
  console.error('This has changed.');
  process.exit(1);
}
JS
node run.mjs
