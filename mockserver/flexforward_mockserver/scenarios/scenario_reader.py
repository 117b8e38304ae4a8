"""Scenario files: YAML in, a ``Scenario`` out, or every mistake with its file and line.

The shape of a file is what ``scenario.schema.json`` says (editors complete by it); what a schema cannot say is
checked here.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import chain, islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import msgspec

from flexforward_openapi import (
    InlineValue,
    Json,
    Mistake,
    MistakesError,
    YamlText,
    as_list,
    as_mapping,
    read_text,
)
from flexforward_openapi.package_file import read_package_file
from flexforward_openapi.validation import is_alpha2

from .duration import DURATION_ALLOWED, parse_duration
from .evolution import EVOLVED_PARTS, carried_evolution, evolved
from .fault_kind import FAULT_KINDS, STEP_FAULT_KINDS
from .invariants import INVARIANTS, broken_invariants
from .scenario import ErrorStep, Event, Evolution, Scenario, Status, Step, StepFault, courier_step
from .schema_errors import SchemaChecker
from .tag import SUBTAG_MESSAGES, TAGS, subtag_message
from .timestamp import LAST_INSTANT, read_timestamp, write_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = [
    "SCHEMA_FILE",
    "ScenarioError",
    "load_scenario",
    "parse_scenario",
    "read_scenario_text",
    "readable_texts",
    "step_origins",
]

SCHEMA_FILE = Path(__file__).with_name("scenario.schema.json")
DEFAULT_COURIER = "yunexpress"
MOST_STEPS = 1000
MOST_TOLD = 100
"""Mistakes of one file that are told, unless it is said otherwise; nobody mends more of them at a time."""
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
CHANGES_NOTHING = "the step changes nothing"
NO_TRIGGER = "the step has no trigger"
_CURES: Mapping[str, str] = MappingProxyType(
    {"top-is-newest": "'checkpoint: {}' in the step, which reports the new tag or subtag as an event"}
)
"""What usually mends a broken law, where that is more than to keep it."""
_LAWS_OF_ONE_STEP = ("history-grows", "no-future-events", "contract-holds")
_HARMLESS = tuple((key,) for key in ("after", "polls", "manual", "name", "fault", "evolve", "kind", "delay", "body"))
"""Keys of a step that no law compares between steps."""

_Path = tuple[str | int, ...]


class ScenarioError(MistakesError):
    """Scenario files have mistakes; all of them are listed."""


def load_scenario(path: Path) -> Scenario:
    """Read and check a scenario file.

    Raises:
        ScenarioError: with every mistake found.
    """
    return parse_scenario(read_scenario_text(path))


def read_scenario_text(path: Path) -> YamlText:
    """Read a file as YAML and no further.

    Raises:
        ScenarioError: it cannot be read, or is not YAML.
    """
    try:
        return YamlText(read_text(path), source=str(path))
    except MistakesError as error:
        raise ScenarioError(*error.mistakes) from error


def readable_texts(paths: Iterable[Path]) -> Iterator[YamlText]:
    """Yield those files that can be read and are YAML."""
    for path in paths:
        with suppress(ScenarioError):
            yield read_scenario_text(path)


def parse_scenario(text: YamlText | InlineValue, *, is_trusted: bool = False, most_told: int = MOST_TOLD) -> Scenario:
    """Make a scenario from a parsed file.

    What it takes grows with the file's size, and not with the number of its mistakes.

    Args:
        text: the file, or what stands for one in a call.
        is_trusted: leave out the checks, for files that the tests of this project have checked.
        most_told: mistakes that are told; where there are more, a last one says so.

    Raises:
        ScenarioError: with the mistakes found.
    """
    if is_trusted:
        return _ScenarioReading(text.source, text.value).scenario()
    if too_many := list(_too_many(text)):
        raise _placed(too_many, text, most_told)
    shape = list(islice(_shape_mistakes(text), most_told + 1))
    if shape:
        raise _placed(chain(shape, _further_mistakes(text, shape)), text, most_told)
    reading = _ScenarioReading(text.source, text.value)
    scenario = reading.scenario()
    if reading.mistakes:
        laws = _sure_law_mistakes(scenario, text.source, step_origins(text), reading.mistakes)
        raise _placed(chain(reading.mistakes, laws), text, most_told)
    if mistakes := list(_law_mistakes(scenario, text.source, step_origins(text))):
        raise _placed(mistakes, text, most_told)
    return scenario


def _too_many(text: YamlText | InlineValue) -> Iterator[Mistake]:
    """Yield what there is too much of; it is counted before anything is done with each."""
    document = as_mapping(text.value)
    laws = as_list(document.get("breaks"))
    if len(laws) > len(INVARIANTS):
        found, allowed = f"{len(laws)} laws", f"at most the {len(INVARIANTS)} that there are"
        yield Mistake(source=text.source, path=("breaks",), found=found, allowed=allowed)
    entries = as_list(document.get("steps"))
    repeats = [as_mapping(entry).get("repeat", 1) for entry in entries[: MOST_STEPS + 1]]
    count = sum(int(times) for times in repeats if isinstance(times, int | float) and 1 <= times <= MOST_STEPS)
    if len(entries) > MOST_STEPS or count > MOST_STEPS:
        found = f"{len(entries)} steps" if len(entries) > MOST_STEPS else f"{count} steps with their repeats"
        yield Mistake(source=text.source, path=("steps",), found=found, allowed=f"at most {MOST_STEPS}")


def _shape_mistakes(text: YamlText | InlineValue) -> Iterator[Mistake]:
    """Yield where a document has not the schema's shape, step by step.

    The validator makes all mistakes of what it is given before it gives the first one, at twenty times the cost of
    finding that there is none.
    """
    head, step = _shapes()
    yield from head.mistakes(text.value, text.source)
    for index, entry in enumerate(as_list(as_mapping(text.value).get("steps"))):
        for mistake in step.mistakes(entry, text.source):
            yield msgspec.structs.replace(mistake, path=("steps", index, *mistake.path))


def step_origins(text: YamlText | InlineValue) -> list[int]:
    """Return, for each step of a file's scenario, the index of the file's step that it comes from."""
    return _origins(as_list(text.value["steps"]))


def _origins(steps: list[Json]) -> list[int]:
    return [index for index, entry in enumerate(steps) for _ in range(int(entry.get("repeat", 1)))]


def _further_mistakes(text: YamlText | InlineValue, shape: list[Mistake]) -> Iterator[Mistake]:
    """Yield what else is wrong, in the steps whose shape is right; what could follow from a wrong shape is left out."""
    steps = as_mapping(text.value).get("steps")
    touched = {mistake.path[1] for mistake in shape if mistake.path[:1] == ("steps",) and len(mistake.path) > 1}
    if not as_list(steps):
        return
    unsound = {index for index in touched if any(_spoils(mistake, index) for mistake in shape)}
    mended = [
        {"tag": "Pending", "after": "1s"} if index in unsound else {**step, "after": "1s"} if index in touched else step
        for index, step in enumerate(as_list(steps))
    ]
    reading = _ScenarioReading(text.source, {"name": "mended", "summary": "", "steps": mended})
    scenario = reading.scenario()
    laws = as_mapping(text.value).get("breaks", [])
    scenario = msgspec.structs.replace(scenario, breaks=frozenset(map(str, as_list(laws))))
    yield from _sure_law_mistakes(scenario, text.source, _origins(mended), [*shape, *reading.mistakes])
    for mistake in reading.mistakes:
        depends_on_others = mistake.path[-1] == "subtag" or mistake.found == CHANGES_NOTHING
        if mistake.path[1] not in touched and not depends_on_others:
            yield mistake


def _spoils(mistake: Mistake, index: str | int) -> bool:
    """Tell whether a mistake of shape leaves nothing of a step to go by; a wrong duration does not."""
    return mistake.path[:2] == ("steps", index) and mistake.path[2:] != ("after",)


def _sure_law_mistakes(scenario: Scenario, source: str, origins: list[int], others: list[Mistake]) -> Iterator[Mistake]:
    """Yield the laws that are broken whatever becomes of the other mistakes.

    Most laws compare steps: they are judged only where no other mistake touches what they compare.
    """
    harmful = [mistake for mistake in others if mistake.path[-1:] not in _HARMLESS and mistake.found != NO_TRIGGER]
    touched = {mistake.path[:2] for mistake in harmful}
    for mistake in _law_mistakes(scenario, source, origins):
        is_alone = any(f"the law {law}:" in mistake.found for law in _LAWS_OF_ONE_STEP)
        if mistake.path not in touched and (not harmful or is_alone) and mistake.path != ("breaks",):
            yield mistake


def _placed(mistakes: Iterable[Mistake], text: YamlText | InlineValue, most: int) -> ScenarioError:
    told = list(islice(mistakes, most + 1))
    placed = [msgspec.structs.replace(mistake, line=text.line(mistake.path)) for mistake in told[:most]]
    placed.sort(key=lambda mistake: mistake.line or 0)
    if len(told) > most:
        last = placed[-1].line
        placed.append(
            Mistake(source=text.source, line=last, found="there are more mistakes", allowed=f"mend these {most} first")
        )
    return ScenarioError(*placed)


class _ScenarioReading:
    """One pass over one file; what is not said carries over from the step before."""

    def __init__(self, source: str, document: Json) -> None:
        self._source = source
        self._document = document
        self._status = Status.plain("Pending", document.get("courier", DEFAULT_COURIER))
        self._evolution: Evolution | None = None
        self.mistakes: list[Mistake] = []

    def scenario(self) -> Scenario:
        document = self._document
        steps: list[Step] = []
        names: set[str] = set()
        for index, entry in enumerate(document["steps"]):
            if (name := entry.get("name")) is not None:
                if name in names:
                    self._mistake(("steps", index, "name"), f"the name {name!r} stands twice", "a name of its own")
                names.add(name)
            step = self._step(index, entry, steps)
            times = int(entry.get("repeat", 1))
            steps.extend([step, *[msgspec.structs.replace(step, name=None)] * (times - 1)])
        number = document.get("tracking_number", {})
        return Scenario(
            name=document["name"],
            summary=document["summary"],
            steps=tuple(steps),
            numbered_from=self._numbered_from(number.get("from"), steps),
            tracking_number=number.get("value"),
            account=document.get("account", "own"),
            time_format=document.get("time_format", "seconds"),
            order=document.get("order", "newest-first"),
            breaks=frozenset(document.get("breaks", ())),
        )

    def _mistake(self, path: _Path, found: str, allowed: str) -> None:
        self.mistakes.append(Mistake(source=self._source, path=path, found=found, allowed=allowed))

    def _step(self, index: int, entry: Json, before: list[Step]) -> Step:
        place = ("steps", index)
        known_mistakes = len(self.mistakes)
        self._check_trigger(index, entry, place)
        failure = None
        if "status" in entry:
            failure = ErrorStep(status=int(entry["status"]), body=entry.get("body"))
            for key in ("tag", "subtag", "subtag_message", "courier", "checkpoint", "forget", "fault"):
                if key in entry:
                    self._mistake(
                        (*place, key),
                        f"{key!r} beside 'status'",
                        "a failure alone; put the rest into the step before or after it",
                    )
        elif "body" in entry:
            self._mistake((*place, "body"), "'body' without 'status'", "a body only where a step fails")
        elif not before and "tag" not in entry:
            self._mistake(place, "the first step says neither 'tag' nor 'status'", "one of them")
        self._status = self._next_status(self._status, entry, place)
        self._evolution = self._next_evolution(self._evolution, entry, place)
        after = entry.get("after")
        step = Step(
            name=entry.get("name"),
            after=None if after is None else self._duration(after, (*place, "after")),
            polls=int(entry["polls"]) if "polls" in entry else None,
            manual=entry.get("manual", False),
            status=self._status,
            failure=failure,
            event=self._event(entry["checkpoint"], (*place, "checkpoint")) if "checkpoint" in entry else None,
            forgets=entry.get("forget", False),
            evolution=self._evolution,
            fault=self._fault(entry["fault"], (*place, "fault")) if "fault" in entry else None,
        )
        is_same = before and step.shows == before[-1].shows and step.event is None and not step.forgets
        if is_same and not ("evolve" in entry and len(self.mistakes) > known_mistakes):
            self._mistake(place, CHANGES_NOTHING, "tag, courier, checkpoint, status, fault, forget or evolve")
        return step

    def _check_trigger(self, index: int, entry: Json, place: _Path) -> None:
        triggers = [key for key in ("after", "polls", "manual") if key in entry]
        if index == 0:
            for key in (*triggers, *(["repeat"] if "repeat" in entry else [])):
                self._mistake(
                    (*place, key),
                    f"{key!r} on the first step",
                    "no trigger: the first step opens with the label",
                )
        elif not triggers:
            self._mistake(place, NO_TRIGGER, "after, polls or manual, or several of them")

    def _duration(self, text: str, place: _Path) -> timedelta:
        span = parse_duration(text)
        if span is None:
            self._mistake(place, f"{text!r}", DURATION_ALLOWED)
            return timedelta(0)
        return span

    def _next_status(self, status: Status, entry: Json, place: _Path) -> Status:
        tag = entry.get("tag", status.tag)
        says_tag = "tag" in entry
        subtag = entry.get("subtag", f"{tag}_001" if says_tag else status.subtag)
        if subtag.rpartition("_")[0] != tag:
            self._mistake(
                (*place, "subtag"),
                f"{subtag!r} under the tag {tag}",
                f"{tag}_ and three digits, as in {tag}_001",
            )
            return Status.plain(tag, status.slug)
        same = subtag == status.subtag and not says_tag
        return Status(
            tag=tag,
            subtag=subtag,
            subtag_message=entry.get("subtag_message", status.subtag_message if same else subtag_message(subtag)),
            slug=entry.get("courier", status.slug),
        )

    def _event(self, entry: Json, place: _Path) -> Event:
        status = self._next_status(self._status, entry, place)
        country = entry.get("country")
        if country is not None and not is_alpha2(country):
            self._mistake(
                (*place, "country"),
                f"{country!r} is no country",
                "an ISO 3166-1 alpha-2 code in capitals, as in CN",
            )
        at = self._instant(entry["at"], (*place, "at")) if "at" in entry else timedelta(0)
        return Event(
            status=status,
            message=entry.get("message", status.subtag_message),
            city=entry.get("city"),
            state=entry.get("state"),
            country=country,
            location=entry.get("location"),
            at=at,
            written=entry["at"] if isinstance(at, datetime) and entry["at"] != write_timestamp(at) else None,
        )

    def _instant(self, text: str, place: _Path) -> timedelta | datetime:
        span = parse_duration(text[1:]) if text[0] in "+-" else None
        if span is not None:
            return -span if text[0] == "-" else span
        at = read_timestamp(text)
        if at is None or not EARLIEST <= at <= LAST_INSTANT:
            allowed = "an offset such as -3h or +10m, or an instant with its zone such as 2026-03-17T08:15:00Z"
            self._mistake(place, f"{text!r}", allowed)
            return timedelta(0)
        return at

    def _fault(self, entry: Json, place: _Path) -> StepFault:
        delay = self._duration(entry["delay"], (*place, "delay")) if "delay" in entry else timedelta(0)
        kind: str = entry["kind"]
        status = int(entry["status"]) if "status" in entry else None
        allowed = FAULT_KINDS[kind].statuses
        if status is not None and not FAULT_KINDS[kind].supplies_response:
            kinds = [name for name in STEP_FAULT_KINDS if FAULT_KINDS[name].supplies_response]
            self._mistake((*place, "status"), f"a status of the kind {kind}", ", ".join(kinds))
        elif status is not None and allowed and status not in allowed:
            self._mistake((*place, "status"), f"{status} of the kind {kind}", ", ".join(map(str, allowed)))
        if "retry_after" in entry and not FAULT_KINDS[kind].supplies_response:
            kinds = [name for name in STEP_FAULT_KINDS if FAULT_KINDS[name].supplies_response]
            self._mistake((*place, "retry_after"), f"Retry-After of the kind {kind}", ", ".join(kinds))
        return StepFault(kind=kind, delay_s=delay.total_seconds(), status=status, retry_after=entry.get("retry_after"))

    def _next_evolution(self, before: Evolution | None, entry: Json, place: _Path) -> Evolution | None:
        """Return what the step's answers show beside the contract: what was there before, and what is new."""
        kept = carried_evolution(before, self._status, says_status="tag" in entry or "subtag" in entry)
        if "evolve" not in entry:
            return kept
        news, place = entry["evolve"], (*place, "evolve")
        for part in EVOLVED_PARTS:
            known: Mapping[str, Json] = {} if kept is None else getattr(kept, part)
            for name, value in news.get(part, {}).items():
                if value is None and name not in known:
                    found = f"null takes {name!r} away, which is not there"
                    self._mistake((*place, part, name), found, "a value, or null in a step after it")
        if "status" in entry:
            for key in news:
                if key != "error":
                    self._mistake((*place, key), f"{key!r} beside 'status'", "error: a failing step shows nothing else")
        parts = {part: MappingProxyType(news.get(part, {})) for part in EVOLVED_PARTS}
        return evolved(kept, Evolution(**parts, status=self._evolved_status(news, place)))

    def _evolved_status(self, entry: Json, place: _Path) -> Status | None:
        tag = entry.get("tag", self._status.tag)
        if "tag" in entry and tag in TAGS:
            self._mistake((*place, "tag"), f"{tag!r} is a tag that exists", "a tag that does not exist yet")
        subtag = entry.get("subtag", f"{tag}_001" if "tag" in entry else self._status.subtag)
        if "subtag" in entry and subtag in SUBTAG_MESSAGES:
            self._mistake((*place, "subtag"), f"{subtag!r} is a subtag that exists", "one that does not exist yet")
        is_new = "tag" in entry or "subtag" in entry
        if "subtag_message" in entry and not is_new:
            self._mistake((*place, "subtag_message"), "a message of no new tag or subtag", "it beside tag or subtag")
        message = entry.get("subtag_message", subtag)
        return Status(tag=tag, subtag=subtag, subtag_message=message, slug=self._status.slug) if is_new else None

    def _numbered_from(self, name: str | Literal["start", "never"] | None, steps: list[Step]) -> int | None:
        if name == "never":
            return None
        if name == "start":
            return 0
        if name is None:
            return courier_step(steps)
        index = next((index for index, step in enumerate(steps) if step.name == name), None)
        if index is None:
            names = [step.name for step in steps if step.name]
            self._mistake(
                ("tracking_number", "from"),
                f"no step is named {name!r}",
                ", ".join(("start", "never", *names)),
            )
        return index


