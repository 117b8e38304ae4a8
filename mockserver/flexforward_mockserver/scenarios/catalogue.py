"""The scenarios that can be asked for by name: the shipped ones, and those that the user brings."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flexforward_openapi import Mistake, YamlText, did_you_mean
from flexforward_openapi.package_file import read_package_file

from .scenario_reader import ScenarioError, load_scenario, parse_scenario
from .script_id import parse_script_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .scenario import Scenario

__all__ = ["SHIPPED", "Catalogue", "scenario_files"]

_LISTED = "'flexforward-mock scenarios list' shows the shipped ones"
SHIPPED = Path(__file__).with_name("shipped")


class Catalogue:
    """Scenarios by name. The shipped ones are read when they are first asked for."""

    def __init__(self) -> None:
        self._files = {path.stem: path for path in sorted(SHIPPED.glob("*.yaml"))}
        self._read: dict[str, Scenario] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names in alphabetical order."""
        return tuple(sorted({*self._files, *self._read}))

    def __getitem__(self, name: str) -> Scenario:
        """Return the scenario of that name.

        Raises:
            KeyError: there is none.
        """
        if name not in self._read:
            path = self._files[name]
            text = YamlText(read_package_file(path).decode(), source=path.name)
            self._read[name] = parse_scenario(text, is_trusted=True)
        return self._read[name]

    def find(self, name: str) -> Scenario | None:
        """Return the scenario of that name, or the one that a script id such as ``PITD-6h-x`` spells."""
        return self[name] if name in self.names else parse_script_id(name)

    def missing(self, name: str, *also: str) -> tuple[str, str]:
        """Return what was found and what is allowed, where ``find`` returned None.

        Args:
            name: what was asked for.
            *also: what may stand there besides a name and a script id.

        Returns:
            What is allowed lists all names, unless what was found says already what was meant.
        """
        from .script_id_slip import explain_script_id  # a server that is told no wrong name starts without

        forms = ("a script id such as PITD-6h-1", *also)
        told = explain_script_id(name)
        hint = f"; {told}" if told else did_you_mean(name, self.names)
        names = (f"one of {len(self.names)} names ({_LISTED})",) if hint else self.names
        allowed = f"{', '.join((*names, *forms[:-1]))}{', or ' if also else ' or '}{forms[-1]}"
        return f"no scenario {name!r}{hint}", allowed

    def explain_missing(self, name: str, *also: str) -> str:
        """Return the same as a sentence."""
        found, allowed = self.missing(name, *also)
        return f"{found} Allowed: {allowed}" if found.endswith("?") else f"{found}; allowed: {allowed}"

    def add(self, paths: Iterable[Path]) -> tuple[str, ...]:
        """Read scenario files, all of them before any is added, and return their names.

        Raises:
            ScenarioError: with the mistakes of all files together.
        """
        mistakes: list[Mistake] = []
        found: dict[str, tuple[Path, Scenario]] = {}
        for path in paths:
            try:
                scenario = load_scenario(path)
            except ScenarioError as error:
                mistakes.extend(error.mistakes)
                continue
            holder = found[scenario.name][0] if scenario.name in found else None
            if holder is not None or scenario.name in self.names:
                mistakes.append(
                    Mistake(
                        source=str(path),
                        line=1,
                        path=("name",),
                        found=f"the name {scenario.name!r} is taken by {holder or 'a scenario that is there already'}",
                        allowed="a name of its own",
                    )
                )
                continue
            found[scenario.name] = (path, scenario)
        if mistakes:
            raise ScenarioError(*mistakes)
        self._read.update({name: scenario for name, (_, scenario) in found.items()})
        return tuple(found)


def scenario_files(path: Path) -> list[Path]:
    """Return a folder's scenario files (``.yaml``, ``.yml``) in order of their names, or the file itself.

    Raises:
        ScenarioError: nothing is there, a folder without such files, or a link in it that leads out of it.
    """
    if not path.is_dir():
        return [path]
    files = sorted(entry for entry in path.iterdir() if entry.suffix in (".yaml", ".yml") and entry.is_file())
    if not files:
        raise ScenarioError(
            Mistake(
                source=str(path),
                found="a folder without scenario files",
                allowed="files that end in .yaml or .yml",
            )
        )
    folder = path.resolve()
    strays = [entry for entry in files if not entry.resolve().is_relative_to(folder)]
    if strays:
        raise ScenarioError(
            *(
                Mistake(
                    source=str(entry),
                    found="a link that leads out of its folder",
                    allowed="files of the folder itself (a file elsewhere can be named by itself)",
                )
                for entry in strays
            )
        )
    return files
