"""Notifications are taken from posts and from what is printed, at the sandbox's time."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from flexforward_contract_tests.client.runner.notification_desk import NOTIFY_PATH, NotificationDesk, PatternError
from flexforward_contract_tests.client.transcript.run import Notification
from kit import START

UUID = "f47ac10b-58cc-4372-a567-0e02b2c3d479"


def desk(pattern: str | None = None, *, needs_label: bool = False) -> NotificationDesk:
    made = NotificationDesk(pattern, needs_label=needs_label)
    made.begin(lambda: START, {UUID: UUID, "A/1": UUID}, secrets=("own-token-1",))
    return made


def told(tag: str, label: str | None = None) -> Notification:
    return Notification(at=START, tag=tag, label=label)


def test_what_is_posted_is_taken_down_with_its_label() -> None:
    made = desk()
    client = TestClient(made)
    for label in (None, UUID, UUID.upper(), "A/1", "other"):
        body = {"tag": "InTransit"} | ({} if label is None else {"label": label})
        assert client.post(NOTIFY_PATH, json=body).status_code == 204
    assert made.taken == [told("InTransit", label) for label in (None, UUID, UUID, UUID, "other")]


def test_what_is_told_is_shown_without_credentials() -> None:
    made = desk()
    client = TestClient(made)
    client.post(NOTIFY_PATH, json={"tag": "is\n own-token-1", "label": "own-token-1"})
    assert made.taken == [told("is  ***", "***")]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"{}", b'{"label": "A/1"}', b'{"tag": null}', b'{"tag": 7}'])
def test_what_is_no_notification_is_refused(body: bytes) -> None:
    made = desk()
    client = TestClient(made)
    answer = client.post(NOTIFY_PATH, content=body)
    assert (answer.status_code, made.taken) == (400, [])
    assert "allowed" in answer.json()


def test_other_paths_and_methods_are_refused() -> None:
    client = TestClient(desk())
    assert client.get("/_mock/sandboxes").status_code == 404
    answer = client.get(NOTIFY_PATH)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_lines_are_searched_for_a_tag_and_a_label() -> None:
    made = desk(r"(?:(?P<label>\S+) is )?now (?P<tag>\w+)?")
    for line in ("A/1 is now Delivered", "it is now Exception", "B is now InTransit", "nothing", "now "):
        made.read(line)
    assert made.taken == [told("Delivered", UUID), told("Exception", "it"), told("InTransit", "B"), told("")]


def test_with_a_pattern_what_is_posted_as_well_does_not_count_twice() -> None:
    made = desk("(?P<tag>.+)")
    assert TestClient(made).post(NOTIFY_PATH, json={"tag": "Delivered"}).status_code == 204
    made.read("Delivered")
    assert made.taken == [told("Delivered")]


def test_without_a_pattern_or_a_run_nothing_is_found() -> None:
    made = desk()
    made.read("status: Delivered")
    assert made.taken == []
    made = NotificationDesk("(?P<tag>.+)")
    made.read("Delivered")
    assert made.taken == []


@pytest.mark.parametrize(
    ("pattern", "needs_label", "sentence"),
    [
        ("(", False, "'(' is no regular expression: missing ), unterminated subpattern at position 0"),
        (r"(\w+)", False, r"'(\\w+)' has no group named tag; allowed: something like 'status: (?P<tag>\w+)'"),
        ("(?P<tag>x)", True, r"has no group named label; allowed: something like '(?P<label>\S+) is (?P<tag>\w+)'"),
    ],
)
def test_a_pattern_that_finds_nothing_is_refused(pattern: str, *, needs_label: bool, sentence: str) -> None:
    with pytest.raises(PatternError) as caught:
        desk(pattern, needs_label=needs_label)
    assert sentence in str(caught.value)
