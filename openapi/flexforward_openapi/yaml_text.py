"""YAML as people expect it: version 1.2's core schema, no key twice, and a line number for every value.

PyYAML reads YAML 1.1, in which ``NO`` (Norway) is false, ``12:30`` is 750 and an unquoted time is a ``datetime``.
Its parser is fast and well kept, so only the rules for plain words are replaced here.
"""

from __future__ import annotations

import json
import math
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import yaml

from .errors import Mistake, MistakesError
from .json_text import JsonLines, NotJsonError, read_json

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator
    from pathlib import Path

__all__ = ["InlineValue", "Json", "YamlText", "as_list", "as_mapping", "read_text"]

Json: TypeAlias = Any
"""A parsed JSON value; the one place where ``Any`` is meant."""

MAX_BYTES = 32 * 1024 * 1024
MAX_VALUES = 200_000
MAX_DEPTH = 64

_ESCAPE = re.compile(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|\\.", re.IGNORECASE)
"""A backslash and what it escapes; two groups where that is one character in two halves."""


def as_mapping(value: Json) -> dict[str, Json]:
    """Return a JSON object as one; anything else (null, a missing value) as an empty one."""
    return cast("dict[str, Json]", value) if isinstance(value, dict) else {}


def as_list(value: Json) -> list[Json]:
    """Return a JSON array as one; anything else (null, a missing value) as an empty one."""
    return value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]


class InlineValue:
    """A document that came as a value, in a call or as a mapping, and so has no lines.

    Attributes:
        source: what it came by, for messages.
        value: the document.
    """

    def __init__(self, value: Json, *, source: str) -> None:
        self.source = source
        self.value = value

    def line(self, path: tuple[str | int, ...]) -> None:
        """Tell that there is no line."""


class YamlText:
    """The text of one YAML (or JSON) document together with its parsed value.

    Attributes:
        source: name of the file, for messages.
        value: the parsed document.

    Raises:
        MistakesError: not YAML, a key twice, a number that no double holds, values nested deeper than
            ``MAX_DEPTH`` levels, or a document that aliases swell beyond ``MAX_VALUES`` values.
    """

    def __init__(self, text: str, *, source: str) -> None:
        self.source = source
        self._is_json = False
        if text.lstrip(" \t\r\n")[:1] in ("{", "["):
            try:
                self.value: Json = read_json(text, max_depth=MAX_DEPTH)
            except NotJsonError:
                pass  # below it is told why, or it is YAML that begins like JSON
            else:
                self._text = text
                self._is_json = True
                return
        self._text = text = _without_halves(text)
        try:
            _scan(text, source)
            # A loader without constructors for anything but plain values: it cannot run code.
            self.value = yaml.load(text, Loader=_Loader)  # noqa: S506
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise MistakesError(
                Mistake(
                    source=source,
                    line=min(mark.line, text.count("\n")) + 1 if mark else None,
                    found=f"not YAML: {error.problem or error.context}",
                    allowed="YAML 1.2 or JSON",
                )
            ) from error
        except yaml.reader.ReaderError as error:
            line = text[: text.find(chr(error.character))].count("\n") + 1
            found = f"not YAML: the character U+{error.character:04X}"
            raise MistakesError(Mistake(source=source, line=line, found=found, allowed="YAML 1.2 or JSON")) from error
        if _size(self.value) > MAX_VALUES:
            raise MistakesError(
                Mistake(
                    source=source,
                    found="too many values, or values nested too deeply, once its aliases are followed",
                    allowed=f"at most {MAX_VALUES:,} values, {MAX_DEPTH} levels deep",
                )
            )

    @cached_property
    def _lines(self) -> JsonLines | _YamlLines:
        """The document with its places, parsed only when a mistake has to be placed."""
        return JsonLines(self._text) if self._is_json else _YamlLines(self._text)

    def mentions(self, word: str) -> bool:
        """Tell whether a word stands in the text, wherever that is."""
        return word in self._text

    def matches(self, pattern: re.Pattern[str]) -> bool:
        """Tell whether a pattern is met in the text, wherever that is."""
        return pattern.search(self._text) is not None

    def line(self, path: tuple[str | int, ...]) -> int:
        """Return the line, counted from 1, of the value at ``path``, or of its nearest parent that exists."""
        return self._lines.line(path)


