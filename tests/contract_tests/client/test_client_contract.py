"""``ClientContract`` as a project uses it: a subclass of ten lines, and a test for each rule."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import flexforward_contract_tests.client.client_contract
import flexforward_contract_tests.client.runner.trial_runner
import flexforward_contract_tests.client.virtual_time.live_transport
from flexforward_contract_tests.client.rules.registry import CLIENT_RULES
from flexforward_contract_tests.client.runner.saved_trial import save_trial
from plugin_kit import INI, Ran, run_apart
from plugin_kit import run as run_inner
from server_process import running
from virtual_kit import trial

# pytester forgets what an inner run imports, and modules that know each other must not be had twice.
IMPORTED = (
    flexforward_contract_tests.client.client_contract,
    flexforward_contract_tests.client.virtual_time.live_transport,
)
KEPT = Path(".flexforward")
GOOD = """\
import time
from urllib.parse import quote

import requests
from flexforward_contract_tests import ClientContract

WAITS = {"Pending": 14400, "InfoReceived": 14400, "InTransit": 1800, "Exception": 900}
NEWS = ("InfoReceived", "InTransit", "Exception", "Delivered")


def poll(env, *, end=("Delivered", "Cancelled"), waits=WAITS, news=NEWS, timeout=20):
    told, failures = None, 0
    url = f"{env.base_url}/tracking/{quote(env.order_number, safe='')}"
    while True:
        try:
            answer = requests.get(url, headers={"Authorization": f"Bearer {env.token}"}, timeout=timeout)
            if answer.status_code in (401, 403, 404, 422):
                return
            answer.raise_for_status()
            tag = answer.json()["tag"]
        except requests.RequestException:
            failures += 1
            time.sleep(min(2**failures, 1800))
            continue
        failures = 0
        if tag in news and tag != told:
            told = tag
            env.notify(tag)
        if tag in end:
            return
        time.sleep(waits.get(tag, 3600))
"""
TEN_LINES = """

class TestPoller(ClientContract):
    drawn = 3

    def run_client(self, env):
        poll(env)
"""
TELLING = """

class TestPoller(TestPoller):
    def run_client(self, env):
        with open("told.txt", "a") as file:
            file.write(f"{env.order_number}\\n")
        poll(env)
"""
FAULTY = """

class TestPoller(ClientContract):
    drawn = 0
    is_strict = IS_STRICT

    def run_client(self, env):
        poll(env, WHAT)
