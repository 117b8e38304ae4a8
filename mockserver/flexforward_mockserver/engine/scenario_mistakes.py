"""What a contract cannot answer in a scenario file: mistakes with their lines, like those of the scenario reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_mockserver.scenarios.scenario import ErrorStep, Scenario, Status, Step
from flexforward_mockserver.scenarios.scenario_reader import DEFAULT_COURIER, MOST_STEPS, ScenarioError, step_origins
from flexforward_openapi import Mistake, as_list, as_mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flexforward_openapi import InlineValue, YamlText

    from .bodies.tracking_bodies import ResponseBodies

__all__ = ["contract_mistakes", "status_mistakes", "with_status_mistakes"]


def contract_mistakes(text: YamlText | InlineValue, scenario: Scenario, bodies: ResponseBodies) -> Iterator[Mistake]:
    """Yield what the contract cannot answer in a file, once for each of its steps.

    Args:
        text: the file.
        scenario: what was read from it.
        bodies: those of the contract.
    """
    origins = step_origins(text)
    found = {(origins[index], told): bodies.cure(scenario.steps[index]) for index, told in bodies.objections(scenario)}
    for (origin, told), cure in found.items():
        yield _placed(text, origin, told, cure)


def status_mistakes(text: YamlText | InlineValue, bodies: ResponseBodies) -> Iterator[Mistake]:
    """Yield the statuses that the contract does not list, in a file whose other mistakes keep it from being read."""
    for index, step in enumerate(as_list(as_mapping(text.value).get("steps"))[:MOST_STEPS]):
        status = as_mapping(step).get("status")
        if not isinstance(status, int) or isinstance(status, bool) or not 400 <= status <= 599:
            continue
        failing = Step(status=Status.plain("Pending", DEFAULT_COURIER), failure=ErrorStep(status=status))
        scenario = Scenario(name="status", summary="", steps=(failing,), numbered_from=None)
        for _, told in bodies.objections(scenario):
            yield _placed(text, index, told, bodies.cure(failing))


def with_status_mistakes(
    error: ScenarioError, texts: Iterable[YamlText | InlineValue], bodies: ResponseBodies
) -> ScenarioError:
    """Return the error of files that could not be read, with the statuses in them that the contract does not list.

    So nobody mends a file only to learn of them in a second round.

    Args:
        error: what the reader found.
        texts: the files that are YAML, in the order in which they were read.
        bodies: those of the contract.
    """
    mistakes = list(error.mistakes)
    for text in texts:
        mistakes.extend(status_mistakes(text, bodies))
    order = {source: index for index, source in enumerate(dict.fromkeys(mistake.source for mistake in mistakes))}
    return ScenarioError(*sorted(mistakes, key=lambda mistake: (order[mistake.source], mistake.line or 0)))


def _placed(text: YamlText | InlineValue, index: int, told: str, cure: str) -> Mistake:
    path = ("steps", index)
    return Mistake(source=text.source, line=text.line(path), path=path, found=f"the step {told}", allowed=cure)
