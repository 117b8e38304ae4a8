"""One word for each thing: no two modules of the product have a class or a type of one name."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

import flexforward_contract_tests
import flexforward_fixtures
import flexforward_mockserver

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PRODUCT = ("openapi", "mockserver", "fixtures", "contract_tests")


def types_in(path: Path) -> Iterator[str]:
    """Yield the names of a module's classes and type aliases."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
            yield ast.unparse(node.target)


def test_no_two_modules_have_a_type_of_one_name() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for folder in PRODUCT:
        for path in (ROOT / folder).rglob("*.py"):
            for name in types_in(path):
                homes[name].append(path.relative_to(ROOT).as_posix())
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}
    assert len(homes) > len(PRODUCT)


def test_the_roots_list_what_they_export() -> None:
    for package in (flexforward_mockserver, flexforward_fixtures, flexforward_contract_tests):
        assert dir(package) == sorted(package.__all__)
        assert all(getattr(package, name) is not None for name in package.__all__)
