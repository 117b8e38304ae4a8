"""How a program is to be run, where it finds the mock, and what it is told."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flexforward_contract_tests.client.runner.program_environment import (
    PRELOADS,
    known_names,
    program_environment,
    program_variables,
)
from flexforward_contract_tests.client.runner.program_options import (
    PLACEHOLDERS,
    ProgramOptions,
    ProgramOptionsError,
    address_of,
    filled,
    misspelt,
)
from flexforward_contract_tests.client.runner.time_way import TimeWay
from flexforward_contract_tests.client.virtual_time.real_time import distrust_of
from flexforward_contract_tests.client.virtual_time.supervisor.build import SupervisorError
from flexforward_fixtures.mock import Mock
from flexforward_mockserver.state.journal import Exchange
from kit import START


def plan(**parts: Any) -> ProgramOptions:
    return ProgramOptions(command=("true",), **parts)


@pytest.mark.parametrize(
    ("bind", "public", "listens", "reached"),
    [
        ("127.0.0.1", None, ("127.0.0.1", 0), "http://127.0.0.1:5000"),
        ("0.0.0.0:8080", None, ("0.0.0.0", 8080), "http://127.0.0.1:5000"),
        ("0.0.0.0", "http://docker:9000", ("0.0.0.0", 9000), "http://docker:9000"),
        ("0.0.0.0", "http://docker", ("0.0.0.0", 0), "http://docker:5000"),
        ("0.0.0.0:81", "http://proxy:80/flex", ("0.0.0.0", 81), "http://proxy:80/flex"),
    ],
)
def test_where_the_mock_listens_and_is_reached(
    bind: str, public: str | None, listens: tuple[str, int], reached: str
) -> None:
    made = plan(bind=bind, public_url=public)
    assert made.listens_on == listens
    assert made.reached_at("http://127.0.0.1:5000") == reached


@pytest.mark.parametrize("text", ["", ":80", "a b", "host:port", "host:65536", "::1"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ProgramOptionsError, match="is not an address; allowed: an IPv4 address or a name"):
        address_of(text)


def test_placeholders_are_filled_once_and_slips_are_seen() -> None:
    assert filled("{token}{other}{}", {"token": "{label_id}", "label_id": "x"}) == "{label_id}{other}{}"
    assert misspelt(iter(["{base_url}", "{elephant}", '{"a": 1}'])) is None
    assert str(misspelt(iter(["{lable_id}"]))).startswith(
        "there is no placeholder {lable_id}; did you mean {label_id}?"
    )


def variables(made: ProgramOptions) -> dict[str, str]:
    handle = Mock().open(base_url="http://docker:9000")
    labels = [handle.ship("delivered", order_number=name) for name in ("a", "b")]
    return program_variables(made, handle, labels, state_dir="/state", time_address=("docker", 9001), now=START)


def test_the_program_is_told_all_that_placeholders_name() -> None:
    names = known_names(variables(plan()))
    assert set(PLACEHOLDERS) == set(names) | {"supervisor"}
    assert (names["base_url"], names["notify_url"]) == ("http://docker:9000", "http://docker:9000/_mock/notifications")
    assert names["label_ids"] == f"{names['label_id']},{names['label_ids'][37:]}"
    assert names["time_address"] == "docker:9001"
    assert names["now"] == str(int(START.timestamp()))
    assert known_names(variables(plan(time="real")))["time_scale"] == "3600"


def test_preloads_stand_before_what_the_surroundings_have() -> None:
    made = plan(variables={"URL": "{base_url}/x", "PYTHONUNBUFFERED": ""})
    around = {"PYTHONPATH": "/mine", "NODE_OPTIONS": "--trace-warnings", "NO_PROXY": "a", "FLEXFORWARD_TIME_SCALE": "1"}
    given = program_environment(made, variables(made), around, "preload")
    assert given["PYTHONPATH"] == f"{PRELOADS}{os.pathsep}/mine"
    assert given["NODE_OPTIONS"] == f'--trace-warnings --require "{PRELOADS / "preload.cjs"}"'
    assert (given["NO_PROXY"], given["no_proxy"]) == ("a,docker", "docker")
    assert (given["URL"], given["PYTHONUNBUFFERED"]) == ("http://docker:9000/x", "")
    assert "FLEXFORWARD_TIME_SCALE" not in given


def test_in_real_time_nothing_is_preloaded() -> None:
    made = plan(time="real")
    given = program_environment(made, variables(made), {"PYTHONPATH": "/mine"}, "real time")
    assert (given["PYTHONPATH"], given["FLEXFORWARD_TIME_SCALE"], given["PYTHONUNBUFFERED"]) == ("/mine", "3600", "1")
    assert "NODE_OPTIONS" not in given


@pytest.mark.parametrize(
    ("around", "given"),
    [
        ({}, ("off", "256MiB")),
        ({"GOGC": "50"}, ("50", None)),
        ({"GOMEMLIMIT": "1GiB"}, (None, "1GiB")),
    ],
    ids=["nothing said", "a pace of its own", "a limit of its own"],
)
def test_under_the_supervisor_go_collects_when_memory_is_needed(
    around: dict[str, str], given: tuple[str | None, str | None]
) -> None:
    made = plan(variables={"URL": "{base_url}/x"})
    environment = program_environment(made, variables(made), around, "supervisor")
    assert (environment.get("GOGC"), environment.get("GOMEMLIMIT")) == given
    assert "GOGC" not in program_environment(made, variables(made), {}, "preload")


def exchanges(*minutes: float, fault: str | None = None, status: int = 200) -> list[Exchange]:
    tag = "Pending" if status == 200 else None
    return [
        Exchange(
            at=START + timedelta(minutes=at), real_at=0.0, method="GET", path="/", status=status, tag=tag, fault=fault
        )
        for at in minutes
    ]


def test_in_real_time_waits_tell_whether_the_scale_is_followed() -> None:
    assert distrust_of(exchanges(0, 1, 6), "deadline") is None
    assert distrust_of(exchanges(0), "client") is None
    ignored = "its waits do not follow FLEXFORWARD_TIME_SCALE"
    assert distrust_of(exchanges(0), "deadline") == distrust_of(exchanges(0, 1, 2), "client") == ignored
    # A second between two retries is an hour to who does not know the scale.
    assert distrust_of(exchanges(0, 60, 180, status=502), "deadline") == ignored
    assert distrust_of([*exchanges(0, 60, status=502), *exchanges(120, 360)], "deadline") is None
    assert "was withheld" in str(distrust_of(exchanges(0, 30, fault="no-answer"), "client"))


def test_where_no_supervisor_can_be_had_the_way_says_why() -> None:
    def none() -> Path:
        raise SupervisorError("no compiler")

    virtual = TimeWay(ProgramOptions(command=("go-poller",), time="virtual"), none)
    assert (virtual.name, virtual.may_turn) == ("preload", True)
    assert virtual.words[-1] == "no compiler"
    assert virtual.command(["go-poller"], ("127.0.0.1", 1)) == ["go-poller"]
    with pytest.raises(ProgramOptionsError, match="no compiler"):
        TimeWay(ProgramOptions(command=("go-poller",), time="supervisor"), none)


def test_a_command_may_start_the_supervisor_itself() -> None:
    way = TimeWay(ProgramOptions(command=("docker",), time="supervisor"), lambda: Path("/mine/supervisor"))
    assert way.command(["docker", "-v", "{supervisor}:/s"], ("h", 1)) == ["docker", "-v", "/mine/supervisor:/s"]
    assert way.command(["poller"], ("h", 1)) == ["/mine/supervisor", "h:1", "poller"]


def test_the_supervisor_is_told_which_addresses_to_wait_for() -> None:
    options = ProgramOptions(command=("poller",), time="supervisor", wait_for=("127.0.0.1:5432", "[::1]:6379"))
    awaited = ["--wait-for", "127.0.0.1:5432", "--wait-for", "[::1]:6379"]
    command = TimeWay(options, lambda: Path("/mine/supervisor")).command(["poller"], ("h", 1))
    assert command == ["/mine/supervisor", "h:1", *awaited, "poller"]