"""


def run(pytester: pytest.Pytester, tests: str, *args: str) -> Ran:
    return run_inner(pytester, GOOD + tests, *args)


ONLY = ("-k", "terminal or accepted")


def faulty(what: str, *, is_strict: bool = False) -> str:
    return FAULTY.replace("WHAT", what).replace("IS_STRICT", str(is_strict))


def not_passed(ran: Ran) -> dict[str, str]:
    """Return the tests that did not pass, without those of a rule that no client of one label can be tried by."""
    found = {name.removeprefix("TestPoller::"): told for name, told in ran.outcomes.items() if told != "passed"}
    assert found.pop("test_rule[client.rate]") == "call skipped"
    return found


def test_a_client_that_keeps_the_rules_passes_a_test_for_each(pytester: pytest.Pytester) -> None:
    ran = run(pytester, TEN_LINES)
    assert not_passed(ran) == {}
    names = [f"TestPoller::test_rule[{rule.id}]" for rule in CLIENT_RULES]
    assert list(ran.outcomes) == [*names, "TestPoller::test_every_rule_was_judged", "TestPoller::test_coverage"]
    assert not (pytester.path / KEPT).exists()


def test_a_failure_says_what_to_know(pytester: pytest.Pytester) -> None:
    ran = run(pytester, faulty('end=("Cancelled",)'), *ONLY)
    assert ran.complaint("TestPoller::test_rule[client.stop.terminal]").splitlines() == [
        "23 requests, the first 1h after it (must, guide)",
        "  rule      After Delivered or Cancelled it asks no more.",
        "  expected  no request after Delivered",
        "  actual    23 requests, the first 1h after it",
        "  from 2026-04-01T00:00:00Z, on a machine in America/New_York:",
        "           +0s  GET /tracking/ORDER-1  200 Delivered, poll 1",
        "        +0.12s  → told Delivered",
        ">          +1h  GET /tracking/ORDER-1  200 Delivered, poll 2",
        "           +2h  GET /tracking/ORDER-1  200 Delivered, poll 3",
        "           +3h  GET /tracking/ORDER-1  200 Delivered, poll 4",
        "           +4h  GET /tracking/ORDER-1  200 Delivered, poll 5",
        "  … 20 later",
        "  scenario",
        "    # order number: ORDER-1",
        "    # machine in: America/New_York",
        "    name: stop-terminal",
        "    summary: The shortest lifecycle found that breaks client.stop.terminal, made of the trial "
        "delivered-at-once.",
        "    steps:",
        "      - tag: Delivered",
        "  replay    flexforward-mock serve --scenario .flexforward/TestPoller-client.stop.terminal.yaml",
        "  label     DEMO-stop-terminal; 'ORDER-1' in the trial, on a machine in America/New_York",
        "  guide   https://openapidocs.flexforwardship.com/guides/tracking-updates",
    ]


def test_a_should_is_an_expected_failure_unless_it_is_strict(pytester: pytest.Pytester) -> None:
    what = "waits={**WAITS, 'Pending': 7200}"
    mild, strict = run(pytester, faulty(what)), run(pytester, faulty(what, is_strict=True))
    rule = "test_rule[client.interval.stage]"
    assert (not_passed(mild), not_passed(strict)) == ({rule: "call skipped"}, {rule: "call failed"})
    [report] = [report for report in mild.reports if rule in report.nodeid and report.when == "call"]
    assert "4h or more after Pending" in getattr(report, "wasxfail", "")


def test_what_broke_a_rule_is_kept_tried_first_and_forgotten_once_it_passes(pytester: pytest.Pytester) -> None:
    file = pytester.path / KEPT / "TestPoller-client.tell.delivered.yaml"
    run(pytester, faulty('news=("InfoReceived", "InTransit", "Exception")'))
    assert file.read_text().startswith("# order number: ")
    assert (file.parent / ".gitignore").read_text() == "*\n"
    odd = trial("tag: Pending\n{after: 7h, tag: Delivered}", "kept from the last time")
    save_trial(file.parent, "TestPoller", "client.tell.delivered", odd)
    ran = run(pytester, TEN_LINES + TELLING)
    assert (pytester.path / "told.txt").read_text().splitlines()[:2] == ["kept from the last time", "ORDER-001"]
    assert not_passed(ran) == {}
    assert not file.exists()


def test_what_is_kept_is_replayed_by_a_server(pytester: pytest.Pytester) -> None:
    ran = run(pytester, faulty('end=("Cancelled",)'), *ONLY)
    [line] = re.findall(
        r"replay    flexforward-mock (.*)", ran.complaint("TestPoller::test_rule[client.stop.terminal]")
    )
    assert line.startswith("serve --scenario ")
    import httpx

    with running("--scenario", str(pytester.path / line.split()[-1])) as server:
        answer = httpx.get(
            f"{server.url}/tracking/DEMO-stop-terminal",
            headers={"Authorization": "Bearer YOUR_API_TOKEN"},
            trust_env=False,
        )
    assert answer.json()["tag"] == "Delivered"


NOISY = """
import logging
import sys
import threading


def fail():
    raise ValueError("a thread")


