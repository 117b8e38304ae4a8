"""Breaches of the schemas, and of media type and encoding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mutants.api.change import each, oldest
from mutants.api.mutant import answers, refusals, shipments

if TYPE_CHECKING:
    from mutants.api.label import Body, Label
    from mutants.api.mutant import ApiMutant
    from mutants.api.tracking_api import Answer, Question

__all__ = ["MUTANTS"]

SUCCESS: Final = "api.schema.success"
CLOSED: Final = "api.schema.closed"
ERROR: Final = "api.schema.error"
FAILED: Final = "api.schema.failed-label"
MEDIA: Final = "api.media-type"
ENCODING: Final = "api.encoding"
NAMES: Final = "api.json.unique-names"


def _replace(answer: Answer, body: bytes) -> None:
    answer.body = body


def _retype(answer: Answer, media_type: str) -> None:
    answer.headers["Content-Type"] = media_type


def _without_nulls(body: Body) -> None:
    for field in [field for field, value in body.items() if value is None]:
        del body[field]


def _wrapped(body: Body) -> None:
    inner = dict(body)
    body.clear()
    body["data"] = inner


def _array(answer: Answer, _: Question) -> None:
    answer.body = b"[" + answer.body + b"]"


def _bom(answer: Answer, _: Question) -> None:
    answer.body = b"\xef\xbb\xbf" + answer.body


def _latin(answer: Answer, _: Question) -> None:
    answer.body = answer.body.decode().encode("latin-1")


def _latin_declared(answer: Answer, question: Question) -> None:
    _latin(answer, question)
    _retype(answer, "application/json; charset=iso-8859-1")


def _wide(answer: Answer, _: Question) -> None:
    answer.body = answer.body.decode().encode("utf-16")


def _doubled(answer: Answer, _: Question) -> None:
    answer.body = answer.body.replace(b'"tag"', b'"tag": "Delivered", "tag"', 1)


def _doubled_below(answer: Answer, _: Question) -> None:
    answer.body = answer.body.replace(b'"city"', b'"message": "", "city"', 1)


def _half_a_character(answer: Answer, _: Question) -> None:
    answer.body = answer.body.replace(b'"slug": "', b'"slug": "\\ud800', 1)


def _named_failure(label: Label | None) -> Body:
    return {"error": "Label creation failed", "errorCode": None, "errorMessage": f"No courier {label is None}"}


MUTANTS: Final[tuple[ApiMutant, ...]] = (
    answers("a-name-twice", NAMES, "A shipment has its tag twice.", 200, _doubled),
    answers("a-name-twice-below", NAMES, "A checkpoint has its message twice.", 200, _doubled_below),
    answers("half-a-character", ENCODING, "A slug begins with a lone surrogate.", 200, _half_a_character),
    shipments(
        "lacks-tracking-number", SUCCESS, "A shipment has no trackingNumber.", lambda it: it.pop("trackingNumber")
    ),
    shipments("lacks-slug", SUCCESS, "A shipment has no slug.", lambda it: it.pop("slug")),
    shipments("lacks-checkpoints", SUCCESS, "A shipment has no checkpoints.", lambda it: it.pop("checkpoints")),
    shipments("omits-null-fields", SUCCESS, "Top fields that would be null are left out.", _without_nulls),
    shipments(
        "omits-null-fields-of-checkpoints",
        SUCCESS,
        "Fields of checkpoints that would be null are left out.",
        each(_without_nulls),
    ),
    shipments(
        "oldest-checkpoint-lacks-slug",
        SUCCESS,
        "The oldest checkpoint has no slug; the others have.",
        oldest(lambda it: it.pop("slug")),
    ),
    shipments("tag-is-null", SUCCESS, "The tag of a shipment is null.", lambda it: it.update(tag=None)),
    shipments(
        "subtag-message-is-null",
        SUCCESS,
        "The subtagMessage of a checkpoint is null.",
        oldest(lambda it: it.update(subtagMessage=None)),
    ),
    shipments(
        "message-is-null", SUCCESS, "The message of a checkpoint is null.", each(lambda it: it.update(message=None))
    ),
    shipments(
        "no-checkpoints-is-null",
        SUCCESS,
        "An empty history is null.",
        lambda it: it.update(checkpoints=it["checkpoints"] or None),
    ),
    shipments(
        "one-checkpoint-is-no-list",
        SUCCESS,
        "The checkpoints are an object by number, as PHP makes of a list.",
        lambda it: it.update(checkpoints={str(index): entry for index, entry in enumerate(it["checkpoints"])}),
    ),
    shipments(
        "tracking-number-is-a-number",
        SUCCESS,
        "The trackingNumber is a number.",
        lambda it: it.update(trackingNumber=2611200001),
    ),
    shipments(
        "location-is-an-object",
        SUCCESS,
        "The location of a checkpoint is an object.",
        each(lambda it: it.update(location={"name": it["location"]})),
    ),
    shipments(
        "tracking-number-is-nan",
        SUCCESS,
        "The trackingNumber is NaN, which JSON does not have.",
        lambda it: it.update(trackingNumber=float("nan")),
    ),
    shipments("id-is-no-uuid", SUCCESS, "The id is not a UUID.", lambda it: it.update(id="label-" + it["id"][:8])),
    shipments("wrapped-in-data", SUCCESS, "The shipment stands in a field data.", _wrapped),
    answers("list-of-one", SUCCESS, "A 200 is a list of one shipment.", 200, _array),
    answers("empty-200", SUCCESS, "A 200 has no body.", 200, lambda it, _: _replace(it, b"")),
    answers(
        "cut-off-json", SUCCESS, "The JSON of a 200 ends too early.", 200, lambda it, _: _replace(it, it.body[:-1])
    ),
    shipments("extra-field", CLOSED, "A shipment has a field more.", lambda it: it.update(eta="2027-01-01")),
    shipments(
        "extra-field-in-oldest-checkpoint",
        CLOSED,
        "The oldest checkpoint has a field more.",
        oldest(lambda it: it.update(rawStatus="DPT")),
    ),
    refusals("extra-field-in-404", CLOSED, "A 404 has a field more.", 404, lambda _: {"error": "No", "status": 404}),
    refusals(
        "extra-field-in-422",
        CLOSED,
        "A 422 has a field more.",
        422,
        lambda _: {"error": "Label creation failed", "retryable": False},
    ),
    refusals(
        "tracking-number-in-422",
        CLOSED,
        "A 422 has the tracking number beside the failure.",
        422,
        lambda _: {"error": "Label creation failed", "trackingNumber": "YT2611200005CN"},
    ),
    refusals("message-for-error", ERROR, "A 401 says message instead of error.", 401, lambda _: {"message": "No"}),
    refusals("error-is-an-object", ERROR, "The error of a 404 is an object.", 404, lambda _: {"error": {"text": "No"}}),
    refusals("error-is-null", ERROR, "The error of a 403 is null.", 403, lambda _: {"error": None}),
    refusals("code-is-a-number", ERROR, "The code of a 404 is a number.", 404, lambda _: {"error": "No", "code": 404}),
    refusals("error-is-a-string", ERROR, "A 401 is a JSON string.", 401, lambda _: "Unauthorized"),
    answers("empty-404", ERROR, "A 404 has no body.", 404, lambda it, _: _replace(it, b"")),
    answers(
        "error-in-plain-text", ERROR, "A 403 says JSON and is text.", 403, lambda it, _: _replace(it, b"Forbidden")
    ),
    refusals(
        "other-failure-text", FAILED, "A 422 has another error text.", 422, lambda _: {"error": "Courier failure"}
    ),
    refusals("failure-lacks-error", FAILED, "A 422 has no error.", 422, lambda _: {"errorCode": "COURIER_ERROR"}),
    refusals("failure-code-is-null", FAILED, "The errorCode of a 422 is null.", 422, _named_failure),
    refusals(
        "failure-message-is-a-list",
        FAILED,
        "The errorMessage of a 422 is a list.",
        422,
        lambda _: {"error": "Label creation failed", "errorMessage": ["Bad address"]},
    ),
    answers("plain-text-200", MEDIA, "A 200 is text/plain.", 200, lambda it, _: _retype(it, "text/plain")),
    answers("text-json-200", MEDIA, "A 200 is text/json.", 200, lambda it, _: _retype(it, "text/json")),
    answers("html-404", MEDIA, "A 404 is text/html.", 404, lambda it, _: _retype(it, "text/html; charset=utf-8")),
    answers("problem-401", MEDIA, "A 401 is problem+json.", 401, lambda it, _: _retype(it, "application/problem+json")),
    answers("untyped-422", MEDIA, "A 422 has no media type.", 422, lambda it, _: it.headers.pop("Content-Type")),
    answers("mark-in-200", ENCODING, "A 200 begins with a byte-order mark.", 200, _bom),
    answers("mark-in-403", ENCODING, "A 403 begins with a byte-order mark.", 403, _bom),
    answers("latin-1", ENCODING, "A 200 is in Latin-1.", 200, _latin),
    answers("latin-1-declared", ENCODING, "A 200 is in Latin-1 and says so.", 200, _latin_declared),
    answers("utf-16", ENCODING, "A 200 is in UTF-16.", 200, _wide),
)
