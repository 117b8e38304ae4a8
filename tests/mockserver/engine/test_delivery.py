"""What a client without a socket meets, and what of a request nothing was found for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexforward_mockserver.engine.bodies.response_body import ResponseBody
from flexforward_mockserver.engine.decision import Decision
from flexforward_mockserver.engine.delivery import (
    DRIBBLE_PIECES,
    NO_ANSWER_S,
    Delivery,
    deliver_in_process,
    deliver_live,
)
from flexforward_mockserver.engine.messages import Request, Response
from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS
from flexforward_mockserver.state.clock import Clock
from flexforward_mockserver.state.fault import Delay, Fault
from kit import OWN, PAIR, START, Kit

FOR_EVER = float("inf")


def delivered(
    kind: str | None, delay_s: float, read_timeout_s: float, *, length: int = 200, rate: float = 0
) -> tuple[Delivery, float]:
    """Return the delivery, and the seconds by which the clock moved."""
    clock = Clock(lambda: 0.0, start=START, rate=rate)
    decision = Decision(ResponseBody(status=200, content=b"x" * length), fault=kind, delay_s=delay_s)
    delivery = deliver_in_process(decision, clock, read_timeout_s)
    return delivery, (clock.now() - START).total_seconds()


@pytest.mark.parametrize("rate", [0, 1, 3600], ids=["frozen", "running", "running fast"])
@pytest.mark.parametrize(
    ("kind", "delay_s", "read_timeout_s", "manner", "waited_s"),
    [
        pytest.param("latency", 5, 6, "whole", 5, id="in time"),
        pytest.param("latency", 5, 5, "whole", 5, id="just in time"),
        pytest.param("latency", 5, 4.999, "no-answer", 4.999, id="too late"),
        pytest.param("latency", 86_400, FOR_EVER, "whole", 86_400, id="however late"),
        pytest.param("no-answer", 0, 5, "no-answer", 5, id="no answer"),
        pytest.param("no-answer", 0, NO_ANSWER_S, "close", NO_ANSWER_S, id="closed at last"),
        pytest.param("no-answer", 1, NO_ANSWER_S, "no-answer", NO_ANSWER_S, id="closed a second too late"),
        pytest.param("no-answer", 1, FOR_EVER, "close", NO_ANSWER_S + 1, id="closed a second later"),
        pytest.param("close", 5, 6, "close", 5, id="a close"),
        pytest.param("close", 5, 4, "no-answer", 4, id="a close too late"),
        pytest.param("reset", 0, 1, "reset", 0, id="a reset"),
        pytest.param("close-mid-body", 0, 1, "close-mid-body", 0, id="a close in mid-body"),
        pytest.param("dribble", 0, 0.25, "whole", 5, id="a dribble whose gaps are short enough"),
        pytest.param("dribble", 0, 0.249, "dribble", 0.249, id="a dribble whose gaps are too long"),
        pytest.param("dribble", 40, 2, "whole", 40, id="a longer dribble"),
        pytest.param("dribble", 40, FOR_EVER, "whole", 40, id="a dribble for the patient"),
        pytest.param("truncated", 5, 1, "no-answer", 1, id="a spoilt body too late"),
        pytest.param(None, 5, 1, "no-answer", 1, id="a delay without a fault"),
        pytest.param(None, 5, 5, "whole", 5, id="a delay that is short enough"),
    ],
)
def test_a_client_waits_no_longer_than_it_would(
    kind: str | None, delay_s: float, read_timeout_s: float, manner: str, waited_s: float, rate: float
) -> None:
    delivery, moved_s = delivered(kind, delay_s, read_timeout_s, rate=rate)
    assert (delivery.manner, delivery.delay_s, moved_s) == (manner, waited_s, waited_s)


@pytest.mark.parametrize(
    ("length", "pieces"),
    [
        pytest.param(1, 1, id="one byte"),
        pytest.param(19, 19, id="one byte too few"),
        pytest.param(20, 20, id="a byte for each piece"),
        pytest.param(21, 11, id="two bytes to a piece"),
        pytest.param(40, 20, id="two bytes to each piece"),
        pytest.param(401, 20, id="the last piece shorter"),
    ],
)
def test_the_gaps_of_a_dribble_are_those_of_the_live_server(length: int, pieces: int) -> None:
    over_s = 60.0
    assert pieces <= DRIBBLE_PIECES
    assert delivered("dribble", over_s, over_s / pieces, length=length)[0].manner == "whole"
    assert delivered("dribble", over_s, over_s / pieces - 0.001, length=length)[0].manner == "dribble"


def test_an_empty_body_cannot_be_waited_for() -> None:
    assert delivered("dribble", 60, 0.001, length=0)[0].manner == "whole"


@given(
    kind=st.sampled_from([None, *FAULT_KINDS]),
    delay_s=st.floats(0, 86_400),
    read_timeout_s=st.floats(0.001, 1000) | st.just(FOR_EVER),
    length=st.integers(0, 1000),
)
def test_nobody_waits_longer_than_patience_between_two_bytes(
    kind: str | None, delay_s: float, read_timeout_s: float, length: int
) -> None:
    delivery, moved_s = delivered(kind, delay_s, read_timeout_s, length=length)
    assert moved_s == pytest.approx(delivery.delay_s, abs=1e-6)
    if kind != "dribble":
        assert delivery.delay_s <= read_timeout_s
    if read_timeout_s == FOR_EVER:
        expected = FAULT_KINDS[kind].manner if kind else "whole"
        assert delivery.manner == {"dribble": "whole", "no-answer": "close"}.get(expected, expected)
    if delivery.manner in ("no-answer", "dribble"):
        assert delivery.delay_s == read_timeout_s


@pytest.mark.parametrize(
    ("rate", "delay_s", "waited_s", "moved_s"),
    [
        pytest.param(0, 5, 5, 5, id="frozen"),
        pytest.param(1, 5, 5, 0, id="running, and moved by the wait itself"),
        pytest.param(10, 50, 5, 0, id="running fast"),
    ],
)
def test_on_a_socket_a_delay_is_waited_for_as_the_clock_runs(
    rate: float, delay_s: float, waited_s: float, moved_s: float
) -> None:
    clock = Clock(lambda: 0.0, start=START, rate=rate)
    decision = Decision(ResponseBody(status=200, content=b"x"), fault="latency", delay_s=delay_s)
    assert deliver_live(decision, clock) == Delivery(manner="whole", delay_s=waited_s)
    assert clock.now() == START + timedelta(seconds=moved_s)


# -- By the engine


def ask(kit: Kit, read_timeout_s: float | None, **prefer: str) -> Response:
    headers = [
        (b"authorization", b"Bearer YOUR_API_TOKEN"),
        *((b"prefer", value.encode()) for value in prefer.values()),
    ]
    return kit.engine.handle(Request("GET", "/tracking/T-1h-a", "", headers), read_timeout_s=read_timeout_s)


@pytest.mark.parametrize("read_timeout_s", [None, 1.0, FOR_EVER], ids=["on a socket", "a second", "for ever"])
def test_an_answer_without_delay_has_no_delivery(read_timeout_s: float | None) -> None:
    kit = Kit(with_demos=False)
    assert ask(kit, read_timeout_s).delivery is None
    assert kit.last.duration_s == 0


@pytest.mark.parametrize(
    ("read_timeout_s", "manner", "status", "waited_s"),
    [
        pytest.param(None, "whole", 200, 10, id="on a socket, where the client is not known"),
        pytest.param(9, "no-answer", None, 9, id="gives up"),
        pytest.param(10, "whole", 200, 10, id="waits"),
    ],
)
@pytest.mark.parametrize("by", ["an order", "Prefer"])
def test_the_journal_tells_what_came_and_how_long_it_took(
    read_timeout_s: float | None, manner: str, status: int | None, waited_s: float, by: str
) -> None:
    kit = Kit(with_demos=False)
    kit.sandbox.clock.run(0)
    if by == "an order":
        kit.sandbox.arm(Fault(kind="latency", delay=Delay(fixed=10)))
        reply = ask(kit, read_timeout_s)
    else:
        reply = ask(kit, read_timeout_s, prefer="delay=10s")
    assert reply.delivery is not None
    assert (reply.delivery.manner, kit.last.status, kit.last.duration_s) == (manner, status, waited_s)
    assert kit.sandbox.clock.now() == START + timedelta(seconds=waited_s)


def test_a_head_that_came_without_its_body_was_sent() -> None:
    kit = Kit(with_demos=False)
    kit.sandbox.arm(Fault(kind="dribble", delay=Delay(fixed=100)))
    ask(kit, 1)
    assert (kit.last.status, kit.last.duration_s) == (200, 1)


# -- What nothing was found for


@pytest.mark.parametrize(
    ("method", "path", "headers", "unmatched"),
    [
        pytest.param("GET", "/tracking/T-1h-a", OWN, None, id="a label"),
        pytest.param("GET", "/tracking/unknown", OWN, None, id="an unknown id"),
        pytest.param("GET", "/tracking/T-1h-a", {}, None, id="no credentials"),
        pytest.param("GET", "/tracking/T-1h-a", {"x-rr-apikey": "test-key"}, "credentials", id="half a pair"),
        pytest.param("GET", "/tracking/a", {"Authorization": "Bearer x"}, "credentials", id="credentials of nobody"),
        pytest.param("GET", "/tracking/a", {"Authorization": "Basic x"}, None, id="another scheme is none"),
        pytest.param("GET", "/tracking/T-1h-a", {**PAIR, "Authorization": "Bearer x"}, None, id="one of two suffices"),
        pytest.param("POST", "/tracking/a", OWN, "method", id="a method"),
        pytest.param("HEAD", "/tracking/a", {}, "method", id="a method, before credentials"),
        pytest.param("GET", "/trackings/a", OWN, "path", id="a path"),
        pytest.param("POST", "/", {}, "path", id="a path, before the method"),
    ],
)
def test_what_nothing_was_found_for_is_on_record(
    method: str, path: str, headers: dict[str, str], unmatched: str | None
) -> None:
    kit = Kit(with_demos=False)
    kit.ask(path, headers, method=method)
    exchanges = (*kit.sandbox.journal.exchanges, *kit.engine.sandboxes.unattributed.exchanges)
    assert [exchange.unmatched for exchange in exchanges] == [unmatched]


def test_revoked_credentials_are_known() -> None:
    kit = Kit(with_demos=False)
    kit.sandbox.revoked.add("own")
    assert (kit.track("T-1h-a").status, kit.last.unmatched) == (401, None)
