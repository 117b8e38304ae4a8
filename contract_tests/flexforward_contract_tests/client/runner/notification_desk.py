"""Where a program tells what it tells its customers: by posting it, or by printing it."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from flexforward_contract_tests.client.transcript.guide import TOLD
from flexforward_contract_tests.client.transcript.redaction import masked
from flexforward_contract_tests.client.transcript.run import Notification

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime

    from starlette.types import Receive, Scope, Send

__all__ = ["NOTIFY_PATH", "NotificationDesk", "PatternError"]

NOTIFY_PATH = "/_mock/notifications"
_LONGEST = 65536
_MOST_LINES, _SHOWN_LINES = 300, 3


class PatternError(ValueError):
    """A pattern that finds no notifications."""


class NotificationDesk:
    """Takes notifications of one run after the other; an ASGI application for those that are posted.

    Args:
        pattern: finds notifications in what a program prints, by a group named ``tag``, and those that are posted do
            not count: many a program does both. None to take those that are posted.
        needs_label: there are several labels, so that a group named ``label`` has to say which one is meant.

    Attributes:
        taken: of the present run.
        unmatched: lines that held none, each once, since they were last taken.

    Raises:
        PatternError: it is no regular expression, or has no such group.
    """

    def __init__(self, pattern: str | None, *, needs_label: bool = False) -> None:
        self._pattern = _compiled(pattern, ("tag", "label") if needs_label else ("tag",))
        self._now: Callable[[], datetime] | None = None
        self._labels: Mapping[str, str] = {}
        self._secrets: Collection[str] = ()
        self.taken: list[Notification] = []
        self.unmatched: list[str] = []
        self._lines: dict[str, None] = {}

    @property
    def silence(self) -> str:
        """Why nothing was heard in any run, as a clause, with the lines that came nearest."""
        if self._pattern is None:
            return "nothing was posted to FLEXFORWARD_NOTIFY_URL, and no --notify-pattern was given"
        nearest = sorted(self._lines, key=self._distance)[:_SHOWN_LINES]
        shown = "; nearest come " + ", ".join(map(repr, nearest)) if nearest else "; it printed nothing"
        return f"no line that it printed matches --notify-pattern {self._pattern.pattern!r}{shown}"

    @property
    def has_pattern(self) -> bool:
        """Whether notifications are found in what the program prints."""
        return self._pattern is not None

    def _distance(self, line: str) -> tuple[bool, float]:
        """Return how far a line is from the pattern: lines that name a status come first, then similar ones."""
        assert self._pattern is not None
        likeness = SequenceMatcher(None, self._pattern.pattern.casefold(), line.casefold(), autojunk=False).ratio()
        return not any(tag.casefold() in line.casefold() for tag in TOLD), -likeness

    def begin(self, now: Callable[[], datetime], labels: Mapping[str, str], *, secrets: Collection[str] = ()) -> None:
        """Begin a run.

        Args:
            now: the sandbox's time.
            labels: UUID of each label by what it may be called: UUID or order number.
            secrets: credentials, which are taken out of what it tells.
        """
        self._now, self._labels, self._secrets, self.taken = now, labels, secrets, []

    def take_unmatched(self) -> tuple[str, ...]:
        """Return the unmatched lines, and keep them no longer but for what is said of silence."""
        taken, self.unmatched = tuple(self.unmatched), []
        return taken

    def recall(self, lines: Iterable[str]) -> None:
        """Take in lines without a notification that another desk has read."""
        for line in lines:
            self._keep(line)

    def _keep(self, line: str) -> bool:
        is_new = line not in self._lines and len(self._lines) < _MOST_LINES
        if is_new:
            self._lines[line] = None
        return is_new

    def read(self, line: str) -> None:
        """Look for a notification in a line that a program printed."""
        found = None if self._pattern is None else self._pattern.search(line)
        if found is not None:
            groups = found.groupdict()
            self._take(groups["tag"] or "", groups.get("label"))
        elif self._pattern is not None:
            kept = masked(line, self._secrets)
            if self._keep(kept):
                self.unmatched.append(kept)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request under ``/_mock``."""
        request = Request(scope, receive)
        await (await self._respond(request))(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        if request.url.path != NOTIFY_PATH:
            return JSONResponse({"error": f"no path {request.url.path}", "allowed": NOTIFY_PATH}, 404)
        if request.method != "POST":
            return JSONResponse({"error": f"no {request.method} here", "allowed": "POST"}, 405, {"allow": "POST"})
        body = await request.body()
        try:
            told: Any = msgspec.json.decode(body[:_LONGEST])
            tag, label = told["tag"], told.get("label")
        except (msgspec.DecodeError, TypeError, KeyError, AttributeError):
            allowed = 'JSON such as {"tag": "Delivered"}, with "label" (UUID or order number) where there are several'
            return JSONResponse({"error": "this is no notification", "allowed": allowed}, 400)
        if not isinstance(tag, str):
            return JSONResponse({"error": f"the tag {tag!r} is none", "allowed": "a text such as Delivered"}, 400)
        if self._pattern is None:
            self._take(tag, label if isinstance(label, str) else None)
        return Response(status_code=204)

    def _take(self, tag: str, label: str | None) -> None:
        if self._now is None:
            return
        known = None if label is None else self._labels.get(label, self._labels.get(label.lower()))
        unknown = None if label is None else masked(label, self._secrets)
        self.taken.append(Notification(at=self._now(), tag=masked(tag, self._secrets), label=known or unknown))


def _compiled(pattern: str | None, groups: tuple[str, ...]) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise PatternError(f"{pattern!r} is no regular expression: {error}") from error
    for name in groups:
        if name not in compiled.groupindex:
            example = {"tag": "'status: (?P<tag>\\w+)'", "label": "'(?P<label>\\S+) is (?P<tag>\\w+)'"}[name]
            raise PatternError(f"{pattern!r} has no group named {name}; allowed: something like {example}")
    return compiled
