#!/bin/bash
failed=0
for ((i = 0; i < $2; i++)); do
    curl -sS -m 1 -o /dev/null "$1" || failed=$((failed + 1))
    sleep 60
done
echo $failed