class TestPoller(ClientContract):
    drawn = 0

    def run_client(self, env):
        print("asks for", env.order_number)
        print("trouble with", env.order_number, file=sys.stderr)
        logging.getLogger("poller").warning("asking %s", env.order_number)
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        poll(env, end=("Cancelled",))
"""


def test_of_what_a_client_prints_the_shortest_run_is_shown(pytester: pytest.Pytester) -> None:
    ran = run(pytester, NOISY, *ONLY, "-W", "ignore::pytest.PytestUnhandledThreadExceptionWarning")
    [broken] = [report for report in ran.reports if report.failed]
    shown = dict(broken.sections)
    assert shown["Captured stdout call"].splitlines() == ["asks for ORDER-1"]
    assert shown["Captured stderr call"].splitlines() == ["trouble with ORDER-1"]
    assert [line.split()[-1] for line in shown["Captured log call"].splitlines()] == ["ORDER-1"]
    assert set(shown) == {f"Captured {what} call" for what in ("stdout", "stderr", "log")}


def test_what_ends_threads_is_told_once(pytester: pytest.Pytester) -> None:
    ran = run(pytester, NOISY, *ONLY)
    first, second = ran.outcomes.values()
    assert (first, second) == ("setup failed", "call failed")
    told = ran.complaint("TestPoller::test_rule[client.auth.accepted]")
    assert re.search(
        r"a thread of the client raised ValueError: a thread \(test_inner.py:\d+\); in all trials \d+ times", told
    )


SILENT = {
    "nothing": "pass",
    "an exit": "raise SystemExit(0)",
    "an error": "{}['a']",
}


@pytest.mark.parametrize("what", SILENT)
def test_a_client_that_does_nothing_does_not_pass(what: str, pytester: pytest.Pytester) -> None:
    ran = run(pytester, FAULTY.replace("poll(env, WHAT)", SILENT[what]).replace("IS_STRICT", "False"))
    outcomes = not_passed(ran)
    assert outcomes.pop("test_every_rule_was_judged") == "call failed"
    assert set(outcomes.values()) == {"call skipped"}
    assert len(outcomes) == len(CLIENT_RULES) - 1
    told = ran.complaint("TestPoller::test_every_rule_was_judged")
    assert "  client.auth.accepted: no request arrived" in told
    assert ("in 40 of 40 trials the client ended: it raised KeyError: 'a'" in told) == (what == "an error")


def test_a_client_that_never_tells_does_not_pass(pytester: pytest.Pytester) -> None:
    ran = run(pytester, faulty("news=()"))
    outcomes = not_passed(ran)
    assert outcomes.pop("test_every_rule_was_judged") == "call failed"
    assert set(outcomes) == {f"test_rule[{rule.id}]" for rule in CLIENT_RULES if rule.id.startswith("client.tell.")}
    assert set(outcomes.values()) == {"call skipped"}


def test_a_client_whose_time_is_not_trusted_does_not_pass(pytester: pytest.Pytester) -> None:
    ran = run(
        pytester,
        """
        import threading

        class TestPoller(ClientContract):
            drawn = 0

            def run_client(self, env):
                lock = threading.Lock()
                lock.acquire()
                helper = threading.Thread(target=lock.acquire)  # which does not wait for work to be given to it
                helper.start()
                try:
                    threading.Event().wait(1)
                    poll(env)
                finally:
                    lock.release()
                    helper.join()
        """.replace("\n        ", "\n"),
    )
    told = ran.complaint("TestPoller::test_every_rule_was_judged")
    assert "in 40 of 40 trials its timing was not trusted: it waits for threads of its own" in told
    assert not_passed(ran)["test_rule[client.interval.floor]"] == "call skipped"


def test_rules_that_need_not_be_judged_are_named(pytester: pytest.Pytester) -> None:
    allowed = "    allow_not_run = ('client.rate', *(f'client.tell.{name}' for name in NAMES))\n"
    names = "NAMES = ('delivered', 'once', 'changes', 'quiet', 'true')\n"
    ran = run(pytester, names + faulty("news=()").replace("    drawn = 0\n", f"    drawn = 0\n{allowed}"))
    assert "test_every_rule_was_judged" not in not_passed(ran)


def test_the_terminal_shows_what_the_client_has_met(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makefile(".ini", pytest=INI)
    pytester.makepyfile(test_inner=GOOD + TEN_LINES)
    result = run_apart(pytester, monkeypatch, "-W", "error")
    result.assert_outcomes(passed=len(CLIENT_RULES) + 1, skipped=1)
    result.stdout.fnmatch_lines(
        ["*= flexforward-mock =*", "TestPoller: The client met 30 of 30 listed things (100 %)", "  status * 6 of 6*"]
    )


def test_a_bar_for_what_the_client_has_met_is_held(pytester: pytest.Pytester) -> None:
    ran = run(
        pytester,
        faulty('end=("Pending", "Delivered", "Cancelled")').replace("drawn = 0", "drawn = 0\n    fail_under = 100"),
    )
    told = ran.complaint("TestPoller::test_coverage")
    assert told.startswith("it met 90 % of the contract, less than 100 %\nTestPoller: The client met 27 of 30")
    assert "  status     5 of 6, not met: 422" in told


def test_two_clients_in_one_module_are_judged_each_by_itself(pytester: pytest.Pytester) -> None:
    ran = run(
        pytester,
        TEN_LINES
        + """

class TestOther(ClientContract):
    drawn = 0

    async def run_client(self, env):
        import asyncio
        import httpx

        async with httpx.AsyncClient(headers={"Authorization": f"Bearer {env.token}"}) as client:
            while True:
                await client.get(f"{env.base_url}/tracking/{env.label_id}")
                await asyncio.sleep(6 * 3600)
