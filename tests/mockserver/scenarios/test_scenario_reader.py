from __future__ import annotations

import pickle
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import jsonschema_rs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexforward_mockserver.scenarios.catalogue import SHIPPED
from flexforward_mockserver.scenarios.invariants import INVARIANTS
from flexforward_mockserver.scenarios.scenario import StepFault
from flexforward_mockserver.scenarios.scenario_reader import SCHEMA_FILE, ScenarioError, load_scenario, parse_scenario
from flexforward_mockserver.scenarios.tag import TAGS
from flexforward_openapi import InlineValue, Json, MistakesError, YamlText

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from flexforward_mockserver.scenarios.scenario import Scenario

HEAD = "name: case\nsummary: For a test.\n"


def read(text: str) -> Scenario:
    return parse_scenario(YamlText(text, source="case.yaml"))


def steps(*lines: str, breaks: str = "") -> str:
    return HEAD + (f"breaks: [{breaks}]\n" if breaks else "") + "steps:\n" + "".join(f"  - {line}\n" for line in lines)


def test_a_file_says_everything_a_scenario_can_hold() -> None:
    scenario = read(
        """\
name: everything
summary: All that can be said.
courier: yunexpress
account: other
time_format: milliseconds
order: as-reported
tracking_number: {from: handed-over, value: YT1}
breaks: [newest-first, history-grows, contract-holds]
steps:
  - tag: Pending
  - name: handed-over
    after: 6h
    polls: 2
    manual: true
    tag: InTransit
    subtag: InTransit_004
    subtag_message: Landed
    courier: posten
    checkpoint: {message: Down, city: Oslo, state: Oslo, country: NO, location: OSL, at: -3h}
  - polls: 1
    status: 502
    body: {error: Late, code: X}
  - polls: 1
    fault: {kind: truncated, delay: 2s}
  - after: 1h
    forget: true
    checkpoint: {at: "2026-03-17T08:15:00Z"}
    evolve: {fields: {eta: soon}, tag: OutForDelivery, subtag_message: On the van}
"""
    )
    assert (scenario.name, scenario.account, scenario.time_format) == ("everything", "other", "milliseconds")
    assert (scenario.order, scenario.numbered_from, scenario.tracking_number) == ("as-reported", 1, "YT1")
    first, second, third, fourth, fifth = scenario.steps
    assert (first.after, first.polls, first.manual, first.status.slug) == (None, None, False, "yunexpress")
    assert (second.name, second.after, second.polls, second.manual) == ("handed-over", timedelta(hours=6), 2, True)
    assert (second.status.subtag, second.status.subtag_message, second.status.slug) == (
        "InTransit_004",
        "Landed",
        "posten",
    )
    assert second.event is not None
    assert (second.event.at, second.event.country, second.event.location) == (timedelta(hours=-3), "NO", "OSL")
    assert second.event.status == second.status
    assert third.failure is not None
    assert (third.failure.status, third.failure.body) == (502, {"error": "Late", "code": "X"})
    assert third.status == second.status, "what held before the failure holds again after it"
    assert (fourth.failure, fourth.status) == (None, second.status)
    assert fourth.fault == StepFault(kind="truncated", delay_s=2)
    assert fifth.forgets
    assert fifth.event is not None
    assert fifth.event.at == datetime(2026, 3, 17, 8, 15, tzinfo=UTC)
    assert fifth.event.message == "Landed"
    assert fifth.evolution is not None
    assert dict(fifth.evolution.fields) == {"eta": "soon"}
    assert fifth.evolution.status is not None
    assert (fifth.evolution.status.tag, fifth.evolution.status.subtag) == ("OutForDelivery", "OutForDelivery_001")


def test_what_is_left_out_has_its_usual_value() -> None:
    scenario = read(
        steps(
            "tag: Pending", "{after: 1h, tag: InTransit, checkpoint: {}}", "{polls: 1, tag: Delivered, checkpoint: {}}"
        )
    )
    assert (scenario.account, scenario.time_format, scenario.order) == ("own", "seconds", "newest-first")
    assert (scenario.numbered_from, scenario.tracking_number, scenario.breaks) == (1, None, frozenset())


def test_a_step_that_repeats_is_so_many_steps() -> None:
    scenario = read(steps("tag: Pending", "{name: on-the-way, after: 1h, tag: InTransit, checkpoint: {}, repeat: 3}"))
    assert [step.after for step in scenario.steps] == [None, *[timedelta(hours=1)] * 3]
    assert [step.name for step in scenario.steps] == [None, "on-the-way", None, None]


