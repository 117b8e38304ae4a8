#!/bin/sh
# Drives the mock over its control API, with curl: sh drive.sh
set -eu
mock=${MOCK:-http://127.0.0.1:8080}

# call METHOD PATH [BODY]: asks the control API; a refusal ends the program.
call() {
    curl --silent --show-error --fail-with-body -X "$1" ${3:+--data "$3"} "$mock/_mock/sandboxes$2"
}

# track OPTION...: asks as the code under test would.
track() {
    curl --silent --show-error -H "Authorization: Bearer $token" "$@" "$mock/tracking/ORDER-1"
}

# tag: prints the tag of an answer, which stands before the list of checkpoints.
tag() {
    answer=$(track --fail)
    echo "$answer" | sed 's/^[^[]*"tag":"\([^"]*\)".*/\1/'
}

sandbox=$(call POST '' '{"clock": {"now": "2026-04-01T00:00:00Z", "frozen": true}}')
id=$(echo "$sandbox" | sed 's/.*"id":"\([^"]*\)".*/\1/')
token=$(echo "$sandbox" | sed 's/.*"own":{"token":"\([^"]*\)".*/\1/')
trap 'call DELETE "/$id"' EXIT

call POST "/$id/labels" '{"scenario": "delivered", "order_number": "ORDER-1"}' >/dev/null
tag
call POST "/$id/clock/advance" '{"seconds": 604800}' >/dev/null
tag
call POST "/$id/faults" '{"kind": "status", "status": 502}' >/dev/null
track --output /dev/null --write-out '%{http_code}\n'

journal=$(call GET "/$id/journal")
statuses=$(echo "$journal" | grep -o '"status":[0-9]*' | cut -d: -f2 | paste -s -d ' ' -)
echo "journal: $statuses"
