from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flexforward_fixtures.strategies import adversarial_scenarios, scenarios
from flexforward_mockserver.scenarios.catalogue import Catalogue
from flexforward_mockserver.scenarios.scenario import ErrorStep, Event, Evolution, Scenario, Status, Step, StepFault
from flexforward_mockserver.scenarios.scenario_reader import ScenarioError, parse_scenario
from flexforward_mockserver.scenarios.scenario_writer import as_expression, write_scenario
from flexforward_mockserver.scenarios.script_id import parse_script_id
from flexforward_mockserver.scenarios.yaml_writer import Flow, write_yaml
from flexforward_openapi import Json, YamlText

PENDING = Status.plain("Pending", "yunexpress")
TRANSIT = Status.plain("InTransit", "yunexpress")


def read(text: str) -> Scenario:
    return parse_scenario(YamlText(text, source="written"))


def scenario(*steps: Step, numbered_from: int | None = None, name: str = "written") -> Scenario:
    return Scenario(name=name, summary="For a test.", steps=steps, numbered_from=numbered_from)


@pytest.mark.parametrize("name", Catalogue().names)
def test_a_shipped_scenario_is_read_back(name: str) -> None:
    shipped = Catalogue()[name]
    assert read(write_scenario(shipped)) == shipped


@given(scenarios(faults=True, evolutions=True) | adversarial_scenarios())
def test_a_drawn_scenario_is_read_back(drawn: Scenario) -> None:
    assert read(write_scenario(drawn)) == drawn


def test_the_text_is_short_and_leaves_out_what_carries_over() -> None:
    posten = Status.plain("InTransit", "posten", "InTransit_004")
    written = write_scenario(
        Scenario(
            name="case",
            summary="Everything: once.",
            account="other",
            time_format="offset",
            order="oldest-first",
            tracking_number="123",
            numbered_from=2,
            breaks=frozenset({"newest-first", "no-future-events", "history-grows", "contract-holds"}),
            steps=(
                Step(status=Status.plain("Pending", "dhl")),
                Step(
                    polls=2,
                    status=posten,
                    event=Event(status=posten, message="Down: Oslo", city="Oslo", country="NO", at=timedelta(hours=3)),
                ),
                Step(
                    name="numbered",
                    after=timedelta(hours=36),
                    manual=True,
                    status=posten,
                    failure=ErrorStep(status=502),
                ),
                Step(after=timedelta(0), status=posten, fault=StepFault(kind="latency", delay_s=0.25)),
                *[
                    Step(
                        after=timedelta(minutes=15),
                        status=Status.plain("InTransit", "posten"),
                        event=Event(
                            status=Status(
                                tag="Exception", subtag="Exception_002", subtag_message="Moved on", slug="dhl"
                            ),
                            message="Moved on",
                            at=-timedelta(minutes=5),
                        ),
                    )
                ]
                * 3,
                Step(
                    manual=True,
                    status=msgspec.structs.replace(TRANSIT, slug="posten", subtag_message="Elsewhere"),
                    forgets=True,
                    evolution=Evolution(
                        fields={"eta": "soon", "more": [1, {"a": "~"}]},
                        status=Status(tag="Later", subtag="Later_001", subtag_message="Later_001", slug="posten"),
                    ),
                ),
                Step(
                    after=timedelta(days=1),
                    status=msgspec.structs.replace(TRANSIT, slug="posten", subtag_message="Elsewhere"),
                    evolution=Evolution(
                        status=Status(tag="InTransit", subtag="InTransit_HELD", subtag_message="Held", slug="posten")
                    ),
                ),
                Step(
                    polls=1,
                    status=msgspec.structs.replace(TRANSIT, slug="posten", subtag_message="Elsewhere"),
                    fault=StepFault(kind="undocumented-status", status=503),
                ),
                Step(
                    polls=1,
                    status=msgspec.structs.replace(TRANSIT, slug="posten", subtag_message="Elsewhere"),
                    failure=ErrorStep(status=404, body={"error": "no"}),
                ),
                Step(polls=1, status=msgspec.structs.replace(TRANSIT, slug="posten")),
            ),
        )
    )
    assert (
        written
        == """\
name: case
summary: 'Everything: once.'
courier: dhl
account: other
tracking_number: {from: numbered, value: '123'}
time_format: offset
order: oldest-first
breaks: [contract-holds, history-grows, newest-first, no-future-events]
steps:
  - tag: Pending
  - polls: 2
    tag: InTransit
    subtag: InTransit_004
    courier: posten
    checkpoint: {message: 'Down: Oslo', city: Oslo, country: NO, at: +3h}
  - name: numbered
    after: 1d12h
    manual: true
    status: 502
  - after: 0s
    fault: {kind: latency, delay: 0.25s}
  - after: 15m
    repeat: 3
    subtag: InTransit_001
    checkpoint: {tag: Exception, subtag: Exception_002, subtag_message: Moved on, courier: dhl, at: -5m}
  - manual: true
    subtag_message: Elsewhere
    forget: true
    evolve: {fields: {eta: soon, more: [1, {a: '~'}]}, tag: Later}
  - after: 1d
    evolve: {fields: {eta: null, more: null}, subtag: InTransit_HELD, subtag_message: Held}
  - polls: 1
    subtag: InTransit_001
    fault: {kind: undocumented-status, status: 503}
  - polls: 1
    status: 404
    body: {error: no}
  - polls: 1
    subtag_message: In transit
"""
    )