""",
        "-k",
        "TestPoller or terminal",
    )
    failed = {name for name, told in ran.outcomes.items() if "failed" in told}
    assert {name.partition("::")[0] for name in failed} == {"TestOther"}
    assert "TestOther::test_rule[client.stop.terminal]" in failed
    assert not_passed_of(ran, "TestPoller") == {"test_rule[client.rate]"}


def not_passed_of(ran: Ran, kind: str) -> set[str]:
    return {
        name.partition("::")[2] for name, told in ran.outcomes.items() if name.startswith(kind) and told != "passed"
    }


PARAMETERS = """

def broken(env):
    poll(env, end=("Cancelled",))


@pytest.fixture(params=[poll, broken], scope=SCOPE)
def way(request):
    if "class" == SCOPE:
        request.cls.way = staticmethod(request.param)
    return request.param


@pytest.mark.usefixtures("way")
class TestPoller(ClientContract):
    drawn = 0

    def run_client(self, env):
        self.way(env)
"""
FUNCTION_PARAMETERS = """
    @pytest.fixture(autouse=True)
    def take_way(self, way):
        self.way = way
"""


@pytest.mark.parametrize("scope", ["class", "function"])
def test_each_parameter_of_a_class_is_tried(scope: str, pytester: pytest.Pytester) -> None:
    more = FUNCTION_PARAMETERS if scope == "function" else ""
    ran = run(pytester, (PARAMETERS + more).replace("SCOPE", repr(scope)), "-k", "terminal or auth or coverage")
    failed = [name for name, told in ran.outcomes.items() if told != "passed"]
    assert failed == ["TestPoller::test_rule[broken-client.stop.terminal]"]
    assert len(ran.outcomes) == 8
    assert [path.name for path in (pytester.path / KEPT).glob("*.yaml")] == [
        "TestPoller-broken-client.stop.terminal.yaml"
    ]


def test_what_pytest_sets_up_reaches_the_client(pytester: pytest.Pytester) -> None:
    ran = run(
        pytester,
        """

class TestPoller(ClientContract):
    drawn = 0

    @pytest.fixture(autouse=True)
    def take_path(self, tmp_path):
        self.path = tmp_path

    def setup_method(self):
        self.end = ("Cancelled",)
        self.asked = 0

    def run_client(self, env):
        assert not self.asked
        self.asked += 1
        assert self.path.is_dir()
        poll(env, end=self.end)
""",
        *ONLY,
    )
    name = "TestPoller::test_rule[{}]"
    assert ran.outcomes == {
        name.format("client.auth.accepted"): "passed",
        name.format("client.stop.terminal"): "call failed",
    }
    assert "client.stop.terminal.yaml" in ran.complaint("TestPoller::test_rule[client.stop.terminal]")


def test_what_ends_the_trials_is_not_tried_by_each_test_anew(pytester: pytest.Pytester) -> None:
    ran = run(
        pytester,
        """

class TestPoller(ClientContract):
    def run_client(self, env):
        with open("asked.txt", "a") as file:
            file.write("x")
        pytest.skip("no network")
""",
    )
    assert set(ran.outcomes.values()) == {"setup skipped"}
    assert (pytester.path / "asked.txt").read_text() == "x"


SET_UP = """
class TestPoller(ClientContract):
    def setUp(self):
        pass
"""
MANY = """

class TestPoller(ClientContract):
    drawn = 0
    labels = 10
    is_strict = True
    allow_not_run = ()

    def run_client(self, env):
        assert len(env.label_ids) == len(env.order_numbers) == self.labels
        assert env.variables["FLEXFORWARD_LABEL_IDS"].split(",") == list(env.label_ids)
        waiting = {number: 0.0 for number in env.order_numbers}
        told = {}
        failures = {}
        while waiting:
            number = min(waiting, key=waiting.get)
            time.sleep(max(0.0, waiting.pop(number) - time.monotonic()))
            wait = self.ask(env, number, told, failures)
            if wait is not None:
                waiting[number] = time.monotonic() + wait

    def ask(self, env, number, told, failures):
        url = f"{env.base_url}/tracking/{quote(number, safe='')}"
        try:
            answer = requests.get(url, headers={"Authorization": f"Bearer {env.token}"}, timeout=20)
            if answer.status_code in (401, 403, 404, 422):
                return None
            answer.raise_for_status()
            tag = answer.json()["tag"]
        except requests.RequestException:
            failures[number] = failures.get(number, 0) + 1
            return min(2 ** failures[number], 1800)
        failures.pop(number, None)
        if tag in NEWS and tag != told.get(number):
            told[number] = tag
            env.notify(tag, number)
        return None if tag in ("Delivered", "Cancelled") else WAITS.get(tag, 3600)
