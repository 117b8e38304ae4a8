"""A whole sandbox against a simple model: steps taken, counted by hand."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from flexforward_mockserver.scenarios.script_id import parse_script_id
from kit import OTHER, OWN, Kit

TAGS = {"P": "Pending", "I": "InfoReceived", "T": "InTransit", "E": "Exception", "D": "Delivered", "U": "Unknown"}
FAILURES = {"G": 502, "F": 422, "N": 404, "X": 403, "A": 401}
LETTERS = "PITEDUGFNXA"


@dataclass
class Model:
    """A shipment as the words of the script say it, kept in whole hours and counted requests."""

    letters: str
    pace: int
    by_polls: bool
    account: str
    began: int
    hand: int = 0
    polls: int = 0

    def step(self, hour: int) -> int:
        passed = 0 if self.by_polls else (hour - self.began) // self.pace
        counted = max(self.polls - 1, 0) // self.pace if self.by_polls else 0
        return min(passed + counted, len(self.letters) - 1)


class SandboxMachine(RuleBasedStateMachine):
    """Clients of two accounts ask, time passes, and the model says what each answer has to be."""

    labels: Bundle[str] = Bundle("labels")

    def __init__(self) -> None:
        super().__init__()
        self.kit = Kit(with_demos=False)
        self.hour = 0
        self.models: dict[str, Model] = {}
        self.exchanges = 0

    @rule(
        target=labels,
        letters=st.text(LETTERS, min_size=1, max_size=6),
        pace=st.integers(1, 3),
        by_polls=st.booleans(),
        name=st.integers(0, 3),
    )
    def name_an_order(self, letters: str, pace: int, by_polls: bool, name: int) -> str:
        return f"{letters}-{pace}{'x' if by_polls else 'h'}-{name}"

    @rule(hours=st.integers(0, 5))
    def wait(self, hours: int) -> None:
        self.kit.wait(hours=hours)
        self.hour += hours

    @rule(order=labels, account=st.sampled_from(["own", "other"]))
    def read(self, order: str, account: str) -> None:
        got = self.kit.track(order, OWN if account == "own" else OTHER)
        self.exchanges += 1
        letters, pace, _ = order.split("-")
        if order not in self.models:
            self.models[order] = Model(letters, int(pace[:-1]), pace.endswith("x"), account, self.hour)
        model = self.models[order]
        if model.account != account:
            assert (got.status, got.json) == (403, {"error": "Forbidden"})
            return
        model.polls += 1
        letter = letters[model.step(self.hour)]
        if letter in FAILURES:
            assert got.status == FAILURES[letter]
        else:
            assert (got.status, got.json["tag"]) == (200, TAGS[letter])
            told = [one for one in letters[: model.step(self.hour) + 1] if one in "ITED"]
            assert [entry["tag"] for entry in reversed(got.json["checkpoints"])] == [TAGS[one] for one in told]
            assert (got.json["trackingNumber"] is None) == (not told)
        assert (self.kit.last.poll, self.kit.last.step) == (model.polls, model.step(self.hour))

    @rule(order=labels)
    def ask_for_a_failure(self, order: str) -> None:
        assert self.kit.track(order, Prefer="code=502").status == 502
        self.exchanges += 1

    @rule(order=consumes(labels))
    def forget_the_credentials(self, order: str) -> None:
        assert self.kit.track(order, {}).status == 401

    @rule(order=labels)
    def write(self, order: str) -> None:
        assert self.kit.track(order, method="DELETE").status == 405
        self.exchanges += 1

    @invariant()
    def every_exchange_is_on_record(self) -> None:
        journal = self.kit.sandbox.journal
        assert len(journal.exchanges) + journal.dropped == self.exchanges


TestSandbox = SandboxMachine.TestCase
TestSandbox.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_the_models_letters_are_those_of_the_grammar() -> None:
    assert all(parse_script_id(f"{letter}-1h-x") for letter in LETTERS)
    assert set(LETTERS) == {*TAGS, *FAILURES}
