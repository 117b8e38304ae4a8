"""Each rule on hand-made evidence, on both sides of its edges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
import pytest

from api_kit import DELIVERED, LABEL, NOBODY, NUMBER, OTHER, TARGET, checkpoint, evidence, read, seen, shipment
from flexforward_contract_tests.api.complaints import NEAREST_RULES
from flexforward_contract_tests.api.evidence.finding import NotRun, violations_in
from flexforward_contract_tests.api.rules.registry import API_CHECKS, API_RULES

if TYPE_CHECKING:
    from flexforward_contract_tests.api.evidence.evidence import Evidence
    from flexforward_openapi import Json

ELSEWHERE = msgspec.structs.replace(TARGET, base_url="https://api.example.com")
BEARER_ONLY = msgspec.structs.replace(TARGET, api_key=None, api_token=None)
PAIR_ONLY = msgspec.structs.replace(TARGET, token=None)
NO_LABEL = msgspec.structs.replace(TARGET, label_id=None, order_number=None, delivered_label_id=None)
BY_NUMBER = msgspec.structs.replace(TARGET, label_id=None, delivered_label_id=None)
ERROR: Json = {"error": "No"}
OLD, NEW = "2026-04-01T08:00:00Z", "2026-04-02T08:00:00Z"
DATE = ("date", "Thu, 02 Apr 2026 09:00:00 GMT")

Word = Literal["kept", "broken", "not run"]
Case = tuple[str, Word, "Evidence"]


def word(rule_id: str, given: Evidence) -> Word:
    verdict = API_CHECKS[rule_id].judge(given)
    return "not run" if isinstance(verdict, NotRun) else "broken" if verdict else "kept"


def refusal(purpose: str, status: int, body: Json | bytes = None, **more: object) -> Evidence:
    return evidence(read(), seen(purpose, status, ERROR if body is None else body, **more))  # type: ignore[arg-type]


def at(*times: Json) -> Evidence:
    return evidence(read(*(checkpoint(time) for time in times)))


AUTH = {
    "api.auth.missing": "missing",
    "api.auth.wrong-bearer": "wrong-bearer",
    "api.auth.other-scheme": "other-scheme",
    "api.auth.key-alone": "key-alone",
    "api.auth.token-alone": "token-alone",
    "api.auth.wrong-pair": "wrong-pair",
}
OWNED = {"api.ownership.unknown": ("unknown", 404), "api.ownership.foreign": ("foreign", 403)} | {
    "api.failed-label": ("failed", 422)
}


@pytest.mark.parametrize(("rule_id", "purpose"), AUTH.items())
def test_whoever_shows_nothing_that_counts_gets_401(rule_id: str, purpose: str) -> None:
    assert word(rule_id, refusal(purpose, 401)) == "kept"
    for status in (200, 403, 404, 500, 502):
        assert word(rule_id, refusal(purpose, status)) == "broken"
    assert word(rule_id, evidence(seen(purpose, 502, ERROR))) == "not run"
    assert word(rule_id, evidence(seen(purpose, None, problem="x"))) == "not run"
    assert word(rule_id, evidence(seen(purpose, 500, is_repeated=True))) == "not run"
    odd = (seen(purpose, 401), seen(purpose, 400, is_odd=True))
    assert word(rule_id, evidence(*odd)) == "kept"
    assert word(rule_id, evidence(*odd, seen(purpose, 200, is_odd=True))) == "broken"


def test_odd_credentials_that_let_in_are_wrong_ones() -> None:
    given = (read(), seen("wrong-bearer", 401, ERROR))
    rule_id = "api.auth.wrong-bearer"
    assert word(rule_id, evidence(*given, seen("odd", 200, sent=[("Authorization", "Bearer")]))) == "broken"
    assert word(rule_id, evidence(*given, seen("odd", 401, sent=[("Authorization", "Bearer")]))) == "kept"
    right = seen("odd", 200, sent=[("Authorization", "bearer $FLEXFORWARD_TOKEN")])
    assert word(rule_id, evidence(*given, right, seen("odd", 200))) == "kept"


@pytest.mark.parametrize(
    ("rule_id", "target"),
    [
        ("api.auth.other-scheme", PAIR_ONLY),
        ("api.auth.bearer-works", PAIR_ONLY),
        *((f"api.auth.{name}", BEARER_ONLY) for name in ("key-alone", "token-alone", "wrong-pair", "pair-works")),
        ("api.ownership.unknown", NOBODY),
        ("api.ownership.foreign", NOBODY),
        ("api.failed-label", NOBODY),
        ("api.identity.id-is-label", NO_LABEL),
        ("api.identity.order-number", NO_LABEL),
        ("api.identity.stable", NO_LABEL),
        ("api.order.newest-first", NO_LABEL),
        ("api.tag.known", NO_LABEL),
        ("api.tag.top-is-newest", NO_LABEL),
        ("api.time.not-future", NO_LABEL),
        ("api.time.rfc3339", NO_LABEL),
        ("api.tracking-number", NO_LABEL),
        ("api.repeat.history-grows", NO_LABEL),
        ("api.repeat.terminal-stays", NO_LABEL),
        ("api.schema.success", NO_LABEL),
        ("api.schema.failed-label", NOBODY),
    ],
)
def test_a_rule_whose_options_were_not_given_names_them(rule_id: str, target: object) -> None:
    verdict = API_CHECKS[rule_id].judge(evidence(seen("missing", 401, ERROR), target=target))  # type: ignore[arg-type]
    assert isinstance(verdict, NotRun)
    rule = next(rule for rule in API_RULES if rule.id == rule_id)
    assert set(verdict.reason.removeprefix("needs ").split(" and ")) <= {*rule.needs, "--token"}


def test_a_way_of_authenticating_works_if_it_lets_in() -> None:
    rule_id = "api.auth.pair-works"
    for status in (200, 403, 404, 422):
        assert word(rule_id, evidence(seen("unknown", status, ERROR, auth_method="pair"))) == "kept"
    for status in (401, 500, 302):
        assert word(rule_id, evidence(seen("unknown", status, ERROR, auth_method="pair"))) == "broken"
    assert word(rule_id, evidence(seen("unknown", 502, ERROR, auth_method="pair"))) == "not run"
    assert (
        word(rule_id, evidence(seen("unknown", None, auth_method="pair"), seen("unknown", 404, auth_method="bearer")))
        == "not run"
    )
    assert word(rule_id, evidence(read(), seen("read", 404, ERROR, auth_method="pair"))) == "broken"
    assert word(rule_id, evidence(read(), read(auth_method="pair"))) == "kept"
    assert word("api.auth.bearer-works", evidence(read())) == "kept"


@pytest.mark.parametrize(("rule_id", "asked"), OWNED.items())
def test_each_kind_of_label_has_its_status(rule_id: str, asked: tuple[str, int]) -> None:
    purpose, status = asked
    shown = (read(), read(auth_method="pair"))

    def with_(status: int | None, auth_method: str = "bearer", before: tuple[object, ...] = shown) -> Word:
        return word(rule_id, evidence(*before, seen(purpose, status, ERROR, auth_method=auth_method)))  # type: ignore[arg-type]

    assert with_(status) == "kept"
    for other in {200, 401, 403, 404, 422, 500, 502} - {status}:
        assert with_(other) == "broken"
    assert with_(None) == "not run"
    # The pair never lets in: that is another rule's affair.
    refused = (read(), seen("read", 401, ERROR, auth_method="pair"))
    assert with_(401, "pair", refused) == "not run"
    assert with_(502, "bearer", (seen("unknown", 404, ERROR, auth_method="bearer"),)) == (
        "broken" if status == 404 else "not run"
    )


def test_the_weather_breaks_no_rule_of_ownership() -> None:
    bad = seen("unknown", 502, ERROR, auth_method="bearer")
    assert word("api.ownership.unknown", evidence(bad, bad)) == "not run"


LEAKS: list[tuple[Json, int, Word]] = [
    (ERROR, 401, "kept"),
    ({"error": "No", "requestId": "42", "message": "YT"}, 403, "kept"),
    ({"error": "No", "tag": "InTransit"}, 403, "broken"),
    ({"error": "No", "details": [{"checkpoints": []}]}, 404, "broken"),
    ({"error": "Parcel YT2503010001CN is not yours"}, 403, "broken"),
    ({"error": f"{NUMBER} is not yours"}, 401, "broken"),
    ({"error": "RR123456789CN"}, 403, "broken"),
    ({"error": "RR123456789CN"}, 422, "kept"),
    ({"error": f"no label {LABEL}"}, 404, "kept"),
]


@pytest.mark.parametrize(("body", "status", "expected"), LEAKS)
def test_a_refusal_lets_nothing_out(body: Json, status: int, expected: Word) -> None:
    given = evidence(read(), seen("missing", status, body), seen("missing", 401, ERROR))
    assert word("api.ownership.no-leak", given) == expected


def test_what_was_asked_for_may_be_said_again() -> None:
    rule_id = "api.ownership.no-leak"
    echo = seen("missing", 401, {"error": f"no {NUMBER}"}, asks_for=NUMBER, target="/tracking/ORDER%201%2F%C3%A4")
    assert word(rule_id, evidence(echo)) == "kept"
    shaped = seen("unknown", 404, {"error": "no RR123456789CN"}, asks_for="RR123456789CN")
    assert word(rule_id, evidence(shaped)) == "kept"
    told = seen("missing", 401, ERROR, headers=[("x-parcel", "YT2503010001CN")])
    assert word(rule_id, evidence(read(), told)) == "broken"
    assert word(rule_id, evidence(read())) == "not run"
    short = msgspec.structs.replace(TARGET, order_number="No")
    assert word(rule_id, evidence(read(trackingNumber="Y"), seen("missing", 401, ERROR), target=short)) == "kept"
    verdict = API_CHECKS[rule_id].judge(evidence(seen("missing", 401, {"error": "RR123456789CN"})))
    assert not isinstance(verdict, NotRun)
    assert [violation.level for violation in verdict] == ["should"]


def test_the_id_is_the_labels() -> None:
    rule_id = "api.identity.id-is-label"
    assert word(rule_id, evidence(read())) == "kept"
    assert word(rule_id, evidence(read(label_id=LABEL.upper()))) == "kept"
    assert word(rule_id, evidence(read(label_id=OTHER))) == "broken"
    assert word(rule_id, evidence(seen("generated", 200, shipment(label_id=OTHER)))) == "broken"
    assert word(rule_id, evidence(seen("read", 404, ERROR))) == "not run"
    assert word(rule_id, evidence()) == "not run"
    like_one = msgspec.structs.replace(TARGET, order_number=OTHER)
    by_number = seen("order", 200, shipment(), asks_for=OTHER)
    assert word(rule_id, evidence(read(), by_number, target=like_one)) == "kept"


def test_the_order_number_leads_to_the_label() -> None:
    rule_id = "api.identity.order-number"

    def with_(*given: object, target: object = TARGET) -> Word:
        return word(rule_id, evidence(*given, target=target))  # type: ignore[arg-type]

    def number(status: int, body: Json | bytes = ERROR) -> object:
        return seen("order", status, body, asks_for=NUMBER)

    assert with_(read(), number(200, shipment())) == "kept"
    assert with_(read(), number(200, shipment(label_id=OTHER))) == "broken"
    assert with_(read(), number(200, b"[]")) == "broken"
    assert with_(read(), number(404)) == "broken"
    assert with_(seen("read", 404, ERROR), number(404)) == "not run"
    assert with_(read(), number(502)) == "not run"
    assert with_(number(200, shipment()), target=BY_NUMBER) == "kept"
    assert with_(number(200, shipment(label_id="7")), target=BY_NUMBER) == "broken"
    assert with_(number(404), target=BY_NUMBER) == "broken"


def test_the_id_stays() -> None:
    rule_id = "api.identity.stable"
    assert word(rule_id, evidence(read(), read())) == "kept"
    assert word(rule_id, evidence(read(), read(label_id=OTHER))) == "broken"
    assert word(rule_id, evidence(read())) == "not run"
    assert word(rule_id, evidence(read(), read(asks_for=DELIVERED, label_id=DELIVERED))) == "not run"


STATUSES: list[tuple[int, bool, Word]] = [
    (200, False, "kept"),
    (502, False, "kept"),
    (400, False, "broken"),
    (500, False, "broken"),
    (405, False, "broken"),
    (302, False, "broken"),
    (418, True, "broken"),
    (400, True, "not run"),
    (414, True, "not run"),
    (405, True, "kept"),
    (500, True, "kept"),
]


@pytest.mark.parametrize(("status", "is_odd", "expected"), STATUSES)
def test_statuses_are_the_documents(status: int, is_odd: bool, expected: Word) -> None:
    assert word("api.status.documented", evidence(seen("odd", status, ERROR, is_odd=is_odd))) == expected


@pytest.mark.parametrize(
    ("status", "level"), [(400, "should"), (429, "should"), (500, "should"), (418, None), (503, None)]
)
def test_a_status_that_only_prose_has_is_a_drift(status: int, level: str | None) -> None:
    verdict = API_CHECKS["api.status.documented"].judge(evidence(seen("read", status, ERROR)))
    assert not isinstance(verdict, NotRun)
    assert [(violation.level, violation.is_drift) for violation in verdict] == [(level, level is not None)]


def test_methods_and_other_paths_are_not_the_documents_affair() -> None:
    given = evidence(seen("method", 418, b"x", content_type=None), seen("elsewhere", 418, b"x"))
    for rule_id in ("api.status.documented", "api.media-type", "api.encoding", "api.schema.closed"):
        assert word(rule_id, given) == "not run"


def test_a_shipment_has_its_fields() -> None:
    rule_id = "api.schema.success"
    assert word(rule_id, evidence(read(checkpoint()))) == "kept"
    assert word(rule_id, evidence(read(checkpoint(extra=1), extra=1))) == "kept"
    assert word(rule_id, evidence(read(trackingNumber=None))) == "kept"
    assert word(rule_id, evidence(read(tag=None))) == "broken"
    assert word(rule_id, evidence(read(label_id="7"))) == "broken"
    assert word(rule_id, evidence(read(checkpoint(message=None)))) == "broken"
    assert word(rule_id, evidence(read("no object"))) == "broken"
    assert word("api.time.rfc3339", evidence(read("no object"))) == "not run"
    assert word(rule_id, evidence(seen("read", 200, b'{"id": '))) == "broken"
    assert word(rule_id, evidence(seen("read", 200, b""))) == "broken"
    assert word(rule_id, evidence(seen("read", 200, b"[]"))) == "broken"
    assert word(rule_id, evidence(seen("read", 200, shipment(), problem="it broke off"))) == "broken"
    assert word(rule_id, evidence(seen("read", 404, ERROR))) == "not run"


def test_fields_that_are_not_listed_are_seen() -> None:
    rule_id = "api.schema.closed"
    assert word(rule_id, evidence(read(checkpoint()), seen("missing", 401, ERROR | {"code": "X"}))) == "kept"
    assert word(rule_id, evidence(read(extra=1))) == "broken"
    assert word(rule_id, evidence(read(checkpoint(extra=1)))) == "broken"
    assert word(rule_id, evidence(seen("missing", 401, ERROR | {"requestId": 1}))) == "broken"
    assert word(rule_id, evidence(read(tag=None))) == "kept"
    assert word(rule_id, evidence(seen("read", 200, b"<p>"))) == "not run"


@pytest.mark.parametrize("status", [401, 403, 404, 502])
def test_errors_have_their_shape(status: int) -> None:
    rule_id = "api.schema.error"
    assert word(rule_id, evidence(seen("missing", status, ERROR))) == "kept"
    assert word(rule_id, evidence(seen("missing", status, {"message": "No"}))) == "broken"
    assert word(rule_id, evidence(seen("missing", status, {"error": {"text": "No"}}))) == "broken"
    assert word(rule_id, evidence(seen("missing", status, b"<html>", is_repeated=True))) == "broken"
    assert word(rule_id, evidence(read())) == "not run"


def test_a_failed_label_has_its_shape() -> None:
    rule_id = "api.schema.failed-label"
    assert word(rule_id, evidence(seen("failed", 422, {"error": "Label creation failed"}))) == "kept"
    assert word(rule_id, evidence(seen("failed", 422, {"error": "Failed"}))) == "broken"
    assert word(rule_id, evidence(seen("failed", 404, ERROR))) == "not run"


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", "kept"),
        ("Application/JSON; Charset=UTF-8", "kept"),
        ("application/json;charset=utf-8", "kept"),
        ("application/problem+json", "broken"),
        ("text/html", "broken"),
        (None, "broken"),
    ],
)
def test_bodies_say_that_they_are_json(content_type: str | None, expected: Word) -> None:
    assert word("api.media-type", evidence(seen("read", 200, shipment(), content_type=content_type))) == expected


def test_an_empty_body_has_no_type() -> None:
    assert word("api.media-type", evidence(seen("read", 200, b"", content_type=None))) == "not run"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"error":"ä"}'.encode(), "kept"),
        ('{"error":"ä"}'.encode("latin-1"), "broken"),
        ('{"error":"ä"}'.encode("utf-8-sig"), "broken"),
        ('{"error":"ä"}'.encode("utf-16"), "broken"),
        ('{"error":"a"}'.encode("utf-16-le"), "broken"),
        (b"<html>", "kept"),
    ],
)
def test_bodies_are_utf_8(body: bytes, expected: Word) -> None:
    assert word("api.encoding", evidence(seen("missing", 401, body))) == expected
    if body != b"<html>":
        assert word("api.schema.error", evidence(seen("missing", 401, body))) == "kept", "one violation, one rule"


TIMES: list[tuple[Json, Word]] = [
    ("2026-04-02T08:00:00Z", "kept"),
    ("2026-04-02t08:00:00z", "kept"),
    ("2026-04-02T08:00:00.123456789+08:00", "kept"),
    ("2026-04-02T08:00:00-00:00", "kept"),
    ("2016-12-31T23:59:60Z", "kept"),
    (None, "kept"),  # no string: the schema's affair
    ("2026-04-02T08:00:00", "broken"),
    ("2026-04-02 08:00:00Z", "broken"),
    ("2026-04-02T24:00:00Z", "broken"),
    ("2026-02-30T08:00:00Z", "broken"),
    ("0001-01-01T00:00:00+23:00", "broken"),
    ("2026-04-02T08:00Z", "broken"),
    ("2026-04-02T08:00:00+0800", "broken"),
    ("Thu, 02 Apr 2026 08:00:00 GMT", "broken"),
    ("1775116800", "broken"),
]


@pytest.mark.parametrize(("time", "expected"), TIMES)
def test_times_are_rfc_3339(time: Json, expected: Word) -> None:
    assert word("api.time.rfc3339", at(time)) == expected


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ((NEW, OLD), "kept"),
        ((NEW, NEW), "kept"),
        ((OLD, NEW), "broken"),
        (("2026-04-02T09:00:00+08:00", OLD), "kept"),
        (("2026-04-02T08:00:00+08:00", "2026-04-02T00:00:00.000Z"), "kept"),
        ((NEW, "yesterday", OLD), "kept"),
        ((OLD, "yesterday", NEW), "broken"),
        ((NEW,), "not run"),
        ((), "not run"),
    ],
)
def test_the_newest_checkpoint_comes_first(times: tuple[str, ...], expected: Word) -> None:
    assert word("api.order.newest-first", at(*times)) == expected


def test_tags_are_the_seven() -> None:
    rule_id = "api.tag.known"
    assert word(rule_id, evidence(read(checkpoint()))) == "kept"
    assert word(rule_id, evidence(read(tag="Lost"))) == "broken"
    assert word(rule_id, evidence(read(checkpoint(tag="OutForDelivery")))) == "broken"
    assert word(rule_id, evidence(read(tag=None))) == "kept"
    assert word(rule_id, evidence()) == "not run"


def test_subtags_go_with_their_tags() -> None:
    rule_id = "api.subtag.belongs"
    assert word(rule_id, evidence(read(checkpoint(), subtag="InTransit_x"))) == "kept"
    assert word(rule_id, evidence(read(subtag="InTransit"))) == "broken"
    assert word(rule_id, evidence(read(checkpoint(subtag="Delivered_001")))) == "broken"
    assert word(rule_id, evidence(read(subtag=None))) == "kept"


def test_the_status_at_the_top_is_a_newest_checkpoints() -> None:
    rule_id = "api.tag.top-is-newest"
    assert word(rule_id, evidence(read(checkpoint(NEW), checkpoint(OLD, "InfoReceived")))) == "kept"
    assert word(rule_id, evidence(read(checkpoint(OLD, "InfoReceived"), checkpoint(NEW)))) == "kept"
    assert word(rule_id, evidence(read(checkpoint(NEW, "InfoReceived"), checkpoint(NEW)))) == "kept"
    assert word(rule_id, evidence(read(checkpoint(NEW, "InfoReceived"), checkpoint(OLD)))) == "broken"
    assert word(rule_id, evidence(read(checkpoint(subtag="InTransit_007")))) == "broken"
    for tag in ("Pending", "Cancelled", "Unknown"):
        assert word(rule_id, evidence(read(checkpoint(), tag=tag))) == "not run"
    assert word(rule_id, evidence(read())) == "not run"
    assert word(rule_id, at("yesterday")) == "not run"


@pytest.mark.parametrize(
    ("time", "date", "expected"),
    [
        ("2026-04-02T09:05:00Z", DATE, "kept"),
        ("2026-04-02T17:05:00+08:00", DATE, "kept"),
        ("2026-04-02T09:05:01Z", DATE, "broken"),
        ("2026-04-02T09:05:01Z", ("date", "soon"), "not run"),
        ("2026-04-02T09:05:01Z", ("date", "Thu, 02 Apr 2026 09:00:00 -0000"), "broken"),
        ("2026-04-02T09:05:01Z", ("server", "x"), "not run"),
        ("yesterday", DATE, "not run"),
    ],
)
def test_no_checkpoint_lies_in_the_future(time: str, date: tuple[str, str], expected: Word) -> None:
    given = seen("read", 200, shipment(checkpoint(time)), headers=[date])
    assert word("api.time.not-future", evidence(given)) == expected


@pytest.mark.parametrize(
    ("country", "expected"),
    [("CN", "kept"), ("XK", "kept"), (None, "kept"), ("cn", "broken"), ("CHN", "broken"), ("", "broken"), (7, "kept")],
)
def test_countries_are_alpha_2(country: Json, expected: Word) -> None:
    assert word("api.country.alpha2", evidence(read(checkpoint(countryRegion=country)))) == expected


@pytest.mark.parametrize(("number", "expected"), [("Y", "kept"), (None, "kept"), ("", "broken"), (" ", "broken")])
def test_a_tracking_number_says_something(number: Json, expected: Word) -> None:
    assert word("api.tracking-number", evidence(read(trackingNumber=number))) == expected


def test_a_history_only_grows() -> None:
    rule_id = "api.repeat.history-grows"
    old, new = checkpoint(OLD, "InfoReceived"), checkpoint(NEW)
    assert word(rule_id, evidence(read(old), read(new, old))) == "kept"
    assert word(rule_id, evidence(read(old), read(old | {"message": "mended"}))) == "kept"
    assert word(rule_id, evidence(read(old), read(old | {"checkpointTime": "2026-04-01T16:00:00+08:00"}))) == "kept"
    assert word(rule_id, evidence(read(new, old), read(new))) == "broken"
    assert word(rule_id, evidence(read(old), read(checkpoint(NEW, "InfoReceived")))) == "broken"
    assert word(rule_id, evidence(read(checkpoint("soon")), read(checkpoint("later")))) == "broken"
    assert word(rule_id, evidence(read(), read())) == "not run"
    assert word(rule_id, evidence(read(old), read(asks_for=DELIVERED))) == "not run"


def test_what_has_ended_stays_so() -> None:
    rule_id = "api.repeat.terminal-stays"

    def tags(*names: str) -> Word:
        return word(rule_id, evidence(*(read(tag=name) for name in names)))

    assert tags("Delivered", "Delivered") == "kept"
    assert tags("InTransit", "Delivered", "Delivered") == "kept"
    assert tags("Delivered", "InTransit") == "broken"
    assert tags("Cancelled", "Delivered") == "broken"
    assert tags("InTransit", "Delivered") == "not run"
    wrong = (read(tag="InTransit", asks_for=DELIVERED), read(tag="Delivered", asks_for=DELIVERED))
    given = evidence(*wrong, read(tag="Delivered"), read(tag="Delivered"))
    assert API_CHECKS[rule_id].judge(given) == NotRun("the label of --delivered-label is InTransit")


@pytest.mark.parametrize("rule_id", [*AUTH, *OWNED, "api.auth.bearer-works", "api.auth.pair-works"])
def test_a_429_says_nothing_of_who_asks_for_what(rule_id: str) -> None:
    purpose = AUTH.get(rule_id) or OWNED.get(rule_id, ("unknown", 0))[0]
    auth_method = "pair" if rule_id == "api.auth.pair-works" else "bearer"
    assert word(rule_id, evidence(read(), seen(purpose, 429, ERROR, auth_method=auth_method))) == (
        "kept" if rule_id == "api.auth.bearer-works" else "not run"
    )


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"error":"a"}', "kept"),
        (b'{"error":"a","error":"b"}', "broken"),
        (b'{"error":"a","b":[{"c":1},{"c":{"d":1,"d":1}}]}', "broken"),
        (b'{"a":{"c":1},"b":{"c":1}}', "kept"),
        (b'{"\\u0061":1,"a":1}', "broken"),
        ('{"a":1,"a":1}'.encode("utf-16"), "broken"),
        ('{"\xe4":1,"\xe4":1}'.encode("latin-1"), "broken"),
        (b"[1]", "kept"),
        (b"<html>", "not run"),
        (b'{"a":1' + b"[" * 100_000, "not run"),
    ],
)
def test_no_object_has_one_name_twice(body: bytes, expected: Word) -> None:
    given = evidence(seen("missing", 401, body))
    assert word("api.json.unique-names", given) == expected
    if expected == "broken":
        (violation,) = violations_in(API_CHECKS["api.json.unique-names"].judge(given))
        assert "twice in one object: 401" in violation.actual


@pytest.mark.parametrize("body", [b'{"error":"\\ud800"}', b'{"\\udfff":"a"}', b'["\\ud83d\\u0041"]'])
def test_half_a_character_is_a_finding_and_breaks_no_rule_of_ours(body: bytes) -> None:
    given = evidence(read(), seen("read", 200, body), seen("missing", 401, body))
    for check in API_CHECKS.values():
        check.judge(given)
    found = violations_in(API_CHECKS["api.encoding"].judge(given))
    assert [(violation.level, violation.observation.status) for violation in found] == [
        ("should", 200),
        ("should", 401),
    ]
    assert word("api.encoding", evidence(seen("missing", 401, b'{"error":"\\ud83d\\ude00"}'))) == "kept"


def test_a_body_that_is_nested_too_deeply_is_a_finding() -> None:
    given = evidence(read(), seen("missing", 401, b"[" * 300 + b"]" * 300))
    (violation,) = violations_in(API_CHECKS["api.schema.error"].judge(given))
    assert violation.actual == "it is nested too deeply"
    assert word("api.schema.closed", given) == "kept", "one violation, one rule"


METHODS: list[tuple[int, str | None, Word]] = [
    (405, "GET", "kept"),
    (405, "GET, HEAD, OPTIONS", "kept"),
    (404, None, "kept"),
    (405, None, "broken"),
    (405, "HEAD", "broken"),
    (405, "GET, PUT", "broken"),
    (200, None, "broken"),
    (204, None, "broken"),
    (401, None, "broken"),
    (501, None, "broken"),
]


@pytest.mark.parametrize(("status", "allow", "expected"), METHODS)
def test_other_methods_are_refused(status: int, allow: str | None, expected: Word) -> None:
    headers = [("allow", allow)] if allow is not None else []
    assert word("api.method.unsupported", evidence(seen("method", status, method="PUT", headers=headers))) == expected


def test_other_methods_change_nothing() -> None:
    rule_id = "api.method.unsupported"
    tried = seen("method", 404, method="DELETE")
    old, new = checkpoint(OLD, "InfoReceived"), checkpoint(NEW)
    assert word(rule_id, evidence(read(old), tried, read(new, old))) == "kept"
    assert word(rule_id, evidence(read(old), tried, seen("read", 502, ERROR))) == "kept"
    assert word(rule_id, evidence(read(old), tried, seen("read", 404, ERROR))) == "broken"
    assert word(rule_id, evidence(read(old), tried, read())) == "broken"
    assert word(rule_id, evidence(read(new, old), read(new), tried, read())) == "kept"  # it forgets by itself
    assert word(rule_id, evidence(seen("method", None))) == "not run"
    elsewhere = API_CHECKS[rule_id].judge(evidence(target=ELSEWHERE))
    assert isinstance(elsewhere, NotRun)
    assert "--allow-unsafe-methods" in elsewhere.reason


ODD: list[tuple[int | None, str, Json | bytes, Word]] = [
    (404, "odd", ERROR, "kept"),
    (400, "odd", b"<html>", "kept"),
    (502, "odd", ERROR, "kept"),
    (500, "odd", ERROR, "broken"),
    (503, "elsewhere", b"", "broken"),
    (200, "elsewhere", shipment(), "kept"),
    (None, "odd", b"", "broken"),
    (200, "odd", shipment(), "broken"),
    (200, "generated", shipment(), "broken"),
    (200, "generated", shipment(label_id=OTHER), "kept"),
    (200, "odd", b"[]", "kept"),
]


@pytest.mark.parametrize(("status", "purpose", "body", "expected"), ODD)
def test_odd_input_shakes_nothing(status: int | None, purpose: str, body: Json | bytes, expected: Word) -> None:
    given = seen(purpose, status, body, asks_for="nobody's", is_odd=True, problem=None if status else "it broke off")
    assert word("api.robust.no-5xx", evidence(read(), given)) == expected


def test_odd_spellings_may_find_their_label_and_no_other() -> None:
    rule_id = "api.robust.no-5xx"
    for key in (LABEL.upper(), f"{LABEL} "):
        right = seen("odd", 200, shipment(), asks_for=key, is_odd=True)
        wrong = seen("odd", 200, shipment(label_id=OTHER), asks_for=key, is_odd=True)
        assert word(rule_id, evidence(read(), right)) == "kept"
        assert word(rule_id, evidence(read(), wrong)) == "broken"
        assert word(rule_id, evidence(wrong)) == "kept"  # the label itself was never shown
    by_chance = seen("odd", 200, shipment(label_id=OTHER), asks_for="0", is_odd=True)
    assert word(rule_id, evidence(read(), by_chance)) == "kept"
    assert word(rule_id, evidence(read())) == "not run"


def test_odd_input_weighs_little_where_a_gateway_may_answer() -> None:
    odd = seen("odd", 404, b"<html>", is_odd=True, content_type="text/html")
    for rule_id in ("api.media-type", "api.schema.error"):
        verdict = API_CHECKS[rule_id].judge(evidence(odd, target=ELSEWHERE))
        assert not isinstance(verdict, NotRun)
        assert [violation.level for violation in verdict] == ["should"]
    for target, level in ((TARGET, "must"), (ELSEWHERE, "must")):
        verdict = API_CHECKS["api.robust.no-5xx"].judge(evidence(seen("odd", 500, is_odd=True), target=target))
        assert not isinstance(verdict, NotRun)
        assert [violation.level for violation in verdict] == [level]


def test_every_rule_has_its_check_and_every_check_of_schemathesis_a_rule() -> None:
    assert tuple(API_CHECKS) == tuple(rule.id for rule in API_RULES)
    assert all(check.inputs for check in API_CHECKS.values())
    from schemathesis.config import ChecksConfig

    known = {name for name in dir(ChecksConfig()) if not name.startswith("_")}
    assert set(NEAREST_RULES) <= known
    assert set(NEAREST_RULES.values()) <= set(API_CHECKS)
