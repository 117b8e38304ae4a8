"""YAML as people write it: short mappings on one line, no quotes where our own reader needs none."""

from __future__ import annotations

import math
import re

import yaml

from flexforward_openapi import Json, as_mapping

__all__ = ["Flow", "FlowList", "flowing", "write_yaml"]

WIDTH = 120
"""Mappings that are longer than this on one line are written on several."""

_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
"""Characters that are line breaks to some reader of YAML, or cannot be seen: always escaped."""


def write_yaml(document: Json) -> str:
    """Write a document so that ``YamlText`` reads it back."""
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=math.inf)
    return text


class Flow(dict[str, Json]):
    """A mapping that is written on one line, in braces."""


class FlowList(list[Json]):
    """A list that is written on one line, in brackets."""


def flowing(value: Json) -> Json:
    """Return a value so that it is written on one line where it fits."""
    return Flow(as_mapping(value)) or value


class _Dumper(yaml.SafeDumper):
    """Writes for our own reader, which takes YAML 1.2's plain words: ``NO`` and ``12:30`` need no quotes."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # PyYAML's own registry

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Indent lists in mappings, as people do."""
        super().increase_indent(flow, False)  # noqa: FBT003  # its name is PyYAML's

    def ignore_aliases(self, data: Json) -> bool:  # noqa: ARG002
        """Write everything out."""
        return True


for _tag, _pattern, _first in (
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", "[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?", "-+0123456789"),
):
    _Dumper.add_implicit_resolver(  # pyright: ignore[reportUnknownMemberType]
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = '"' if _UNSAFE.search(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)  # pyright: ignore[reportUnknownMemberType]


def _mapping(dumper: _Dumper, value: Flow) -> yaml.MappingNode:
    is_short = len(repr(value)) <= WIDTH
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=is_short)


def _list(dumper: _Dumper, value: FlowList) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Flow, _mapping)
_Dumper.add_representer(FlowList, _list)