def test_an_instant_and_a_long_checkpoint_are_written_as_people_write_them() -> None:
    event = Event(
        status=TRANSIT,
        message="Left the sorting centre",
        city="Shenzhen",
        state="Guangdong",
        country="CN",
        location="Shenzhen Bao'an Airport",
        at=datetime(2026, 3, 17, 8, 15, tzinfo=UTC),
    )
    written = write_scenario(scenario(Step(status=TRANSIT, event=event), numbered_from=0))
    assert written.partition("steps:\n")[2] == (
        "  - tag: InTransit\n"
        "    checkpoint:\n"
        "      message: Left the sorting centre\n"
        "      city: Shenzhen\n"
        "      state: Guangdong\n"
        "      country: CN\n"
        "      location: Shenzhen Bao'an Airport\n"
        "      at: 2026-03-17T08:15:00Z\n"
    )


@pytest.mark.parametrize(
    ("numbered_from", "said"),
    [
        pytest.param(1, None, id="usual"),
        pytest.param(0, "from: start", id="start"),
        pytest.param(None, "from: never", id="never"),
        pytest.param(2, "from: last", id="named"),
    ],
)
def test_when_the_number_comes_is_said_unless_it_is_the_usual(numbered_from: int | None, said: str | None) -> None:
    hour = timedelta(hours=1)
    delivered = Status.plain("Delivered", "yunexpress")
    drawn = scenario(
        Step(status=PENDING),
        Step(after=hour, status=TRANSIT),
        Step(name="last", after=hour, status=delivered),
        numbered_from=numbered_from,
    )
    written = write_scenario(drawn)
    assert read(written) == drawn
    assert ("tracking_number" in written) == (said is not None)
    assert said is None or said in written


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("unwritable", "found"),
    [
        pytest.param(parse_script_id("TGGT-1x-a"), '"TGGT-1x"', id="a name in capitals"),
        pytest.param(
            scenario(Step(status=PENDING), Step(status=PENDING, after=HOUR)), "changes nothing", id="nothing happens"
        ),
        pytest.param(scenario(Step(status=PENDING), Step(status=TRANSIT)), "no trigger", id="no trigger"),
        pytest.param(
            scenario(Step(status=PENDING), Step(status=TRANSIT, after=HOUR), Step(status=PENDING, polls=1)),
            "status-advances",
            id="an unsaid breach",
        ),
        pytest.param(
            scenario(
                Step(status=TRANSIT),
                Step(status=TRANSIT, after=HOUR, failure=ErrorStep(status=502)),
                numbered_from=1,
            ),
            "no step is named 'step 2'",
            id="numbered from a step without a name",
        ),
        pytest.param(
            scenario(
                Step(status=PENDING),
                Step(status=TRANSIT, after=HOUR, failure=ErrorStep(status=502)),
                numbered_from=None,
            ),
            "steps[1].status would be read back as another value",
            id="a status behind a failure",
        ),
        pytest.param(
            scenario(Step(status=Status(tag="Odd", subtag="Odd_001", subtag_message="", slug="y"))), '"Odd"', id="a tag"
        ),
        pytest.param(
            msgspec.structs.replace(scenario(Step(status=PENDING)), account="bad"), '"bad"', id="nobody's account"
        ),
    ],
)
def test_what_no_file_can_hold_is_refused(unwritable: Scenario, found: str) -> None:
    with pytest.raises(ScenarioError) as raised:
        write_scenario(unwritable)
    assert found in str(raised.value)
    assert as_expression(unwritable) == repr(unwritable)


@pytest.mark.parametrize("text", ["plain", "it's", "'''", "\\", "\x00"])
def test_a_scenario_is_shown_as_python_that_makes_it(text: str) -> None:
    drawn = scenario(Step(status=PENDING, event=Event(status=PENDING, message=text)))
    shown = as_expression(drawn)
    assert eval(shown, {"parse_scenario": parse_scenario, "YamlText": YamlText}) == drawn


def test_a_repeated_step_is_shown_once() -> None:
    news = Step(after=HOUR, status=TRANSIT, event=Event(status=TRANSIT, message="Here"))
    drawn = scenario(Step(status=PENDING), *[news] * 500, numbered_from=1)
    assert len(repr(drawn)) < 1000
    names = {"datetime": __import__("datetime")}
    classes = {kind.__name__: kind for kind in (Scenario, Step, Status, Event)}
    assert eval(repr(drawn), {**names, **classes}) == drawn


LEAVES = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    LEAVES | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), VALUES, max_size=5), st.booleans())
@example({"a": ["NO", "~", "true", "1e3", "0x1", "1_000", "<<", "=", "2026-03-17", "12:30"]}, False)
@example(
    {"a": ["\x85", "\u2028", "\ufeff", "\t", "\r\n", " x ", "#", ": ", "- ", "\x7f", "\ud7ff", "\U0010ffff"]}, True
)
@example({"": 1e-07, "~": 1e300, "null": -0.0}, False)
def test_any_json_is_read_back(value: Json, is_flow: bool) -> None:
    assert YamlText(write_yaml(Flow(value) if is_flow else value), source="written").value == value
