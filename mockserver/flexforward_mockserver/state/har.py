"""A journal as HAR 1.2, the archive format that browsers' and proxies' tools read."""

from __future__ import annotations

from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS
from flexforward_mockserver.scenarios.timestamp import write_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flexforward_openapi import Json

    from .journal import Exchange

__all__ = ["write_har"]

_NONE: Mapping[str, str] = MappingProxyType({})


def write_har(
    exchanges: Iterable[Exchange], *, base_url: str, version: str, order_numbers: Mapping[str, str] = _NONE
) -> Json:
    """Return the archive. Headers of requests are left out: credentials stand there.

    What a fault spoiled has its kind as ``_error`` of the response, as browsers write what failed. An answer that never
    came, or was broken off, has the status -1, as Firefox and Playwright write it: tools that replay an archive serve
    any other status with whatever body there is, half a one too, and 0 as 200. Of a body that was broken off, the
    comment has the status, and ``content-length`` is that of the whole one.

    Args:
        exchanges: oldest first.
        base_url: under which the server was reached.
        version: of this project.
        order_numbers: by a label's UUID, for those that are still there.
    """
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "flexforward-mock", "version": version},
            "entries": [_entry(exchange, base_url, order_numbers) for exchange in exchanges],
        }
    }


def _entry(exchange: Exchange, base_url: str, order_numbers: Mapping[str, str]) -> Json:
    query = exchange.path.partition("?")[2]
    body = _delivered(exchange)
    media_type = _media_type(exchange)
    wait_ms = exchange.duration_s * 1000
    return {
        "startedDateTime": write_timestamp(exchange.at),
        "time": wait_ms,
        "request": {
            "method": exchange.method,
            "url": base_url + exchange.path,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [],
            "queryString": [{"name": name, "value": value} for name, value in parse_qsl(query, keep_blank_values=True)],
            "headersSize": -1,
            "bodySize": -1,
        },
        "response": {
            "status": -1 if _is_broken_off(exchange) else exchange.status,
            "statusText": "" if _is_broken_off(exchange) else _words(exchange.status),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [{"name": name, "value": value} for name, value in _headers(exchange, media_type)],
            "content": {"size": len(body), "mimeType": media_type, "text": body.decode("utf-8", "replace")},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": len(body),
            **({} if exchange.fault is None else {"_error": exchange.fault}),
        },
        "cache": {},
        "timings": {"send": 0, "wait": wait_ms, "receive": 0},
        "comment": _comment(exchange, order_numbers.get(exchange.label or "")),
    }


def _headers(exchange: Exchange, media_type: str) -> Iterator[tuple[str, str]]:
    """Yield the headers of the answer that the journal knows of."""
    if exchange.status is not None:
        yield "content-type", media_type
        yield "content-length", str(len(exchange.body))


def _comment(exchange: Exchange, order_number: str | None) -> str:
    is_cut = exchange.status is not None and _is_broken_off(exchange)
    parts = (
        exchange.note,
        exchange.fault and f"fault {exchange.fault}",
        f"status {exchange.status}, then broken off" if is_cut else "",
        order_number and f"order number {order_number}",
    )
    return "; ".join(filter(None, parts))


def _delivered(exchange: Exchange) -> bytes:
    """Return as much of the body as was sent."""
    if exchange.status is None or exchange.method == "HEAD":
        return b""
    return exchange.body[: len(exchange.body) // 2] if _is_broken_off(exchange) else exchange.body


def _is_broken_off(exchange: Exchange) -> bool:
    """Tell whether an answer was never sent, or not to its end."""
    is_cut = exchange.fault is not None and FAULT_KINDS[exchange.fault].manner == "close-mid-body"
    return exchange.status is None or is_cut


def _media_type(exchange: Exchange) -> str:
    changed = None if exchange.fault is None else FAULT_KINDS[exchange.fault].media_type
    return (changed or b"application/json").decode()


def _words(status: int | None) -> str:
    try:
        return HTTPStatus(status or 0).phrase
    except ValueError:
        return ""
