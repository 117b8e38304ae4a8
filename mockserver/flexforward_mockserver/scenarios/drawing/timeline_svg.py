"""The drawing of a lifecycle as SVG: one for the command line, the control API and the page.

Each tag has a colour and a mark of its own form, so that nobody has to tell colours apart. What is over is filled,
what is to come is an outline; a failure is a gap in the line.
"""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from flexforward_mockserver.scenarios.tag import TAGS
from flexforward_mockserver.scenarios.timestamp import write_timestamp
from flexforward_openapi.package_file import read_package_file

from .timeline import HALF_TIME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .timeline import Span, Timeline

__all__ = ["STYLE_FILE", "draw_svg"]

STYLE_FILE = Path(__file__).with_name("timeline.css")
"""How the drawing looks; it stands in every file, and the page loads it once."""

_HEIGHT = 50
_MIDDLE = 22.0
_HALF = 4.0
_LETTER = 6.3  # pixels that a letter of the drawing's type takes, at most
_MARK_ROOM = 11.0
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_MARKS: Mapping[str, str] = MappingProxyType(
    {
        "Pending": "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z",
        "InfoReceived": "M-4.5-4.5h9v9h-9z",
        "InTransit": "M-4-5.5L6 0L-4 5.5z",
        "Delivered": "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0zM-3 0l2 2.4L3-2.4",
        "Exception": "M0-6.5L6.5 0L0 6.5L-6.5 0zM0-3v3.4M0 2.6v.4",
        "Cancelled": "M-5-5h10v10h-10zM-2.5-2.5l5 5M2.5-2.5l-5 5",
        "Unknown": "M0-6L6 0L0 6L-6 0z",
    }
)
_OTHER_MARK = "M-4.5-3h9v6h-9z"
_FAILURE_MARK = "M-4-4L4 4M4-4L-4 4"


def draw_svg(timeline: Timeline) -> str:
    """Return the drawing as a file of its own, with its style in it; every text in it is escaped."""
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "timeline",
            "viewBox": f"0 0 {timeline.width} {_HEIGHT}",
            "width": str(timeline.width),
            "height": str(_HEIGHT),
            "role": "img",
            "aria-label": _clean(_summary(timeline)),
        },
    )
    SubElement(root, "style").text = read_package_file(STYLE_FILE).decode()
    labelled = dict(_labelled(timeline))
    for span in timeline.spans:
        _draw_span(root, span, timeline.now_x, labelled.get(span.step))
    for tick in timeline.ticks:
        mark = "M0 28v6" if tick.poll.is_good else "M-2.5 28.5l5 5M2.5 28.5l-5 5"
        group = _add(root, "g", "poll" if tick.poll.is_good else "poll bad")
        shown = "no answer" if tick.poll.status is None else str(tick.poll.status)
        SubElement(group, "title").text = f"Poll at {write_timestamp(tick.poll.at.replace(microsecond=0))}: {shown}"
        _add(group, "path", d=mark, transform=f"translate({tick.x:.1f} 0)")
    if timeline.now_x is not None and timeline.open_span is not None:
        _draw_now(root, timeline.open_span, timeline.now_x)
    return tostring(root, encoding="unicode")


def _draw_span(root: Element, span: Span, now_x: float | None, label: str | None) -> None:
    is_known = span.tag in TAGS
    kind = "failure" if span.failure is not None else f"tag-{span.tag}" if is_known else "tag-other"
    group = _add(root, "g", f"span {kind} {span.phase}{' spoilt' if span.fault else ''}")
    SubElement(group, "title").text = _clean(span.text)
    # The whole height takes the pointer.
    _add(group, "rect", "hit", x=f"{span.x:.1f}", y="2", width=f"{span.width:.1f}", height=str(_HEIGHT - 4))
    if span.failure is None:
        for part, x, width in _bars(span, now_x):
            _add(
                group,
                "rect",
                f"bar {part}",
                x=f"{x:.1f}",
                y=f"{_MIDDLE - _HALF:g}",
                width=f"{max(width, 0.5):.1f}",
                height=f"{2 * _HALF:g}",
            )
    else:
        _add(group, "path", "gap", d=f"M{span.x:.1f} {_MIDDLE:g}h{span.width:.1f}")
    if span.width >= _MARK_ROOM:
        mark = _FAILURE_MARK if span.failure is not None else _MARKS.get(span.tag, _OTHER_MARK)
        _add(group, "path", "mark", d=mark, transform=f"translate({span.x:.1f} {_MIDDLE:g})")
    if label is not None:
        _add(group, "text", x=f"{span.x - 5:.1f}", y="11").text = _clean(label)
    if len(span.trigger) * _LETTER <= span.width:
        _add(group, "text", "when", x=f"{span.x - 5:.1f}", y="47").text = _clean(span.trigger)


def _bars(span: Span, now_x: float | None) -> Iterator[tuple[str, float, float]]:
    """Yield what is over of a span and what is to come, each with its left end and its width."""
    if span.phase == "open" and now_x is not None:
        yield "done", span.x, now_x - span.x
        yield "rest", now_x, span.x + span.width - now_x
    else:
        yield ("rest" if span.phase == "future" else "done"), span.x, span.width


def _draw_now(root: Element, span: Span, now_x: float) -> None:
    """Draw the present as a line that a page can move on: it says between which instants and pixels."""
    group = _add(root, "g", "now", transform=f"translate({now_x:.1f} 0)")
    group.set("data-x", f"{span.x:.1f}")
    group.set("data-width", f"{span.width:.1f}")
    group.set("data-half", f"{HALF_TIME.total_seconds():g}")
    assert span.opened_at is not None  # it is open
    group.set("data-from", write_timestamp(span.opened_at))
    if span.ends_at is not None:
        group.set("data-to", write_timestamp(span.ends_at))
    SubElement(group, "title").text = "Now"
    _add(group, "path", d="M0 15v19M-3.5 13.5h7L0 18z")


def _labelled(timeline: Timeline) -> Iterator[tuple[int, str]]:
    """Yield, by step, the words over spans: one for each run that looks alike, where they fit."""
    starts = [
        span for index, span in enumerate(timeline.spans) if index == 0 or span.look != timeline.spans[index - 1].look
    ]
    ends = [span.x for span in starts[1:]] + [float(timeline.width)]
    for span, end in zip(starts, ends, strict=True):
        words = span.tag if span.failure is None else str(span.failure)
        words += f" · {span.fault}" if span.fault else ""
        if len(words) * _LETTER <= end - span.x:
            yield span.step, words


def _summary(timeline: Timeline) -> str:
    count = sum(span.count for span in timeline.spans)
    text = f"Timeline of {timeline.name}: {count} {'step' if count == 1 else 'steps'}"
    if timeline.open_span is None:
        return text
    return f"{text}, now at: {timeline.open_span.text}"


def _add(parent: Element, name: str, style: str = "", **attributes: str) -> Element:
    return SubElement(parent, name, {"class": style, **attributes} if style else attributes)


def _clean(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return _NOT_IN_XML.sub("\ufffd", text)
