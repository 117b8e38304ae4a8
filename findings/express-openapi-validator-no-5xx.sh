#!/usr/bin/env bash
# express-openapi-validator, told to check responses, checks no 5xx, though the document describes it.
#
# Expected: with validateResponses a 502 whose body is not the documented one becomes a 500, as a 401 does; and a
# status that the document lacks is refused, a 503 like a 429.
# Seen: every 5xx passes, whatever its body; the wrong 401 and the unknown 429 become a 500.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund express@4.21.2 express-openapi-validator@5.6.2
cat >run.cjs <<'JS'
const fs = require('fs');
const express = require('express');
const { middleware } = require('express-openapi-validator');

const schema = { type: 'object', required: ['error'], properties: { error: { type: 'string' } } };
const failure = { description: 'It failed.', content: { 'application/json': { schema } } };
const responses = { 200: { description: 'A parcel.' }, 401: failure, 502: failure };
const parameters = [{ name: 'status', in: 'path', required: true, schema: { type: 'integer' } }];
const paths = { '/answer/{status}': { get: { parameters, responses } } };
const apiSpec = { openapi: '3.1.0', info: { title: 'Parcels', version: '1' }, paths };

const app = express();
app.use(middleware({ apiSpec, validateResponses: true }));
app.get('/answer/:status', (request, response) => response.status(request.params.status).json({ wrong: 1 }));
app.use((error, request, response, next) => response.status(error.status).json({ refused: error.message }));
const server = app.listen(0, '127.0.0.1', async () => {
  const seen = {};
  for (const status of [401, 429, 502, 503]) {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}/answer/${status}`);
    seen[status] = (await answer.json()).refused ? `refused by a ${answer.status}` : `passed as ${answer.status}`;
  }
  server.closeAllConnections();
  server.close();
  const path = 'node_modules/express-openapi-validator/package.json';
  console.log('express-openapi-validator', JSON.parse(fs.readFileSync(path)).version, 'node', process.version);
  console.log('a body that the document does not allow, by status:', seen);
  const refused = 'refused by a 500';
  const expected = { 401: refused, 429: refused, 502: 'passed as 502', 503: 'passed as 503' };
  if (JSON.stringify(seen) !== JSON.stringify(expected)) {
    console.error('This has changed.');
    process.exit(1);
  }
});
JS
node run.cjs
