"""The edge that sends: what it keeps to itself, when it waits, asks again, and stops."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from api_kit import API_KEY, LABEL, TARGET, TOKEN, serving, shipment
from flexforward_contract_tests.api.probing.probe import Probe
from flexforward_contract_tests.api.probing.rate import Limiter, Rate
from flexforward_contract_tests.api.probing.sender import STRIKES, Sender

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from api_kit import Asked
    from flexforward_contract_tests.api.probing.observation import Observation
    from flexforward_openapi import Json

HEADERS = (("Authorization", "Bearer $FLEXFORWARD_TOKEN"), ("X-Odd", "ä"))
READ = Probe(name="read", purpose="read", target=f"/tracking/{LABEL}", headers=HEADERS, asks_for=LABEL)
ODD = msgspec.structs.replace(READ, name="odd", purpose="odd", target="/tracking/%00?a=%zz&&", is_odd=True)
ERROR: Json = {"error": "No"}


class Sent:
    """A run of a sender against a fake."""

    def __init__(self, probes: Sequence[Probe], answer: Callable[[Asked], None], **options: Any) -> None:
        self.slept: list[float] = []
        self.waited: list[float] = []
        self.asked: list[str] = []
        self.told: list[str] = []

        def counting(asked: Asked) -> None:
            self.asked.append(f"{asked.command} {asked.path}")
            answer(asked)

        with serving(counting) as url:
            self.send(probes, url, **options)

    def send(self, probes: Sequence[Probe], url: str, *, timeout_s: float = 5, rate: Rate | None = None) -> None:
        clock = time.monotonic
        self.limiter = Limiter(rate, clock=clock, sleep=self.waited.append)
        with Sender(
            msgspec.structs.replace(TARGET, base_url=f"{url}/v1/"),
            limiter=self.limiter,
            clock=clock,
            sleep=self.slept.append,
            timeout_s=timeout_s,
            on_sent=lambda probe: self.told.append(probe.name),
        ) as sender:
            self.observations = sender.send_all(probes)
            self.stopped = sender.stopped

    @property
    def statuses(self) -> list[int | None]:
        return [observation.status for observation in self.observations]

    @property
    def only(self) -> Observation:
        (observation,) = self.observations
        return observation


def script(*statuses: int | None, **headers: str) -> Callable[[Asked], None]:
    """Answer with these statuses, the last of them for ever; None cuts the connection."""
    left = list(statuses)

    def answer(asked: Asked) -> None:
        status = left.pop(0) if len(left) > 1 else left[0]
        if status is None:
            asked.close_connection = True
        else:
            asked.reply(status, shipment() if status == 200 else ERROR, **headers)

    return answer


def test_what_is_sent_is_what_was_planned() -> None:
    got: list[tuple[str, str | None, str | None, bytes]] = []

    def answer(asked: Asked) -> None:
        body = asked.rfile.read(int(asked.headers.get("Content-Length", 0)))
        got.append((asked.path, asked.headers.get("Authorization"), asked.headers.get("X-Odd"), body))
        asked.reply(200, shipment(), Set_Cookie="session=1")

    post = msgspec.structs.replace(READ, method="POST", purpose="method", body=b"{}")
    sent = Sent([READ, ODD, post], answer)
    assert sent.asked == [f"GET /v1/tracking/{LABEL}", "GET /v1/tracking/%00?a=%zz&&", f"POST /v1/tracking/{LABEL}"]
    assert {entry[1:3] for entry in got} == {(f"Bearer {TOKEN}", "ä")}
    assert [entry[3] for entry in got] == [b"", b"", b"{}"]
    assert sent.observations[0].shipment == shipment()
    assert sent.told == ["read", "odd", "read"]
    assert TOKEN not in repr([observation.probe for observation in sent.observations])


def test_no_cookie_comes_back_and_no_redirect_is_followed() -> None:
    cookies: list[str | None] = []

    def answer(asked: Asked) -> None:
        cookies.append(asked.headers.get("Cookie"))
        asked.reply(302, Set_Cookie="session=1", Location=f"{asked.path}/elsewhere")

    sent = Sent([READ, READ], answer)
    assert sent.statuses == [302, 302]
    assert cookies == [None, None]
    assert len(sent.asked) == 2


def test_no_proxy_and_no_netrc_of_the_environment_counts_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert Sent([READ], script(200)).statuses == [200]


def test_the_pace_is_kept_for_every_request() -> None:
    sent = Sent([READ] * 3, script(502, 200), rate=Rate(1, 1))
    assert sent.statuses == [502, 200, 200, 200]
    assert len(sent.waited) == 3


@pytest.mark.parametrize("status", [502, 429, None])
def test_a_passing_answer_is_asked_for_again(status: int | None) -> None:
    sent = Sent([READ], script(status, 200))
    assert [(observation.status, observation.is_repeated) for observation in sent.observations] == [
        (status, True),
        (200, False),
    ]
    lasting = Sent([READ], script(status or 502))
    assert [observation.is_repeated for observation in lasting.observations] == [True, True, False]


@pytest.mark.parametrize(
    ("status", "headers", "slept"),
    [
        (502, {"Retry_After": "2"}, [2.0]),
        (502, {"Retry_After": "0"}, []),
        (502, {"Retry_After": "3600"}, []),
        (502, {"Retry_After": "soon"}, []),
        (429, {"Retry_After": "20"}, [20.0]),
        (429, {}, []),
    ],
)
def test_a_wish_for_a_pause_is_heard_if_it_is_short(status: int, headers: dict[str, str], slept: list[float]) -> None:
    sent = Sent([READ], script(status, 200, **headers))
    assert (sent.slept, sent.statuses) == (slept, [status, 200])


def test_a_pause_may_be_told_by_the_clock_of_the_api() -> None:
    answer = script(429, 200, Retry_After="Thu, 02 Apr 2026 09:01:00 GMT")

    def at_nine(asked: Asked) -> None:
        asked.date_time_string = lambda timestamp=None: "Thu, 02 Apr 2026 09:00:00 GMT"  # type: ignore[method-assign]  # noqa: ARG005
        answer(asked)

    assert Sent([READ], at_nine).slept == [60.0]


@pytest.mark.parametrize(("wanted", "pause"), [("61", "a pause of 61 s"), ("9" * 400, "an endless pause")])
def test_a_long_pause_is_not_made_but_ends_the_run(wanted: str, pause: str) -> None:
    sent = Sent([READ, READ], script(200, 429, Retry_After=wanted))
    assert sent.statuses == [200, 429]
    assert sent.stopped == f"stopped early: the API limits requests (429), and asks for {pause}"


def test_a_limit_slows_down_whatever_is_sent_and_asks_again() -> None:
    post = msgspec.structs.replace(READ, method="POST", purpose="method")
    sent = Sent([READ, ODD, post], script(200, 429, 404, 429, 429, 405))
    assert [(it.status, it.is_repeated) for it in sent.observations] == [
        (200, False),
        (429, True),
        (404, False),
        (429, True),
        (429, True),
        (405, False),
    ]
    assert (sent.limiter.slowed, str(sent.limiter.pace), sent.stopped) == (3, "1/s", None)


def test_a_limit_that_lasts_ends_the_run() -> None:
    sent = Sent([READ] * 30, script(200, 429))
    assert sent.stopped == "stopped early: 5 times in a row something failed, and the last time the answer was 429"
    assert sum(observation.is_repeated for observation in sent.observations) == 2 * STRIKES


def test_what_was_made_up_ends_the_run_where_nobody_answers_any_more() -> None:
    def by_input(asked: Asked) -> None:
        if "%00" in asked.path:
            asked.close_connection = True
        else:
            asked.reply(500 if "odd" in asked.path else 200, shipment())

    clock = time.monotonic
    odd = msgspec.structs.replace(ODD, target="/tracking/odd")
    with (
        serving(by_input) as url,
        Sender(
            msgspec.structs.replace(TARGET, base_url=url),
            limiter=Limiter(None, clock=clock, sleep=time.sleep),
            clock=clock,
            sleep=time.sleep,
            timeout_s=5,
            on_sent=lambda _: None,
        ) as sender,
    ):
        for probe in [*[odd] * 9, *[ODD] * 4, READ, *[ODD] * 4]:
            sender.send_generated(probe)
            assert sender.stopped is None
        sender.send_generated(ODD)
        assert sender.stopped is not None


def test_bodies_have_a_bound_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flexforward_contract_tests.api.probing.sender.MAX_TOTAL_BYTES", 1_500_000)
    sent = Sent([READ] * 9, lambda asked: asked.reply(200, b"1" * 1_000_000))
    assert sent.statuses == [200, 200]
    assert sent.stopped == "stopped early: the answers came to more than 1 MB"


def test_there_is_an_end_to_asking_again() -> None:
    unknown = msgspec.structs.replace(READ, purpose="unknown")
    answers = script(*([401, 502, 502, 502] * 30))
    sent = Sent([unknown, msgspec.structs.replace(READ, method="POST")] * 12, answers)
    assert sum(observation.is_repeated for observation in sent.observations) <= 20


def test_it_stops_when_nothing_works_any_more() -> None:
    sent = Sent([READ] * 30, script(200, 503))
    assert sent.statuses == [200] + [503] * STRIKES
    assert sent.stopped == "stopped early: 5 times in a row something failed, and the last time the answer was 503"
    broken = Sent([READ] * 30, script(200, None))
    assert broken.stopped is not None
    assert "there was no answer (Server disconnected" in broken.stopped


def test_it_stops_at_once_where_nobody_answers() -> None:
    sent = Sent([], script(200))
    sent.send([READ] * 30, "http://127.0.0.1:9")
    assert sent.statuses == [None] * 3
    assert sent.stopped == "the API does not answer ([Errno 111] Connection refused)"


def test_odd_input_that_breaks_something_is_told_from_a_server_that_has_gone() -> None:
    def by_input(asked: Asked) -> None:
        asked.reply(500 if "%00" in asked.path else 200, shipment())

    sent = Sent([READ, *[ODD] * 20, READ], by_input)
    assert sent.statuses == [200] + [500, 200] * STRIKES + [200]
    assert not any(observation.is_repeated for observation in sent.observations)
    assert sent.stopped is None

    gone = Sent([READ, *[ODD] * 20, READ], script(200, 500))
    assert gone.statuses == [200] + [500, 500] * STRIKES
    assert [observation.is_repeated for observation in gone.observations[1::2]] == [True] * STRIKES
    assert gone.stopped is not None

    unread = Sent([*[ODD] * 20], script(200, 500))
    assert unread.statuses == [200] + [500] * STRIKES


def test_a_kept_connection_that_was_closed_is_no_answer_to_odd_input() -> None:
    sent = Sent([READ, ODD], script(200, None, 404, 404))
    assert sent.statuses == [200, 404]
    cut = Sent([READ, ODD, READ], lambda asked: script(None)(asked) if "%00" in asked.path else script(200)(asked))
    assert cut.statuses == [200, None, 200, 200]


def test_nothing_hangs() -> None:
    def silent(_: Asked) -> None:
        time.sleep(0.6)

    began = time.monotonic()
    sent = Sent([READ] * 9, silent, timeout_s=0.1)
    assert sent.statuses == [None] * 3
    assert sent.stopped == "the API does not answer (nothing came for 0.1 s)"
    assert time.monotonic() - began < 5

    def dripping(asked: Asked) -> None:
        asked.send_response(200)
        asked.send_header("Content-Length", "1000")
        asked.end_headers()
        for _ in range(40):
            asked.wfile.write(b" ")
            asked.wfile.flush()
            time.sleep(0.05)

    sent = Sent([READ], dripping, timeout_s=0.2)
    assert (sent.only.status, sent.only.problem) == (200, "it had not ended in time")


def test_a_body_has_an_end() -> None:
    def endless(asked: Asked) -> None:
        asked.send_response(200)
        asked.end_headers()
        asked.close_connection = True
        for _ in range(200):
            asked.wfile.write(b" " * 1_000_000)

    sent = Sent([READ], endless)
    assert sent.only.problem == "it had not ended after 5000000 bytes"
    assert sent.only.shipment is None


def test_a_body_that_breaks_off_is_seen() -> None:
    def short(asked: Asked) -> None:
        asked.send_response(200)
        asked.send_header("Content-Length", "1000")
        asked.end_headers()
        asked.wfile.write(b'{"id"')
        asked.close_connection = True

    sent = Sent([READ], short)
    assert (sent.only.status, sent.only.body) == (200, b'{"id"')
    assert "without sending complete message body" in (sent.only.problem or "")


def test_a_secret_is_sent_to_nobody_who_does_not_need_it() -> None:
    headers: list[str] = []

    def answer(asked: Asked) -> None:
        headers.append(str(asked.headers))
        asked.reply(401, ERROR)

    Sent([msgspec.structs.replace(READ, headers=())], answer)
    assert headers
    assert not [text for text in headers if TOKEN in text or API_KEY in text]