@pytest.mark.parametrize(
    ("value", "numbered_from"), [("start", 0), ("never", None), ("later", 2)], ids=["start", "never", "a step"]
)
def test_the_tracking_number_appears_where_it_was_told_to(value: str, numbered_from: int | None) -> None:
    text = steps("tag: Pending", "{after: 1h, tag: InTransit}", "{name: later, after: 1h, tag: Delivered}")
    assert read(f"{text}tracking_number: {{from: {value}}}\n").numbered_from == numbered_from


MISTAKES = [
    pytest.param(
        "- 1\n",
        [
            "case.yaml:1: not a mapping; allowed: a mapping with name, summary, courier, account, "
            "time_format, order, tracking_number, breaks, steps"
        ],
        id="a list",
    ),
    pytest.param(
        "summary: x\nsteps: [{tag: Pending}]\n",
        ["case.yaml:1: no 'name'; allowed: a mapping with 'name'"],
        id="no name",
    ),
    pytest.param(
        "name: Bad Name\nsummary: x\nstep: []\nsteps: []\n",
        [
            'case.yaml:1: name: "Bad Name"; allowed: lower-case words joined by hyphens, at most 64 characters',
            "case.yaml:3: step: unknown key 'step'; allowed: did you mean 'steps'? name, summary, courier, account, "
            "time_format, order, tracking_number, breaks, steps",
            "case.yaml:4: steps: []; allowed: a list of 1 to 1000 steps",
        ],
        id="several at the top",
    ),
    pytest.param(
        steps(
            "tag: Pendin", "{after: 6 hours, polls: 0, tag: InTransit}", "{tag: InTransit}", "{after: 1h, status: 200}"
        ),
        [
            'case.yaml:4: steps[0].tag: "Pendin"; allowed: Pending, InfoReceived, InTransit, Delivered, Exception, '
            "Cancelled or Unknown",
            'case.yaml:5: steps[1].after: "6 hours"; allowed: a duration such as 90s, 30m, 6h or 1d12h, at most 3660d',
            "case.yaml:5: steps[1].polls: 0; allowed: a whole number from 1 to 1000000",
            "case.yaml:6: steps[2]: the step has no trigger; allowed: after, polls or manual, or several of them",
            "case.yaml:7: steps[3].status: 200; allowed: a status from 400 to 599 that the contract lists",
        ],
        id="wrong shapes and, beside them, a step without a trigger",
    ),
    pytest.param(
        steps("tag: Pending", "7"),
        ["case.yaml:5: steps[1]: 7; allowed: a step (a mapping)"],
        id="a step that is no mapping",
    ),
    pytest.param(
        HEAD + "steps: 7\n", ["case.yaml:3: steps: 7; allowed: a list of 1 to 1000 steps"], id="steps that are no list"
    ),
    pytest.param(
        steps("{tag: Pending, after: 1h, repeat: 2}"),
        [
            "case.yaml:4: steps[0].after: 'after' on the first step; allowed: no trigger: the first step opens with "
            "the label",
            "case.yaml:4: steps[0].repeat: 'repeat' on the first step; allowed: no trigger: the first step opens with "
            "the label",
        ],
        id="a trigger on the first step",
    ),
    pytest.param(
        steps("{courier: posten}"),
        ["case.yaml:4: steps[0]: the first step says neither 'tag' nor 'status'; allowed: one of them"],
        id="a first step without a status",
    ),
    pytest.param(
        steps("tag: Pending", "{after: 9999d, tag: InTransit}"),
        ["case.yaml:5: steps[1].after: '9999d'; allowed: a duration such as 90s, 30m, 6h or 1d12h, at most 3660d"],
        id="too long",
    ),
    pytest.param(
        steps("tag: Pending", "{after: 1h, tag: InTransit, subtag: Delivered_001}"),
        [
            "case.yaml:5: steps[1].subtag: 'Delivered_001' under the tag InTransit; allowed: InTransit_ and three "
            "digits, as in InTransit_001"
        ],
        id="a subtag of another tag",
    ),
    pytest.param(
        steps("tag: Pending", "{after: 1h, status: 502, tag: InTransit, checkpoint: {}}", "{after: 1h, body: {}}"),
        [
            "case.yaml:5: steps[1].tag: 'tag' beside 'status'; allowed: a failure alone; put the rest into the step "
            "before or after it",
            "case.yaml:5: steps[1].checkpoint: 'checkpoint' beside 'status'; allowed: a failure alone; put the rest "
            "into the step before or after it",
            "case.yaml:6: steps[2].body: 'body' without 'status'; allowed: a body only where a step fails",
        ],
        id="a failure with a status and a body without a failure",
    ),
    pytest.param(
        steps("tag: Pending", "{after: 1h, tag: Pending}", "{after: 1h, repeat: 2}"),
        [
            "case.yaml:5: steps[1]: the step changes nothing; allowed: tag, courier, checkpoint, status, fault, "
            "forget or evolve",
            "case.yaml:6: steps[2]: the step changes nothing; allowed: tag, courier, checkpoint, status, fault, "
            "forget or evolve",
        ],
        id="steps that change nothing",
    ),
    pytest.param(
        steps("tag: Pending", "{after: 1h, fault: {kind: reset, status: 503}}"),
        [
            "case.yaml:5: steps[1].fault.status: a status of the kind reset; allowed: undocumented-status, "
            "gateway-page, unlisted-status",
        ],
        id="a status of a fault that has none",
    ),
    pytest.param(
        steps("tag: Pending", "{after: 1h, fault: {kind: gateway-page, status: 500}}"),
        ["case.yaml:5: steps[1].fault.status: 500 of the kind gateway-page; allowed: 502, 503, 504"],
        id="a status that no gateway's page has",
    ),
    pytest.param(
        steps("tag: Pending", "{after: 1h, tag: InTransit, checkpoint: {country: ZZ, at: yesterday}}"),
        [
            "case.yaml:5: steps[1].checkpoint.country: 'ZZ' is no country; allowed: an ISO 3166-1 alpha-2 code in "
            "capitals, as in CN",
            "case.yaml:5: steps[1].checkpoint.at: 'yesterday'; allowed: an offset such as -3h or +10m, or an instant "
            "with its zone such as 2026-03-17T08:15:00Z",
        ],
        id="no country and no time",
    ),
    pytest.param(
        steps("tag: Pending", "{after: 1h, tag: InTransit, checkpoint: {at: '2026-03-17T08:15:00'}}"),
        [
            "case.yaml:5: steps[1].checkpoint.at: '2026-03-17T08:15:00'; allowed: an offset such as -3h or +10m, or "
            "an instant with its zone such as 2026-03-17T08:15:00Z"
        ],
        id="an instant without its zone",
    ),
    pytest.param(
        steps("{name: a, tag: Pending}", "{name: a, after: 1h, tag: InTransit}") + "tracking_number: {from: b}\n",
        [
            "case.yaml:5: steps[1].name: the name 'a' stands twice; allowed: a name of its own",
            "case.yaml:6: tracking_number.from: no step is named 'b'; allowed: start, never, a, a",
        ],
        id="names",
    ),
    pytest.param(
        steps(
            "tag: Pending", "{after: 1h, tag: InTransit, repeat: 999, checkpoint: {}}", "{after: 1h, tag: Delivered}"
        ),
        ["case.yaml:3: steps: 1001 steps with their repeats; allowed: at most 1000"],
        id="too many steps",
    ),
    pytest.param(
        steps(
            "tag: Pending",
            "{after: 1h, tag: InTransit, repeat: 1000, checkpoint: {}}",
            "{after: soon, tag: Delivered}",
            "{tag: InTransit, subtag: Delivered_001}",
        ),
        ["case.yaml:3: steps: 1003 steps with their repeats; allowed: at most 1000"],
        id="too many steps beside other mistakes",
    ),
    pytest.param(
        HEAD + "steps: [" + "3, " * 1001 + "]\n",
        ["case.yaml:3: steps: 1001 steps; allowed: at most 1000"],
        id="too many",
    ),
    pytest.param(
        HEAD + "breaks: [" + "newest-first, " * 8 + "]\nsteps: [{tag: Pending}]\n",
        ["case.yaml:3: breaks: 8 laws; allowed: at most the 7 that there are"],
        id="too many laws",
    ),
    pytest.param(
        steps("tag: Pending", "{after: " + "1m" * 40 + ", tag: InTransit}"),
        [
            f'case.yaml:5: steps[1].after: "{"1m" * 28}...; allowed: a duration such as 90s, 30m, 6h or 1d12h, '
            "at most 3660d"
        ],
        id="a duration of many parts",
    ),
    pytest.param(
        steps(
            "tag: Pending",
            "{after: 1h, evolve: {tag: Delivered, subtag: InTransit_001}}",
            "{after: 1h, evolve: {subtag_message: x}}",
        ),
        [
            "case.yaml:5: steps[1].evolve.tag: 'Delivered' is a tag that exists; allowed: a tag that does not exist "
            "yet",
            "case.yaml:5: steps[1].evolve.subtag: 'InTransit_001' is a subtag that exists; allowed: one that does not "
            "exist yet",
            "case.yaml:6: steps[2].evolve.subtag_message: a message of no new tag or subtag; allowed: it beside tag "
            "or subtag",
        ],
        id="evolutions that are none",
    ),
    pytest.param(
        steps("tag: Delivered", "{after: 1h, tag: InTransit}"),
        [
            "case.yaml:5: steps[1]: it breaks the law terminal-stays: after Delivered or Cancelled the tag stays; "
            "allowed: keep it, or say 'breaks: [terminal-stays]' if that is what the scenario is for",
            "case.yaml:5: steps[1]: it breaks the law status-advances: the tag does not fall back on the way Pending, "
            "InfoReceived, InTransit, Delivered; allowed: keep it, or say 'breaks: [status-advances]' if that is what "
            "the scenario is for",
        ],
        id="broken laws",
    ),
    pytest.param(
        steps("tag: Pending") + "order: oldest-first\n",
        [
            "case.yaml:5: order: it breaks the law newest-first: checkpoints are listed newest first; allowed: keep "
            "it, or say 'breaks: [newest-first]' if that is what the scenario is for"
        ],
        id="another order",
    ),
    pytest.param(
        steps("tag: Pending", "{after: 1h, tag: Unknown, forget: true}") + "breaks: [newest-first, history-grows]\n",
        [
            "case.yaml:6: breaks: it says that it breaks the law newest-first, but it keeps it; allowed: the laws "
            "that it does break: history-grows"
        ],
        id="a law that is kept",
    ),
    pytest.param(
        steps("tag: Pending") + "breaks: [newest-first]\n",
        [
            "case.yaml:5: breaks: it says that it breaks the law newest-first, but it keeps it; allowed: the laws "
            "that it does break: none"
        ],
        id="a law that is kept where none is broken",
    ),
]


