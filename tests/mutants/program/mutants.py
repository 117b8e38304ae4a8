"""Faulty programs, each broken in one believable way."""

from __future__ import annotations

from typing import Final

from mutants.program.mutant import Language, ProgramMutant

__all__ = ["PROGRAM_MUTANTS"]

PLAIN: Final = ("delivery",)
ODD: Final = ("odd-order-number",)
OUTAGE: Final = ("gateway-outage",)
BLIPS: Final = ("gateway-blips",)
EXCEPTION: Final = ("exception-solved",)
UNKNOWN: Final = ("unknown-for-a-while",)
SILENT: Final = ("never-answers",)

TOLD: Final = '["InfoReceived", "InTransit", "Exception", "Delivered"]'
TERMINAL: Final = '["Delivered", "Cancelled"]'
EXAMINE: Final = "def examine(body: Any) -> None:\n    pass"
FAILED: Final = "            failures += 1\n"


def _examine(text: str) -> str:
    return f"def examine(body: Any) -> None:\n    {text}"


def _python(rule: str, name: str, sentence: str, old: str, new: str, *trials: str, also: str = "") -> ProgramMutant:
    return _mutant("Python", rule, name, sentence, old, new, trials, also)


def _node(rule: str, name: str, sentence: str, old: str, new: str, *trials: str) -> ProgramMutant:
    return _mutant("Node", rule, f"node-{name}", sentence, old, new, trials, "")


def _mutant(
    language: Language, rule: str, name: str, sentence: str, old: str, new: str, trials: tuple[str, ...], also: str
) -> ProgramMutant:
    return ProgramMutant(
        name=name,
        rule=f"client.{rule}",
        sentence=sentence,
        old=old,
        new=new,
        trials=trials,
        language=language,
        also=tuple(f"client.{other}" for other in also.split()),
    )


