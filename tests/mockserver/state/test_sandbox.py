from __future__ import annotations

import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from flexforward_mockserver.scenarios.script_id import parse_script_id
from flexforward_mockserver.state.journal import Journal
from flexforward_mockserver.state.label import draw_tracking_number, label_uuid
from flexforward_mockserver.state.sandbox import LabelTakenError, NoStepError, SandboxFullError, StepPassedError
from kit import OTHER, Kit

UNUSED = "0f0e0d0c-0b0a-4908-8706-050403020100"

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_mockserver.state.sandbox import Tracked


@pytest.fixture(autouse=True)
def eager_threads() -> Iterator[None]:
    """Let threads take turns as often as they can, so that a race shows."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def test_thirty_pollers_at_once_see_each_step_exactly_as_scripted_and_never_backwards() -> None:
    kit = Kit(with_demos=False)
    letters = "PITETETETETETETETETD"
    key = f"{letters}-7x-race"

    def poller(_: int) -> list[int]:
        return [len(kit.track(key).json["checkpoints"]) for _ in range(20)]

    with ThreadPoolExecutor(30) as pool:
        per_thread = list(pool.map(poller, range(30)))
    steps = [exchange.step for exchange in kit.sandbox.journal.exchanges]
    assert len(steps) == 600
    expected = [min(index // 7, len(letters) - 1) for index in range(600)]
    assert steps == expected, "in the order of the journal, seven requests see each step"
    assert [exchange.poll for exchange in kit.sandbox.journal.exchanges] == list(range(1, 601))
    assert all(seen == sorted(seen) for seen in per_thread), "each step adds a checkpoint; none is lost again"


def test_pollers_during_a_jump_of_time_see_steps_in_order() -> None:
    kit = Kit(with_demos=False)
    kit.track("PITETD-1h-jump")

    def poller(_: int) -> list[int | None]:
        found: list[int | None] = []
        for _ in range(50):
            kit.track("PITETD-1h-jump")
            kit.wait(minutes=5)  # threads that add at once may lose some of these
        return found

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(poller, range(8)))
    steps = [exchange.step or 0 for exchange in kit.sandbox.journal.exchanges]
    assert steps == sorted(steps)
    assert steps[-1] == 5


def test_a_label_is_refused_where_its_uuid_or_order_number_is_taken() -> None:
    kit = Kit()
    label = kit.sandbox.labels[0]
    with pytest.raises(LabelTakenError, match=f"sandbox 'default' has a label '{label.id}' already"):
        kit.sandbox.add(label)


def test_a_full_sandbox_answers_404_and_keeps_what_it_has() -> None:
    kit = Kit(with_demos=False, label_limit=2)
    assert kit.track("T-1h-a").status == 200
    assert kit.track("T-1h-b").status == 200
    assert kit.track("T-1h-c").status == 404
    assert kit.last.note == "sandbox 'default' holds 2 labels, the most it may"
    assert kit.track("T-1h-a").status == 200
    with pytest.raises(SandboxFullError):
        kit.sandbox.add(kit.sandbox.labels[0])


def test_advance_by_hand_opens_the_next_step() -> None:
    kit = Kit()
    tracked = kit.sandbox.find("DEMO-delivered")
    assert tracked is not None
    before = kit.track("DEMO-delivered").json["tag"]
    kit.sandbox.advance(tracked, kit.sandbox.clock.now())
    assert (before, kit.track("DEMO-delivered").json["tag"]) == ("Pending", "InfoReceived")


def jumping(kit: Kit) -> Tracked:
    scenario = parse_script_id("PITD-6h-a")
    assert scenario is not None
    steps = tuple(replace(step, name=f"step-{index}" if index else None) for index, step in enumerate(scenario.steps))
    return kit.sandbox.add(kit.sandbox.make_label(replace(scenario, steps=steps), order_number="a"))


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        pytest.param(0, 0, id="the open one"),
        pytest.param(2, 2, id="two on"),
        pytest.param(3, 3, id="the last"),
        pytest.param("step-3", 3, id="by name"),
    ],
)
def test_a_jump_opens_all_steps_on_its_way(step: int | str, expected: int) -> None:
    kit = Kit(with_demos=False)
    tracked = jumping(kit)
    assert kit.sandbox.jump(tracked, step, kit.sandbox.clock.now()).step == expected
    assert len(kit.track("a").json["checkpoints"]) == expected


def test_a_jump_counts_from_the_step_that_time_has_opened() -> None:
    kit = Kit(with_demos=False)
    tracked = jumping(kit)
    kit.wait(hours=12)
    with pytest.raises(StepPassedError, match=r"^step 1 has passed: step 2 is open$") as passed:
        kit.sandbox.jump(tracked, 1, kit.sandbox.clock.now())
    with pytest.raises(NoStepError, match=r"^there is no step 4$") as missing:
        kit.sandbox.jump(tracked, 4, kit.sandbox.clock.now())
    assert missing.value.allowed == "0 to 3, step-1, step-2, step-3"
    for step in (-1, "step-0", ""):
        with pytest.raises(NoStepError):
            kit.sandbox.jump(tracked, step, kit.sandbox.clock.now())
    assert kit.sandbox.jump(tracked, 2, kit.sandbox.clock.now()).step == 2
    for error in (passed.value, missing.value):
        assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_journal_keeps_the_newest_and_counts_what_it_dropped() -> None:
    kit = Kit()
    journal = Journal(limit=2)
    for _ in range(3):
        kit.track("DEMO-delivered")
        journal.record(kit.last)
    assert [exchange.poll for exchange in journal.exchanges] == [2, 3]
    assert (journal.dropped, journal.count) == (1, 3)


def test_ids_and_tracking_numbers_are_the_same_for_the_same_name_and_seed() -> None:
    assert label_uuid("PITD-6h-1001") == "23cc8d5a-196a-5bc3-a57f-27f4436f131a", "published: others may rely on it"
    assert draw_tracking_number(0, "a") == draw_tracking_number(0, "a")
    assert draw_tracking_number(0, "a") != draw_tracking_number(1, "a")
    assert draw_tracking_number(0, "a") != draw_tracking_number(0, "b")


def test_time_passes_in_a_sandbox_as_its_clock_says() -> None:
    kit = Kit()
    clock = kit.sandbox.clock
    clock.run(0)
    start = clock.now()
    kit.wait(hours=1)
    assert clock.now() == start
    clock.run(10)
    kit.wait(hours=1)
    assert clock.now() == start + timedelta(hours=10)
    assert clock.advance(timedelta(days=1)) == start + timedelta(days=1, hours=10)


def test_each_account_has_its_own_order_numbers() -> None:
    kit = Kit(with_demos=False)
    scenario, other = parse_script_id("PD-1h-x"), parse_script_id("TD-1h-x")
    assert scenario is not None
    assert other is not None
    own = kit.sandbox.add(kit.sandbox.make_label(scenario, order_number="N-1"))
    twin = kit.sandbox.add(kit.sandbox.make_label(other, order_number="N-1", account="other"))
    assert own.label.id != twin.label.id
    assert kit.track("N-1").json["tag"] == "Pending"
    assert kit.track("N-1", OTHER).json["tag"] == "InTransit"
    assert kit.track(twin.label.id).status == 403
    with pytest.raises(LabelTakenError, match="N-1"):
        kit.sandbox.add(kit.sandbox.make_label(other, order_number="N-1", account="other", label_id=UNUSED))
    kit.sandbox.remove(twin)
    assert kit.track("N-1", OTHER).status == 403, "what is left is the own account's"
    kit.sandbox.add(twin.label)
    kit.sandbox.reset(kit.sandbox.clock)
    assert kit.sandbox.find("N-1", "other") is None


def test_an_order_number_in_the_form_of_a_uuid_shadows_no_label() -> None:
    kit = Kit(with_demos=False)
    scenario = parse_script_id("PD-1h-x")
    assert scenario is not None
    label = kit.sandbox.add(kit.sandbox.make_label(scenario, order_number="N-1")).label
    for account in ("own", "other"):
        made = kit.sandbox.make_label(scenario, order_number=label.id.upper(), account=account, label_id=UNUSED)
        with pytest.raises(LabelTakenError):
            kit.sandbox.add(made)
    found = kit.sandbox.add(kit.sandbox.make_label(scenario, order_number=UNUSED.upper()))
    assert kit.sandbox.find(UNUSED) is kit.sandbox.find(UNUSED.upper()) is found
