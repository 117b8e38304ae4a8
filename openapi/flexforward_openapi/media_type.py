"""Media types and the ``Accept`` header (RFC 9110, sections 8.3.1 and 12.5.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["choose", "concrete", "is_json", "name_of"]

_Range: TypeAlias = tuple[str, frozenset[str], float]


def name_of(media_type: str) -> str:
    """Return type and subtype in lower case, without parameters: ``application/json`` of ``Application/JSON; a=b``."""
    return media_type.partition(";")[0].strip().lower()


def is_json(media_type: str) -> bool:
    """Tell whether bodies of a media type, or of all that a range such as ``*/*`` names, may be JSON."""
    name = name_of(media_type)
    return name in ("application/json", "text/json", "*/*", "application/*") or name.endswith("+json")


def choose(accept: str | None, offered: Sequence[str]) -> int | None:
    """Return the index of the media type that a request prefers; None if it takes none of them.

    Args:
        accept: the header; None, or an empty one, takes all.
        offered: media types or ranges, the most preferred first: among those that the request likes equally, the
            one that it names more closely wins, then the one that it names first, then the first one here.
    """
    ranges = tuple(_ranges(accept or "*/*"))
    if not ranges:
        return 0
    best: tuple[float, int, int, int] | None = None
    for index, media_type in enumerate(offered):
        fitting = [(_closeness(entry, media_type), -at, entry[2]) for at, entry in enumerate(ranges)]
        closeness, at, quality = max(fitting)
        if closeness and quality and (best is None or (quality, closeness, at, -index) > best):
            best = quality, closeness, at, -index
    return None if best is None else -best[3]


def concrete(media_type: str, accept: str | None = None) -> str:
    """Return a media type that a range of a document stands for: one that the request names, else a usual one.

    One that is no range is returned as it is.
    """
    if "*" not in media_type:
        return media_type
    wanted = (name for name, _, quality in _ranges(accept or "") if quality and "*" not in name)
    usual = "application/json" if is_json(media_type) else "application/octet-stream"
    if name_of(media_type).startswith("text/"):
        usual = "text/plain"
    return next((name for name in wanted if _within(name, name_of(media_type))), usual)


def _ranges(accept: str) -> Iterable[_Range]:
    for part in accept.split(","):
        name, *parameters = (text.strip().lower() for text in part.split(";"))
        quality = 1.0
        kept: set[str] = set()
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                quality = _quality(value.strip())
            elif parameter:
                kept.add(f"{key.strip()}={value.strip().strip(chr(34))}")
        if name:
            yield "*/*" if name == "*" else name, frozenset(kept), quality


def _quality(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 1.0


def _closeness(entry: _Range, media_type: str) -> int:
    """Return how closely a range names a media type: 0 for not at all."""
    wanted, parameters, _ = entry
    name, *own = (text.strip().lower() for text in media_type.split(";"))
    if "*" in name:  # the document offers a range: whatever is asked for within it
        return 1 if _within(wanted, name) or _within(name, wanted) else 0
    if wanted == name:
        mine = {part.replace('"', "") for part in own}
        return 4 if parameters and parameters <= mine else 3
    return {"*/*": 1}.get(wanted, 2 if _within(name, wanted) else 0)


def _within(name: str, wanted: str) -> bool:
    return wanted == "*/*" or (wanted.endswith("/*") and name.startswith(wanted[:-1]))
