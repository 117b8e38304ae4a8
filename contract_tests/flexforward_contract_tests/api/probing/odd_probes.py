"""Requests that are right as HTTP and that no client would send: what must not shake an API."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from .label_key import as_uuid
from .probe import TOKEN, Probe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .probe import Headers

__all__ = ["METHODS", "method_probes", "odd_probes"]

METHODS = ("POST", "PUT", "PATCH", "DELETE")

_NOBODYS_ID = "00000000-0000-4000-8000-000000000000"

_TARGETS = (
    ("a NUL", "%00"),
    ("a byte that is no UTF-8", "%FF%FE"),
    ("a line break", "flexforward%0D%0AX-Mock:%201"),
    ("a quotation mark, as for SQL", "%27%20OR%20%271%27=%271"),
    ("braces, as for a template", "%7B%7B7*7%7D%7D$%7B7*7%7D"),
    ("an emoji", "%F0%9F%93%A6-nobody-has-this"),
    ("letters from right to left", "%D7%A9%D7%9C%D7%95%D7%9D-nobody-has-this"),
    ("a percent sign", "100%25-nobody-has-this"),
    ("an escaped slash", "nobody%2Fhas%2Fthis"),
    ("two thousand letters", "n" * 2000),
    ("an almost-UUID", "f47ac10b-58cc-4372-a567-0e02b2c3d47"),
    ("a UUID of zeros", "00000000-0000-0000-0000-000000000000"),
    ("a large number", "9" * 40),
    ("a minus sign", "-1"),
    ("a word that programs give a meaning", "null"),
    ("a star", "%2A"),
    ("a space", "%20"),
    ("angle brackets, as for HTML", "%3Cb%3Enobody%3C%2Fb%3E"),
    ("a zero", "0"),
    ("a one", "1"),
    ("a comma-separated list", f"{_NOBODYS_ID},{_NOBODYS_ID}"),
)
"""Ids that nobody has, as they are sent."""

_ELSEWHERE = (
    ("no id", "/tracking/"),
    ("no slash", "/tracking"),
    ("a slash too many", "/tracking/nobody/has/this"),
    ("dots that lead out", "/tracking/..%2F..%2Fnobody-has-this"),
    ("a path that there is not", "/nobody-has-this-path"),
)
"""Other paths than the operation's: what is said there is not the document's affair, as long as nothing breaks."""

_QUERIES = (
    ("another id in the query", f"id={_NOBODYS_ID}"),
    ("a query that is broken", "=&&%FF=%00&id[]=1&id[]=2"),
    ("a long query", "q=" + "n" * 2000),
)

_HEADERS = (
    ("another type of answer", ("Accept", "text/html")),
    ("a language that there is not", ("Accept-Language", "xx-nobody;q=0.0001, *;q=9")),
    ("a body's type without a body", ("Content-Type", "multipart/form-data")),
    ("a long header", ("X-Nobody-Knows-This", "n" * 4000)),
    ("bytes above ASCII in a header", ("X-Nobody-Knows-This", "\xe4\xf6\xfc\xff")),
    ("a cookie", ("Cookie", "session=nobody; id=%00; ;;=")),
    ("another path in a header", ("X-Original-URL", f"/tracking/{_NOBODYS_ID}")),
)

_AUTHORIZATIONS = (
    ("a bearer token that is empty", "Bearer"),
    ("another scheme alone", "Basic"),
    ("broken base64", "Basic %%%"),
    ("bytes above ASCII as a token", "Bearer \xe4\xf6\xfc\xff"),
    ("a token of four thousand letters", "Bearer " + "n" * 4000),
    ("two tokens", "Bearer nobody, Bearer nobody"),
)


def odd_probes(key: str | None, headers: Headers, *, known: str | None, has_token: bool) -> Iterator[Probe]:
    """Yield odd requests.

    Args:
        key: a label's id or order number for odd queries and headers; None if nobody is let in.
        headers: credentials that are right; empty if none are known.
        known: id of a label; if it is a UUID, it is spelled oddly. Another order number may be anybody's.
        has_token: the odd credentials are those of a bearer.
    """
    yield from _elsewhere(headers)
    for name, value in _AUTHORIZATIONS:
        yield _odd(name, key or _NOBODYS_ID, (("Authorization", value),))
    if has_token:
        yield _odd("a scheme in small letters", key or _NOBODYS_ID, (("Authorization", f"bearer {TOKEN}"),))
    if known is not None and as_uuid(known) is not None:
        for name, spelled in _spellings(known):
            yield _odd(name, spelled, headers)
    if key is not None:
        for name, query in _QUERIES:
            yield _odd(name, key, headers, query=query)
        for name, header in _HEADERS:
            yield _odd(name, key, (*headers, header))


def _elsewhere(headers: Headers) -> Iterator[Probe]:
    for name, raw in _TARGETS:
        key = unquote(raw, errors="replace")
        yield Probe(name=name, purpose="odd", target=f"/tracking/{raw}", headers=headers, asks_for=key, is_odd=True)
    for name, target in _ELSEWHERE:
        yield Probe(name=name, purpose="elsewhere", target=target, headers=headers, is_odd=True)


def _spellings(known: str) -> Iterator[tuple[str, str]]:
    if known.upper() != known:
        yield "the id in capitals", known.upper()
    yield "the id without its hyphens", known.replace("-", "")
    yield "a space behind the id", f"{known} "
    yield "the id twice", f"{known},{known}"


def _odd(name: str, key: str, headers: Headers, *, query: str = "") -> Probe:
    target = f"/tracking/{quote(key, safe='')}" + (f"?{query}" if query else "")
    return Probe(name=name, purpose="odd", target=target, headers=headers, asks_for=key, is_odd=True)


def method_probes(key: str, headers: Headers) -> Iterator[Probe]:
    """Yield a request with each method that the document does not have and that would change something."""
    target = f"/tracking/{quote(key, safe='')}"
    for method in METHODS:
        body = b"" if method == "DELETE" else b"{}"
        typed = headers if method == "DELETE" else (*headers, ("Content-Type", "application/json"))
        yield Probe(name=method, purpose="method", method=method, target=target, headers=typed, asks_for=key, body=body)
