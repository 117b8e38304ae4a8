#!/usr/bin/env bash
# openapi-backend calls a documented error body invalid because two statuses share its schema.
#
# Expected: validateResponse(body, operation) without a status takes a body that some documented response allows.
# Seen: the body must fit exactly one of them. A 401 and a 404 of one schema are two, so their body fits none; once the
# document drops the 404 the same body is valid. A shared ErrorResponse is how most documents describe their errors.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund openapi-backend@5.21.2
cat >run.cjs <<'JS'
const { OpenAPIBackend } = require('openapi-backend');

const object = (name) => ({ type: 'object', required: [name], properties: { [name]: { type: 'string' } } });
const answer = (name) => ({
  description: name,
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
});
async function verdict(...errors) {
  const responses = { 200: answer('Parcel'), ...Object.fromEntries(errors.map((status) => [status, answer('Problem')])) };
  const definition = {
    openapi: '3.1.0',
    info: { title: 'Parcels', version: '1' },
    paths: { '/parcel': { get: { operationId: 'getParcel', responses } } },
    components: { schemas: { Parcel: object('tag'), Problem: object('error') } },
  };
  const api = new OpenAPIBackend({ definition });
  await api.init();
  const result = api.validateResponse({ error: 'No such label' }, 'getParcel');
  return result.valid ? 'valid' : result.errors.at(-1).message;
}
(async () => {
  const seen = { '401': await verdict('401'), '401 and 404': await verdict('401', '404') };
  const version = JSON.parse(require('fs').readFileSync('node_modules/openapi-backend/package.json')).version;
  console.log('openapi-backend', version, 'node', process.version);
  console.log(seen);
  if (seen['401'] !== 'valid' || seen['401 and 404'] !== 'must match exactly one schema in oneOf') {
    console.error('This has changed.');
    process.exit(1);
  }
})();
JS
node run.cjs