PROGRAM_MUTANTS: Final[tuple[ProgramMutant, ...]] = (
    _python("auth.accepted", "other-scheme", "It sends the token in a scheme of its own.",
            '"Bearer "', '"Token "', *PLAIN),
    _python("auth.accepted", "half-a-pair", "It sends only the key of the pair.",
            '{"Authorization": "Bearer " + TOKEN}', '{"x-rr-apikey": os.environ["FLEXFORWARD_API_KEY"]}', *PLAIN),
    _python("auth.not-in-url", "token-in-query", "It sends the token in the query as well.",
            'quote(SHIPMENT, safe="")', 'quote(SHIPMENT, safe="") + "?token=" + TOKEN', *PLAIN),
    _python("id.escaped", "slash-left", "It leaves a slash in an order number as it is.",
            'quote(SHIPMENT, safe="")', "quote(SHIPMENT)", *ODD),
    _python("id.escaped", "escaped-twice", "It escapes the order number twice.",
            'quote(SHIPMENT, safe="")', 'quote(quote(SHIPMENT, safe=""))', *ODD),
    _python("id.escaped", "plus-for-space", "It writes a space as a plus sign.",
            'quote(SHIPMENT, safe="")', 'quote(SHIPMENT, safe="").replace("%20", "+")', *ODD),
    _python("body.legal", "city-is-text", "It takes every city for a text.",
            EXAMINE, _examine('print([entry["city"].upper() for entry in body["checkpoints"]])'), "nulls"),
    _python("body.legal", "there-is-a-checkpoint", "It takes it that there is always a checkpoint.",
            EXAMINE, _examine('print(body["checkpoints"][0]["message"])')),
    _python("body.legal", "seconds-only", "It reads times without milliseconds only.",
            EXAMINE,
            _examine('[time.strptime(it["checkpointTime"], "%Y-%m-%dT%H:%M:%SZ") for it in body["checkpoints"]]'),
            "delivery", "milliseconds"),
    _python("body.evolution", "closed-body", "It refuses a body with a field that it does not know.",
            EXAMINE, _examine("assert len(body) == 7"), "delivery", "new-field"),
    _python("body.evolution", "closed-tags", "It refuses a tag that it does not know.",
            EXAMINE, _examine('assert body["tag"] in [*WAITS, *TERMINAL, "Unknown"]'), "delivery", "new-tag"),
    _python("tell.delivered", "delivery-untold", "It tells no delivery.",
            TOLD, '["InfoReceived", "InTransit", "Exception"]', *PLAIN),
    _python("tell.delivered", "tells-in-other-words", "It tells in words that the pattern does not find.",
            'print("notify:", tag)', 'print("told the customer:", tag)', *PLAIN),
    _python("tell.once", "told-each-time", "It tells the status after every request.",
            "tag in TOLD and tag != last", "tag in TOLD", *PLAIN),
    _python("tell.once", "forgets-over-a-failure", "It forgets over a failure what it has told.",
            FAILED, f'            last = ""\n{FAILED}', *BLIPS),
    _python("tell.changes", "exception-untold", "It tells no Exception.",
            TOLD, '["InfoReceived", "InTransit", "Delivered"]', *EXCEPTION),
    _python("tell.quiet", "pending-told", "It tells the customer Pending.",
            TOLD, '["Pending", "InfoReceived", "InTransit", "Exception", "Delivered"]', *PLAIN),
    _python("tell.quiet", "unknown-told", "It tells the customer Unknown.",
            TOLD, '["Unknown", "InfoReceived", "InTransit", "Exception", "Delivered"]', *UNKNOWN),
    _python("tell.true", "oldest-checkpoint", "It tells the tag of the last checkpoint of the list.",
            "notify(tag)", 'notify(body["checkpoints"][-1]["tag"])',
            also="body.legal tell.delivered tell.once goes-on"),
    _python("tell.true", "undefined", "It tells what it finds in the body of an error.",
            FAILED, f'{FAILED}            notify("undefined")\n', *BLIPS),
    _python("stop.terminal", "asks-after-cancelled", "It asks on after Cancelled.",
            TERMINAL, '["Delivered"]', "cancelled"),
    _python("stop.terminal", "each-minute-without-end", "It asks each minute, and on after Cancelled.",
            "if tag in TERMINAL:\n            return\n        time.sleep(WAITS.get(tag, OTHER_WAIT))",
            'if tag == "Delivered":\n            return\n        time.sleep(60)', "cancelled"),
    _python("stop.terminal", "looks-once-more", "It asks once more after the end, to be sure.",
            "if tag in TERMINAL:\n            return\n",
            "if tag in TERMINAL:\n            time.sleep(3600)\n            ask()\n            return\n", *PLAIN),
    _python("goes-on", "ends-at-exception", "It takes Exception for the end.",
            TERMINAL, '["Delivered", "Cancelled", "Exception"]', *EXCEPTION),
    _python("goes-on", "ends-at-unknown", "It takes Unknown for the end.",
            TERMINAL, '["Delivered", "Cancelled", "Unknown"]', *UNKNOWN),
    _python("goes-on", "dies-of-html", "It dies of a page of HTML where JSON should be.",
            "OSError, http.client.HTTPException, ValueError, KeyError", "OSError, http.client.HTTPException",
            "html-from-a-proxy"),
    _python("goes-on", "dies-of-a-broken-line", "It dies of an answer that breaks off.",
            "OSError, http.client.HTTPException, ValueError, KeyError", "OSError, ValueError, KeyError",
            "answers-break-off"),
    _python("goes-on", "silent-after-exception", "It lives on after Exception, and asks no more.",
            '"Exception": 900', '"Exception": 10**7', *EXCEPTION),
    _python("goes-on", "silent-after-a-failure", "It lives on after a failure, and asks no more.",
            "min(30 * 2.0**failures, 1800.0)", "10**7", *BLIPS),
    _python("goes-on", "counts-failures", "It ends after six failures of its life.",
            "        failures = 0\n", "        if failures > 5:\n            return\n"),
    _python("interval.late", "twice-a-day", "It asks twice a day.", "WAITS.get(tag, OTHER_WAIT)", "43200", *PLAIN),
    _python("interval.floor", "every-five-minutes", "It asks every five minutes.",
            '"InTransit": 1800', '"InTransit": 300', *PLAIN),
    _python("interval.stage", "half-an-hour-always", "It asks every half hour, as the sample does.",
            '{"Pending": 14400, "InfoReceived": 14400,', '{"Pending": 1800, "InfoReceived": 1800,', *PLAIN),
    _python("retry.storm", "no-wait", "It asks again at once when a request fails.",
            "min(30 * 2.0**failures, 1800.0)", "0.0", *OUTAGE),
    _python("retry.storm", "every-five-seconds", "It asks again every five seconds while requests fail.",
            "min(30 * 2.0**failures, 1800.0)", "5.0", *OUTAGE),
    _python("retry.backs-off", "same-wait", "It waits 45 seconds after each failure.",
            "min(30 * 2.0**failures, 1800.0)", "45.0", *OUTAGE),
    _python("retry.backs-off", "low-cap", "It backs off, but only up to 32 seconds.",
            "min(30 * 2.0**failures, 1800.0)", "min(2.0**failures, 32.0)", *OUTAGE, also="retry.storm"),
    _python("retry.survives", "three-and-out", "It gives up after three failures.",
            "LAST_FAILURE = 10**9", "LAST_FAILURE = 3", *OUTAGE),
    _python("refused.stops", "refused-goes-on", "It goes on asking when it is refused.",
            "[401, 403, 404, 422]", "[]", "credentials-revoked"),
    _python("refused.stops", "gone-goes-on", "It goes on asking for a label that is gone.",
            "[401, 403, 404, 422]", "[401, 403, 422]", "label-gone"),
    _python("timeout", "no-timeout", "It waits for an answer for ever.", "TIMEOUT = 30", "TIMEOUT = None", *SILENT),
    _python("timeout", "ten-minutes", "It waits ten minutes for an answer.", "TIMEOUT = 30", "TIMEOUT = 600", *SILENT),
    _node("id.escaped", "encode-uri", "It escapes with encodeURI, which leaves / and # as they are.",
          "encodeURIComponent(", "encodeURI(", *ODD),
    _node("body.legal", "city-is-text", "It takes every city for a text, and dies of the unhandled error.",
          "function examine() {}", "function examine(body) { body.checkpoints.map((it) => it.city.length); }", "nulls"),
    _node("tell.true", "undefined", "It tells the tag of an error's body: undefined.",
          "if (status !== 200) throw",
          "if (status !== 200) console.log(`notify: ${body.tag}`);\n    if (status !== 200) throw", *BLIPS),
    _node("interval.stage", "half-an-hour-always", "It asks every half hour, whatever the stage.",
          "WAITS[tag] ?? HOUR", "HOUR / 2", *PLAIN),
    _node("retry.storm", "no-wait", "It asks again at once when a request fails.",
          "Math.min(30_000 * 2 ** failures, HOUR / 2)", "0", *OUTAGE),
    _node("retry.survives", "three-and-out", "It gives up after three failures.",
          "    failures += 1;", "    failures += 1;\n    if (failures === 3) break;", *OUTAGE),
    _node("timeout", "no-timeout", "It leaves the time-out to fetch, which is five minutes.",
          ", signal: AbortSignal.timeout(30_000)", "", *SILENT),
)  # fmt: skip