@pytest.mark.parametrize(("text", "sentences"), MISTAKES)
def test_every_mistake_is_told_with_its_line_and_what_is_allowed(text: str, sentences: list[str]) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(text)
    assert str(caught.value).splitlines() == sentences
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again)) == (ScenarioError, str(caught.value))


@pytest.mark.parametrize("wrong", [{"x": 1}, {"tag": "Pending"}], ids=["of shape", "of sense"])
def test_mistakes_are_told_up_to_a_number(wrong: Json) -> None:
    text = msgspec.json.encode({"name": "case", "summary": "x", "steps": [{"tag": "Pending"}, *[wrong] * 999]}).decode()
    with pytest.raises(ScenarioError) as raised:
        read(text.replace("},", "},\n"))
    *_, last, closing = raised.value.mistakes
    assert len(raised.value.mistakes) == 101
    assert str(closing) == f"case.yaml:{last.line}: there are more mistakes; allowed: mend these 100 first"


def test_a_value_in_place_of_a_text_has_no_lines() -> None:
    with pytest.raises(
        ScenarioError, match=r"^ship\(\): steps\[0\]\.tagg: unknown key 'tagg'; allowed: did you mean 'tag'"
    ):
        parse_scenario(InlineValue({"name": "case", "summary": "x", "steps": [{"tagg": 1}]}, source="ship()"))


