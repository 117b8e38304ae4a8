"""Where the rules come from: the vendor's pages with their addresses, and the day on which they were read.

docs/sources.md is made of this table, and every report names the addresses behind the rules that were broken.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["SOURCES", "Page", "Source", "SourceEntry", "source_lines"]

Source: TypeAlias = Literal["op", "guide", "page", "policy", "http", "ours"]

_SITE = "https://openapidocs.flexforwardship.com"
_READ = "1 December 2026"
_WHOLE = "the whole text, in Simplified Chinese; the English page decides"
_PART = "the beginning of a copy, about 2,000 characters"


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A public page.

    Attributes:
        title: what it is about.
        url: its address.
        says: what the rules and the mock take from it.
        extent: how much of it was read; empty for a standard, which stays as it is.
        read: the day on which it was read.
    """

    title: str
    url: str
    says: str
    extent: str = _PART
    read: str = _READ


class SourceEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule's source stands for.

    Attributes:
        meaning: in words.
        pages: where it can be read.
    """

    meaning: str
    pages: tuple[Page, ...] = ()


SOURCES: Mapping[Source, SourceEntry] = MappingProxyType(
    {
        "op": SourceEntry(
            meaning="the OpenAPI operation",
            pages=(
                Page(
                    title="Get tracking events for a label",
                    url=f"{_SITE}/api-reference/tracking/get-tracking",
                    says="path, security, statuses and schemas of `GET /tracking/{id}`",
                    extent=_WHOLE,
                ),
            ),
        ),
        "guide": SourceEntry(
            meaning="the vendor's polling guide",
            pages=(
                Page(
                    title="Poll tracking updates",
                    url=f"{_SITE}/guides/tracking-updates",
                    says="tags and what to do at each, poll intervals, the order of checkpoints, 403, 404 and 502",
                    extent=_WHOLE,
                ),
            ),
        ),
        "page": SourceEntry(
            meaning="another public page of the vendor",
            pages=(
                Page(
                    title="Error handling",
                    url=f"{_SITE}/error-handling",
                    says="400, 405 and 500, and which statuses may be retried",
                ),
                Page(
                    title="Environments",
                    url=f"{_SITE}/environments",
                    says="fewer than 10 requests a second for an account",
                ),
                Page(
                    title="Idempotency and retries",
                    url=f"{_SITE}/idempotency-and-retries",
                    says="waits of 1, 2, 4 and 8 seconds after a failure",
                ),
            ),
        ),
        "policy": SourceEntry(
            meaning="the vendor's versioning policy",
            pages=(
                Page(
                    title="Versioning",
                    url=f"{_SITE}/versioning",
                    says="new fields, tags and statuses may come without notice; an unknown tag counts as Unknown",
                ),
            ),
        ),
        "http": SourceEntry(
            meaning="an RFC",
            pages=(
                Page(
                    title="RFC 9110, HTTP Semantics",
                    url="https://www.rfc-editor.org/rfc/rfc9110",
                    says="405 with `Allow`",
                    extent="",
                    read="",
                ),
                Page(
                    title="RFC 8259, JSON",
                    url="https://www.rfc-editor.org/rfc/rfc8259",
                    says="UTF-8 without a byte-order mark; unique names",
                    extent="",
                    read="",
                ),
                Page(
                    title="RFC 3986, URI",
                    url="https://www.rfc-editor.org/rfc/rfc3986",
                    says="percent-encoding of a path segment",
                    extent="",
                    read="",
                ),
            ),
        ),
        "ours": SourceEntry(meaning="this project's own judgement; no page says it"),
    }
)
"""What each source stands for, in the order in which a page or a report lists them."""


def source_lines(named: Iterable[Source]) -> Iterator[str]:
    """Yield a line for each of the sources that can be read somewhere, with its addresses.

    Args:
        named: sources, in any order and as often as they come.
    """
    wanted = set(named)
    for source, entry in SOURCES.items():
        if source in wanted and entry.pages:
            yield f"  {source:<6}  {', '.join(page.url for page in entry.pages)}"
