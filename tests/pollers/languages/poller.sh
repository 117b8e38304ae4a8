#!/bin/bash
# A poller with curl and sleep, each a program of its own; HABIT breaks it: often, endless or flat.
last='' failures=0
while :; do
    answer=$(curl -s -m 30 -w '\n%{http_code}' -H "Authorization: Bearer $FLEXFORWARD_TOKEN" "$FLEXFORWARD_BASE_URL/tracking/$FLEXFORWARD_LABEL_ID")
    whole=$? status=${answer##*$'\n'}
    case $status in 401 | 403 | 404 | 422) exit 0 ;; esac
    tag=$(sed -n '1s/^{[^[]*"tag": *"\([A-Za-z]*\)".*}$/\1/p' <<<"$answer")
    if [ "$whole" != 0 ] || [ "$status" != 200 ] || [ -z "$tag" ]; then
        failures=$((failures < 10 ? failures + 1 : 10)) pause=$((30 << failures))
        if [ "$HABIT" = flat ]; then pause=45; elif [ $pause -gt 1800 ]; then pause=1800; fi
        sleep $pause
        continue
    fi
    failures=0
    case $tag in InfoReceived | InTransit | Exception | Delivered)
        [ "$tag" = "$last" ] || echo "notify: $tag"
        last=$tag ;;
    esac
    case $tag in Delivered | Cancelled) [ "$HABIT" = endless ] || exit 0 ;; esac
    case $tag in Pending | InfoReceived) pause=14400 ;; InTransit) pause=1800 ;; Exception) pause=900 ;; *) pause=3600 ;; esac
    [ "$HABIT" = often ] && pause=300
    sleep $pause
done