def steps_read(count: int) -> Json:
    parcel = {"after": "1m", "tag": "InTransit", "checkpoint": {"city": "Oslo", "country": "NO", "at": "-3h"}}
    return [{"tag": "Pending"}, *[parcel] * (count - 1)]


GROWING: Mapping[str, Callable[[int], Json]] = {
    "legal": steps_read,
    "unknown keys of one step": lambda count: [{f"key{index}": 1 for index in range(count)}],
    "steps of unknown keys": lambda count: [{"x": 1}] * count,
    "steps without triggers": lambda count: [{"tag": "Pending"}] * count,
    "wrong durations": lambda count: [{"tag": "Pending", "after": 3}] * count,
    "names that stand twice": lambda count: [{"tag": "Pending", "name": "a"}] * count,
}


@pytest.mark.parametrize("is_text", [True, False], ids=["text", "value"])
@pytest.mark.parametrize("made", GROWING.values(), ids=GROWING)
def test_reading_takes_no_more_than_the_size_asks_for(made: Callable[[int], Json], is_text: bool) -> None:
    """Work is counted, in calls of functions: time would tell of the machine."""

    def work(count: int) -> int:
        document = {"name": "case", "summary": "x", "steps": made(count)}
        text = msgspec.json.encode(document).decode()

        def parse() -> None:
            source = YamlText(text, source="a") if is_text else InlineValue(document, source="a")
            with suppress(ScenarioError):
                parse_scenario(source)

        return calls_of(parse)

    work(10)  # what is made once is made
    once, eight = work(100), work(800)
    assert eight <= 8 * once * 1.1