def read_text(path: Path) -> str:
    """Read a file as UTF-8.

    Raises:
        MistakesError: the file is missing, unreadable, not a regular one, too large or not UTF-8.
    """
    source = str(path)
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise MistakesError(Mistake(source=source, found="not a regular file", allowed="a readable file"))
        data = path.read_bytes()
    except OSError as error:
        raise MistakesError(
            Mistake(source=source, found=f"cannot be read ({error.strerror})", allowed="a readable file")
        ) from error
    if len(data) > MAX_BYTES:
        raise MistakesError(
            Mistake(source=source, found=f"{len(data):,} bytes long", allowed=f"at most {MAX_BYTES:,} bytes")
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise MistakesError(
            Mistake(source=source, line=line, found="bytes that are not UTF-8", allowed="UTF-8 text")
        ) from error


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's safe loader (in C where it was built so) with YAML 1.2's core schema, less what JSON cannot write."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # PyYAML's own registry

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        """Refuse a key that stands twice and one that is not text; PyYAML lets the last of them win."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key that is not text", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice", key.start_mark
                )
            seen.add(key.value)
        values: list[tuple[yaml.ScalarNode, yaml.Node]] = node.value
        construct: Callable[..., Json] = self.construct_object  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return {key.value: construct(value, deep=deep) for key, value in values}


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?(0|[1-9][0-9]*)", "-+0123456789"),
    ("float", r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?", "-+0123456789"),
):
    _Loader.add_implicit_resolver(  # pyright: ignore[reportUnknownMemberType]
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first)
    )


def _number(_loader: yaml.Loader, node: yaml.ScalarNode) -> int | float:
    """Read a number; PyYAML takes ``1e999`` as infinity and fails over thousands of digits."""
    number = float(node.value)
    if math.isinf(number):
        raise yaml.constructor.ConstructorError(None, None, "a number beyond 1.8e308", node.start_mark)
    return int(node.value) if node.tag == "tag:yaml.org,2002:int" else number


for _tag in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _number)  # pyright: ignore[reportUnknownMemberType]


def _without_halves(text: str) -> str:
    r"""Write JSON's ``\ud83d\udce6`` as YAML's ``\U0001f4e6``; outside JSON a backslash may be just that."""
    written = _ESCAPE.sub(_whole, text)
    if written != text:
        try:
            json.loads(text, parse_int=float)
        except (ValueError, RecursionError):
            return text
    return written


def _whole(escape: re.Match[str]) -> str:
    high, low = escape.groups()
    return f"\\U{0x10000 + (int(high, 16) - 0xD800) * 0x400 + int(low, 16) - 0xDC00:08x}" if high else escape[0]


def _scan(text: str, source: str) -> None:
    """Refuse what PyYAML's recursive part would end the process over, and tags, which reach past JSON."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else None
        tag: str | None = getattr(event, "tag", None)
        if tag not in (None, "tag:yaml.org,2002:str"):
            raise MistakesError(
                Mistake(source=source, line=line, found=f"the tag {tag!r}", allowed="values without tags")
            )
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            allowed = f"at most {MAX_DEPTH} levels"
            raise MistakesError(Mistake(source=source, line=line, found="values nested too deeply", allowed=allowed))


def _size(value: Json, depth: int = 0, count: int = 0) -> int:
    """Count values, aliases followed; stop as soon as the bound is passed, which also ends a loop."""
    if depth > MAX_DEPTH:
        return MAX_VALUES + 1
    count += 1
    for child in (*as_mapping(value).values(), *as_list(value)):
        count = _size(child, depth + 1, count)
        if count > MAX_VALUES:
            break
    return count


class _YamlLines:
    """Tells on which line of a YAML text a value stands; each mapping and list is looked through once."""

    def __init__(self, text: str) -> None:
        self._root: yaml.Node | None = yaml.compose(text, Loader=_Loader)
        self._entries: dict[int, dict[str | int, tuple[int, yaml.Node]]] = {}

    def line(self, path: tuple[str | int, ...]) -> int:
        """Return the line, counted from 1, of the value at ``path``, or of its nearest parent that exists."""
        node, line = self._root, 1
        for key in path:
            if id(node) not in self._entries:
                self._entries[id(node)] = dict(_places(node))
            place = self._entries[id(node)].get(str(key) if isinstance(node, yaml.MappingNode) else key)
            if place is None:
                break
            line, node = place
        return line


def _places(node: yaml.Node | None) -> Iterator[tuple[str | int, tuple[int, yaml.Node]]]:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            yield name.value, (name.start_mark.line + 1, value)
    if isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield index, (value.start_mark.line + 1, value)
