"""A request as a line for a shell, with variables in the place of credentials."""

from __future__ import annotations

import re
from shlex import quote
from typing import TYPE_CHECKING

from .probe import VARIABLE

if TYPE_CHECKING:
    from .probe import Probe
    from .target import Target

__all__ = ["curl_line"]


def curl_line(probe: Probe, target: Target) -> str:
    """Return a line that sends what ``probe`` sent; whoever runs it sets the variables."""
    parts = ["curl", "-i"]
    url = target.origin + target.path + probe.target
    if "/." in probe.target:
        parts.append("--path-as-is")
    if re.search(r"[\[\]{}]", url):
        parts.append("--globoff")
    if probe.method != "GET":
        parts += ["-X", probe.method]
    for name, value in probe.headers:
        # curl takes a header without a value for an order to leave it out; with a semicolon it is sent empty.
        parts += ["-H", _quoted(f"{name}: {value}" if value else f"{name};")]
    if probe.body:
        parts += ["--data", quote(probe.body.decode())]
    return " ".join((*parts, quote(url)))


def _quoted(text: str) -> str:
    """Quote for a shell so that it fills in the variables, and nothing else."""
    if not VARIABLE.search(text):
        return quote(text)
    pieces: list[str] = []
    end = 0
    for match in VARIABLE.finditer(text):
        pieces += [re.sub(r'([\\"$`])', r"\\\1", text[end : match.start()]), match[0]]
        end = match.end()
    pieces.append(re.sub(r'([\\"$`])', r"\\\1", text[end:]))
    return f'"{"".join(pieces)}"'