def calls_of(action: Callable[[], None]) -> int:
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(before)
    return count


def test_whole_numbers_may_be_written_with_a_point() -> None:
    scenario = read(
        steps(
            "tag: Pending",
            "{polls: 2.0, status: 502.0, repeat: 2.0}",
            "{after: 1h, fault: {kind: gateway-page, status: 503.0}}",
        )
    )
    failure, fault = scenario.steps[1].failure, scenario.steps[3].fault
    assert failure is not None
    assert fault is not None
    assert [repr(number) for number in (scenario.steps[1].polls, failure.status, fault.status)] == ["2", "502", "503"]


def test_a_file_that_is_no_yaml_or_missing_is_a_mistake_too(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("name: [\n")
    with pytest.raises(ScenarioError, match=r"broken\.yaml:2: not YAML: .*; allowed: YAML 1\.2 or JSON$"):
        load_scenario(broken)
    with pytest.raises(ScenarioError, match=r"none\.yaml: cannot be read \(No such file or directory\)"):
        load_scenario(tmp_path / "none.yaml")


json_values: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 2000)
    | st.floats(-5, 2000)
    | st.text(max_size=6)
    | st.sampled_from([*TAGS, "1h", "-3h", "start", "InTransit_004", "truncated", 1.0, 502.0, 1000]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *msgspec.json.decode(SCHEMA_FILE.read_bytes())["$defs"]["step"]["properties"],
                    *("at", "country", "city", "fields", "kind", "delay", "from", "value"),
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


good_steps = st.sampled_from(
    [*steps_read(2), {"polls": 1, "status": 502}, {"after": "1h", "repeat": 1000, "tag": "Delivered"}]
)


@given(st.lists(good_steps | json_values, max_size=4), st.none() | json_values, st.none() | json_values)
def test_whatever_a_file_holds_it_is_a_scenario_or_a_list_of_sentences(drawn: Json, top: Json, laws: Json) -> None:
    document = {"name": "case", "summary": "x", "steps": drawn}
    document |= {} if top is None else {"tracking_number": top}
    document |= {} if laws is None else {"breaks": laws}
    text = msgspec.json.encode(document).decode()
    try:
        read(text)
    except MistakesError as error:
        assert all("; allowed: " in str(mistake) for mistake in error.mistakes)


def test_the_schema_lists_the_tags_and_laws_that_there_are() -> None:
    schema = msgspec.json.decode(SCHEMA_FILE.read_bytes())
    assert schema["$defs"]["tag"]["enum"] == list(TAGS)
    assert schema["properties"]["breaks"]["items"]["enum"] == list(INVARIANTS)


ALONE = {"tag": "Pending"}


@pytest.mark.parametrize(
    ("drawn", "is_good"),
    [
        pytest.param(
            [ALONE, {"polls": 1, "status": 502, "body": {"error": "Late"}}], True, id="a failure with its body"
        ),
        pytest.param([{**ALONE, "after": "1h"}], False, id="a trigger on the first step"),
        pytest.param([{**ALONE, "repeat": 2}], False, id="the first step twice"),
        pytest.param([ALONE, {"tag": "Delivered"}], False, id="no trigger later"),
        pytest.param([ALONE, {"after": "1h", "body": {"error": "Late"}}], False, id="a body without a status"),
        *(
            pytest.param([ALONE, {"after": "1h", "tag": "InTransit", "checkpoint": {"at": at}}], is_good, id=at)
            for at, is_good in {
                "-3h": True,
                "2026-03-17T08:15:00Z": True,
                "2026-03-17t08:15:00.25+08:00": True,
                "soon": False,
                "-3": False,
                "2026-03-17": False,
                "2026-03-17T08:15:00": False,
            }.items()
        ),
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(drawn: Json, is_good: bool) -> None:
    document = {"name": "case", "summary": "x", "steps": drawn}
    schema = jsonschema_rs.Draft202012Validator(msgspec.json.decode(SCHEMA_FILE.read_bytes()))
    assert schema.is_valid(document) is is_good
    try:
        parse_scenario(InlineValue(document, source="a"))
    except ScenarioError as error:
        assert not is_good, error
    else:
        assert is_good


def test_the_schema_allows_every_shipped_scenario() -> None:
    schema = jsonschema_rs.Draft202012Validator(msgspec.json.decode(SCHEMA_FILE.read_bytes()))
    for path in SHIPPED.glob("*.yaml"):
        schema.validate(YamlText(path.read_text(), source=path.name).value)


def test_what_an_evolution_brings_stays_until_it_is_taken_away() -> None:
    scenario = read(
        steps(
            "{tag: InTransit, checkpoint: {}}",
            "{after: 1h, evolve: {fields: {eta: soon, more: 1}, checkpoint: {code: A}, error: {id: x}, tag: New}}",
            "{after: 1h, status: 502}",
            "{after: 1h, courier: posten, evolve: {fields: {eta: null}}}",
            "{after: 1h, subtag: InTransit_007, checkpoint: {}}",
            "{after: 1h, evolve: {fields: {more: null}, checkpoint: {code: null}, error: {id: null}}}",
            breaks="contract-holds",
        )
    )
    plain, brought, failing, taken, own, gone = (step.evolution for step in scenario.steps)
    assert plain is None
    assert brought is not None
    assert dict(brought.fields) == {"eta": "soon", "more": 1}
    assert brought.status is not None
    assert brought.status.tag == "New"
    assert failing == brought
    assert taken is not None
    assert taken.status is not None
    assert (dict(taken.fields), taken.status.tag, taken.status.slug) == ({"more": 1}, "New", "posten")
    assert own is not None
    assert (own.status, dict(own.checkpoint), dict(own.error)) == (None, {"code": "A"}, {"id": "x"})
    assert gone is None


def test_what_is_not_there_cannot_be_taken_away_and_a_failing_step_evolves_errors_only() -> None:
    with pytest.raises(ScenarioError) as caught:
        read(
            steps(
                "{tag: InTransit, checkpoint: {}}",
                "{after: 1h, status: 502, evolve: {error: {id: x}, fields: {eta: 1}}}",
                "{after: 1h, evolve: {error: {other: null}}}",
                breaks="contract-holds",
            )
        )
    assert [str(mistake).partition(": ")[2] for mistake in caught.value.mistakes] == [
        "steps[1].evolve.fields: 'fields' beside 'status'; allowed: error: a failing step shows nothing else",
        "steps[2].evolve.error.other: null takes 'other' away, which is not there; allowed: a value, or null in a step "
        "after it",
    ]


def test_an_instant_is_kept_as_it_is_written() -> None:
    scenario = read(
        steps(
            "{tag: InTransit, checkpoint: {at: '2026-04-01T08:00:00+08:00'}}",
            "{after: 1h, checkpoint: {at: '2026-04-01T01:00:00Z'}}",
        )
    )
    first, second = (step.event for step in scenario.steps)
    assert first is not None
    assert second is not None
    assert (first.written, second.written) == ("2026-04-01T08:00:00+08:00", None)
    assert first.at == datetime(2026, 4, 1, tzinfo=UTC)


def test_only_what_answers_by_itself_has_a_retry_after() -> None:
    scenario = read(steps("{tag: Pending, fault: {kind: gateway-page, status: 503, retry_after: date}}"))
    assert scenario.steps[0].fault == StepFault(kind="gateway-page", status=503, retry_after="date")
    with pytest.raises(ScenarioError, match="Retry-After of the kind reset; allowed: undocumented-status, gateway"):
        read(steps("{tag: Pending, fault: {kind: reset, retry_after: none}}"))