"""


def test_many_labels_are_judged_each_by_itself(pytester: pytest.Pytester) -> None:
    ran = run(pytester, MANY)
    assert {name: told for name, told in ran.outcomes.items() if told != "passed"} == {}


@pytest.mark.parametrize(
    ("mistake", "rule", "told"),
    [
        ("return None", "client.goes-on", "and had never asked for"),
        ("raise SystemExit", "client.goes-on", "; another label's last answer was 4"),
    ],
)
def test_what_one_label_does_to_another_is_told(mistake: str, rule: str, told: str, pytester: pytest.Pytester) -> None:
    ends = "                raise SystemExit"
    tests = MANY.replace("(401, 403, 404, 422):\n                return None", f"(401, 403, 404, 422):\n{ends}")
    if mistake == "return None":
        tests = tests.replace("while waiting:", "for _ in range(1):")
    ran = run(pytester, tests, "-k", f"{rule} or accepted")
    assert told in ran.complaint(f"TestPoller::test_rule[{rule}]")


LABORIOUS = """

class TestPoller(ClientContract):
    drawn = 0

    def run_client(self, env):
        requests.get(f"{env.base_url}/tracking/{env.label_id}", headers={"Authorization": f"Bearer {env.token}"})
        while True:
            time.sleep(1)
"""


def test_what_is_cut_is_said(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LONGEST_WORK_S", "LABORIOUS_WORK_S"):
        monkeypatch.setattr(flexforward_contract_tests.client.runner.trial_runner, name, 0.02)
    pytester.makefile(".ini", pytest=INI)
    pytester.makepyfile(test_inner=GOOD + LABORIOUS)
    told = pytester.runpytest_inprocess("-q", *ONLY).stdout.str()
    assert (
        "TestPoller: 40 of 40 trials were cut, delivery as the first one after 0.02 seconds of the processor, with"
        in told
    )


@pytest.mark.parametrize("how", ["class TestPoller(ClientContract, unittest.TestCase):\n    pass", SET_UP])
def test_the_style_of_unittest_gets_a_sentence(how: str, pytester: pytest.Pytester) -> None:
    pytester.makefile(".ini", pytest=INI)
    pytester.makepyfile(test_inner=f"import unittest\n{GOOD}\n{how}")
    told = pytester.runpytest_inprocess("-q").stdout.str()
    assert "TestPoller: ClientContract is for pytest, which calls no setUp; leave unittest.TestCase out" in told


def test_a_client_goes_through_a_socket_as_well(pytester: pytest.Pytester) -> None:
    ran = run(pytester, TEN_LINES.replace("drawn = 3", 'drawn = 0\n    door = "live"'))
    assert not_passed(ran) == {}


def test_a_class_without_a_client_says_so(pytester: pytest.Pytester) -> None:
    ran = run(pytester, "\n\nclass TestPoller(ClientContract):\n    pass\n")
    assert set(ran.outcomes.values()) == {"setup failed"}
    assert "TestPoller has no run_client(self, env)" in ran.reports[0].longreprtext


def test_workers_share_the_tests(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytester.makefile(".ini", pytest=INI)
    pytester.makepyfile(test_inner=GOOD + TEN_LINES)
    result = run_apart(pytester, monkeypatch, "-n", "2", plugins=("xdist.plugin",))
    result.assert_outcomes(passed=len(CLIENT_RULES) + 1, skipped=1)
    result.stdout.fnmatch_lines(
        ["TestPoller: 2 workers have made all of its trials, each for itself: --dist loadscope*"]
    )


BROKEN_TOGETHER = """
    def run_client(self, env):
        with open("asked.txt", "a+") as file:
            file.seek(0)
            is_first = len(file.read()) < 1
            file.write("x")
        poll(env, end=("Cancelled",) if is_first else ("Delivered", "Cancelled"))
"""


def test_what_is_not_found_again_is_told_without_a_replay(pytester: pytest.Pytester) -> None:
    ran = run(pytester, f"\n\nclass TestPoller(ClientContract):\n    drawn = 0\n{BROKEN_TOGETHER}")
    told = ran.complaint("TestPoller::test_rule[client.stop.terminal]")
    assert "no request after Delivered" in told
    assert "replay" not in told
    assert not (pytester.path / KEPT).exists()