def _law_mistakes(scenario: Scenario, source: str, origins: list[int]) -> Iterator[Mistake]:
    broken: dict[str, int] = {}
    for law, index in broken_invariants(scenario):
        broken.setdefault(law, index)
    for law, index in broken.items():
        if law not in scenario.breaks:
            yield Mistake(
                source=source,
                path=("order",) if law == "newest-first" else ("steps", origins[index]),
                found=f"it breaks the law {law}: {INVARIANTS[law]}",
                allowed=_CURES.get(law, "keep it") + f", or say 'breaks: [{law}]' if that is what the scenario is for",
            )
    for law in sorted(scenario.breaks - set(broken)):
        yield Mistake(
            source=source,
            path=("breaks",),
            found=f"it says that it breaks the law {law}, but it keeps it",
            allowed="the laws that it does break: " + (", ".join(sorted(broken)) or "none"),
        )


@cache
def _shapes() -> tuple[SchemaChecker, SchemaChecker]:
    """Return what checks a file apart from its steps, and what checks a step."""
    schema = msgspec.json.decode(read_package_file(SCHEMA_FILE))
    step = {"$ref": "#/$defs/step", "$defs": schema["$defs"]}
    steps = {key: value for key, value in schema["properties"]["steps"].items() if key not in ("items", "allOf")}
    head = {**schema, "properties": {**schema["properties"], "steps": steps}}
    return SchemaChecker(head), SchemaChecker(step)
