#!/usr/bin/env bash
# openapi-backend finds any body valid for a status that the document lacks, and mocks such a status by a success.
#
# Expected: a 429 that is not in the document is an error in validateResponse, as in openapi-core and
# express-openapi-validator; and mockResponseForOperation(..., { code: 429 }) refuses or has no body.
# Seen: valid, whatever the body is; and the mock is the 200 with the body of a parcel.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund openapi-backend@5.21.2
cat >run.cjs <<'JS'
const { OpenAPIBackend } = require('openapi-backend');

const schema = {
  type: 'object',
  required: ['tag'],
  properties: { tag: { type: 'string', example: 'Delivered' } },
  additionalProperties: false,
};
const responses = { 200: { description: 'A parcel.', content: { 'application/json': { schema } } } };
const paths = { '/parcel': { get: { operationId: 'getParcel', responses } } };
const definition = { openapi: '3.1.0', info: { title: 'Parcels', version: '1' }, paths };
(async () => {
  const api = new OpenAPIBackend({ definition });
  await api.init();
  const seen = {
    'no parcel with 200': api.validateResponse({ wrong: 1 }, 'getParcel', 200).valid,
    'no parcel with 429': api.validateResponse({ wrong: 1 }, 'getParcel', 429).valid,
    'mock of 429': JSON.stringify(api.mockResponseForOperation('getParcel', { code: 429 })),
  };
  const version = JSON.parse(require('fs').readFileSync('node_modules/openapi-backend/package.json')).version;
  console.log('openapi-backend', version, 'node', process.version);
  console.log(seen);
  const expected = {
    'no parcel with 200': false,
    'no parcel with 429': true,
    'mock of 429': '{"status":200,"mock":{"tag":"Delivered"}}',
  };
  if (JSON.stringify(seen) !== JSON.stringify(expected)) {
    console.error('This has changed.');
    process.exit(1);
  }
})();
JS
node run.cjs
