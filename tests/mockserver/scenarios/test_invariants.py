from __future__ import annotations

import pytest

from flexforward_mockserver.scenarios.invariants import INVARIANTS, broken_invariants
from flexforward_mockserver.scenarios.scenario_reader import parse_scenario
from flexforward_openapi import YamlText


def laws_broken_by(*lines: str, head: str = "") -> list[tuple[str, int]]:
    text = f"name: case\nsummary: x\n{head}steps:\n" + "".join(f"  - {line}\n" for line in lines)
    return list(broken_invariants(parse_scenario(YamlText(text, source="case.yaml"), is_trusted=True)))


@pytest.mark.parametrize(
    ("lines", "broken"),
    [
        pytest.param(["tag: Delivered", "{after: 1h, tag: Delivered, checkpoint: {}}"], [], id="Delivered again"),
        pytest.param(["tag: Cancelled", "{after: 1h, tag: Pending}"], [("terminal-stays", 1)], id="after Cancelled"),
        pytest.param(["tag: Delivered", "{after: 1h, status: 502}", "{after: 1h}"], [], id="failure after Delivered"),
        pytest.param(["tag: InTransit", "{after: 1h, tag: InfoReceived}"], [("status-advances", 1)], id="back"),
        pytest.param(["tag: InTransit", "{after: 1h, tag: Exception}", "{after: 1h, tag: InTransit}"], [], id="aside"),
        pytest.param(["tag: Pending", "{after: 1h, tag: Unknown, forget: true}"], [("history-grows", 1)], id="forgets"),
        pytest.param(
            ["tag: Pending", "{after: 1h, tag: InTransit, checkpoint: {at: +1s}}"],
            [("no-future-events", 1)],
            id="future",
        ),
        pytest.param(["tag: Pending", "{after: 1h, tag: InTransit, checkpoint: {at: -1d}}"], [], id="late"),
        pytest.param(["tag: Pending", "{after: 1h, evolve: {tag: New}}"], [("contract-holds", 1)], id="evolves"),
    ],
)
def test_each_law_is_broken_where_it_is_broken(lines: list[str], broken: list[tuple[str, int]]) -> None:
    assert laws_broken_by(*lines) == broken


@pytest.mark.parametrize(
    ("lines", "is_broken"),
    [
        pytest.param(["tag: Pending", "{after: 1h, tag: InTransit}"], False, id="no event at all"),
        pytest.param(["{tag: InfoReceived, checkpoint: {}}", "{after: 1h, tag: InTransit}"], True, id="no new event"),
        pytest.param(["{tag: InfoReceived, checkpoint: {}}", "{after: 1h, tag: Unknown}"], False, id="excepted"),
        pytest.param(["{tag: InfoReceived, checkpoint: {}}", "{after: 1h, status: 502}"], False, id="failure"),
        pytest.param(
            ["{tag: InTransit, checkpoint: {}}", "{after: 1d, tag: Delivered, checkpoint: {at: -1h}}"],
            False,
            id="late and still the newest",
        ),
        pytest.param(
            ["{tag: InTransit, checkpoint: {}}", "{after: 1h, tag: Delivered, checkpoint: {at: -2h}}"],
            True,
            id="late and older",
        ),
        pytest.param(
            ["{tag: InTransit, checkpoint: {}}", "{polls: 1, tag: Delivered, checkpoint: {at: -2h}}"],
            False,
            id="late by an unknown span: only a run can tell",
        ),
        pytest.param(
            [
                "{tag: InTransit, checkpoint: {at: '2026-03-17T00:00:00Z'}}",
                "{after: 1h, tag: Delivered, checkpoint: {at: '2026-03-16T00:00:00Z'}}",
            ],
            True,
            id="absolute and older",
        ),
        pytest.param(
            [
                "{tag: InTransit, checkpoint: {at: '2026-03-17T00:00:00Z'}}",
                "{after: 1h, tag: Delivered, checkpoint: {}}",
            ],
            False,
            id="absolute and relative: only a run can tell",
        ),
        pytest.param(
            ["{tag: InTransit, checkpoint: {}}", "{after: 1h, tag: Exception, forget: true}"],
            False,
            id="nothing is left to differ from",
        ),
    ],
)
def test_the_top_follows_the_newest_event(lines: list[str], is_broken: bool) -> None:
    assert ("top-is-newest" in {law for law, _ in laws_broken_by(*lines)}) == is_broken


def test_every_order_but_newest_first_breaks_its_law() -> None:
    assert laws_broken_by("tag: Pending", head="order: as-reported\n") == [("newest-first", 0)]
    assert set(INVARIANTS) >= {"newest-first"}
