"""Labels in any order of events: made, made again, tracked, fetched, failed, moved on. One truth holds throughout."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS
from flexforward_mockserver.state.fault import Fault
from flexforward_openapi import Json, Validation, load_contract, with_labels
from kit import OTHER, OWN, Got, Kit
from label_kit import label_body

KEYS = st.sampled_from(["a", "b", "PITD-2h-c", "F-1h-d"])
ORDERS = st.sampled_from([None, "N-1", "N-2", "PITD-2h-n", "F-1h-n"])
ACCOUNTS = st.sampled_from(["own", "other"])
HEADERS = {"own": OWN, "other": OTHER}
LOSING = ("close", "reset", "close-mid-body", "truncated", "empty-body", "not-json", "no-answer", "dribble")
SUPPLYING = ("status", "gateway-page", "undocumented-status")


@dataclass
class Made:
    """What the model knows of a label: whose it is, what it is called, and the first answer, once one was heard."""

    account: str
    order: str
    answer: Json = None
    polls: int = field(default=0)


class LabelMachine(RuleBasedStateMachine):
    """Two shops make labels over a bad network."""

    def __init__(self) -> None:
        super().__init__()
        self.kit = Kit(with_demos=False)
        self.made: dict[tuple[str, str], Made] = {}
        contract = with_labels(load_contract())
        operation = contract.operation("createLabel")
        assert operation is not None
        self.responses = operation.responses
        self.validation = Validation(contract)

    def post(self, account: str, key: str, order: str | None, **more: str) -> Got:
        return self.kit.post(label_body(key, order=order), HEADERS[account], **more)

    @rule(account=ACCOUNTS, key=KEYS, order=ORDERS)
    def make(self, account: str, key: str, order: str | None) -> None:
        known = self.made.get((account, key))
        got = self.post(account, key, order)
        assert got.status == (201 if known is None else 200)
        assert not self.validation.problems(self.responses[str(got.status)], got.json, strict=True)
        if known is None:
            known = self.made[account, key] = Made(account, order or key)
        if known.answer is None:
            known.answer = got.json
        assert got.json == known.answer, "the first result, again and again"
        assert got.json["customerOrderNumber"] == known.order
        assert (got.json["status"] == "failed") == known.order.startswith("F-")

    @rule(account=ACCOUNTS, key=KEYS, order=ORDERS, kind=st.sampled_from(LOSING))
    def lose_the_answer(self, account: str, key: str, order: str | None, kind: str) -> None:
        assert FAULT_KINDS[kind].acts_on != "response"
        self.kit.sandbox.arm(Fault(kind=kind))
        self.post(account, key, order)
        self.made.setdefault((account, key), Made(account, order or key))

    @rule(account=ACCOUNTS, key=KEYS, order=ORDERS, kind=st.sampled_from(SUPPLYING))
    def fail_before_the_api(self, account: str, key: str, order: str | None, kind: str) -> None:
        self.kit.sandbox.arm(Fault(kind=kind, status=502 if kind == "status" else None))
        assert self.post(account, key, order).status in (429, 502)

    @rule(account=ACCOUNTS, key=KEYS)
    def make_a_mistake(self, account: str, key: str) -> None:
        body = label_body(key)
        del body["courier"]
        assert self.kit.post(body, HEADERS[account]).status == 400

    @rule(account=ACCOUNTS, key=KEYS, by=ACCOUNTS)
    def track_and_fetch(self, account: str, key: str, by: str) -> None:
        known = self.made.get((account, key))
        if known is None or known.answer is None:
            return
        label_id, is_failed = known.answer["id"], known.answer["status"] == "failed"
        tracked = self.kit.track(label_id, HEADERS[by])
        fetched = self.kit.ask(f"/labels/{label_id}", HEADERS[by])
        listed = self.kit.ask(f"/labels/{label_id},nobody", HEADERS[by]).json["labels"]
        if by != account:
            assert (tracked.status, fetched.status, listed) == (403, 403, [])
            return
        known.polls += 1
        found = self.kit.sandbox.find(label_id)
        assert found is not None
        assert found.polls == known.polls, "documents are no polls"
        if is_failed:
            assert (tracked.status, fetched.status, listed) == (422, 404, [])
            return
        assert (tracked.json["id"], tracked.json["trackingNumber"]) == (
            label_id,
            known.answer["courierTrackingNumber"],
        )
        assert fetched.json["customerOrderNumber"] == known.order
        assert listed == [fetched.json]

    @rule(account=ACCOUNTS, order=ORDERS.filter(bool))
    def track_by_order_number(self, account: str, order: str) -> None:
        firsts = [made for made in self.made.values() if (made.account, made.order) == (account, order)]
        if not firsts and "-" in order[2:]:
            return  # whoever tracks a script id that nobody knows begins a label
        got = self.kit.track(order, HEADERS[account])
        if firsts and firsts[0].answer is not None and not order.startswith("F-"):
            assert got.json["id"] == firsts[0].answer["id"], "an order's number finds its first label"
            firsts[0].polls += 1
        elif firsts:
            firsts[0].polls += 1

    @rule(hours=st.integers(0, 5))
    def wait(self, hours: int) -> None:
        self.kit.wait(hours=hours)

    @invariant()
    def each_key_has_one_label_and_each_label_one_id(self) -> None:
        made = self.kit.sandbox.made
        assert {(entry.label.account, entry.label.creation and entry.label.creation.key) for entry in made} == set(
            self.made
        )
        assert len({entry.label.id for entry in made}) == len(made) == len(self.made)


TestLabels = LabelMachine.TestCase
TestLabels.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
