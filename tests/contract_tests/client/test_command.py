"""The command ``verify-client``, as people and CI call it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from flexforward_contract_tests.client import command as module
from flexforward_contract_tests.client.rules.registry import CLIENT_RULES
from flexforward_contract_tests.client.runner.trial import shipped_trials
from flexforward_contract_tests.client.virtual_time.watchdog import ADVICE, NO_PRELOAD, THREADS_ADVICE, Watchdog
from mutants.program.kit import HEARD, PATTERN, POLLERS, asking, left_of, program, python, rules, scenarios, verify
from supervisor_kit import needs_linux

SECRET = re.compile(r"(?:own|other|bad)-(?:token|key|secret)-\d")


def test_a_conforming_program_exits_0_and_both_reports_say_so(tmp_path: Path) -> None:
    files = [tmp_path / "report.json", tmp_path / "junit.xml"]
    ran = verify(
        *HEARD, "--strict", "--report", str(files[0]), "--junit", str(files[1]), *scenarios("delivery", "cancelled"),
        *python("urllib_sleep"),
    )  # fmt: skip
    assert ran.code == 0, ran.output
    assert re.search(r"urllib_sleep.py: \d+ passed, \d+ not-run \(exit 0\)$", ran.output.rstrip())
    assert ran.output.startswith("time: virtual, by a preload for Python and Node\nThe client met ")
    report = json.loads(files[0].read_text())
    assert (report["schema"], report["exit_code"]) == (1, 0)
    assert report["target"] == f"{Path(sys.executable).name} {POLLERS / 'urllib_sleep.py'}", "on whatever machine"
    assert list(rules(report)) == [rule.id for rule in CLIENT_RULES]
    assert rules(report)["client.tell.delivered"] == rules(report)["client.interval.stage"] == "passed"
    assert f'tests="{len(CLIENT_RULES)}" failures="0"' in files[1].read_text()
    assert not SECRET.search(ran.output + files[0].read_text() + files[1].read_text())


def test_a_broken_must_exits_1_and_shows_how_the_program_ended(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = asking(tmp_path, "ask(); print('token', ENV['FLEXFORWARD_TOKEN']); raise SystemExit('no more')")
    ran = verify("--report", str(report), *scenarios("exception-solved"), *command)
    assert ran.code == 1
    assert "FAILED  client.goes-on  (must, guide)" in ran.output
    assert "the client ended: it ended with exit code 1; it printed last\n" in ran.output
    assert "| token ***\n" in ran.output
    assert "| no more\n" in ran.output
    failure = next(rule["failure"] for rule in json.loads(report.read_text())["rules"] if "failure" in rule)
    assert failure["actual"] == "it ended after InTransit"
    assert not SECRET.search(ran.output + report.read_text())


@needs_linux
def test_a_daemon_of_the_program_ends_with_the_run(tmp_path: Path) -> None:
    leave = f"""\
    import subprocess
    ask()
    daemon = subprocess.Popen(["sleep", "300"], start_new_session=True)
    with open({str(tmp_path / "pids")!r}, "a") as file:
        print(daemon.pid, file=file)
    """
    assert verify("--jobs", "1", *scenarios("delivery", "cancelled"), *asking(tmp_path, leave)).code == 1
    pids = (tmp_path / "pids").read_text()
    assert len(pids.split()) >= 2
    assert left_of(pids) == []


def test_a_broken_should_counts_only_with_strict(tmp_path: Path) -> None:
    command = asking(
        tmp_path,
        """
        for _ in range(40):
            body = ask()
            if b'"tag":"Delivered"' in body: break
            time.sleep(3600)
        """,
    )
    args = (*scenarios("delivery"), "--rule", "client.interval.stage", *command)
    assert verify(*args).code == 0
    assert verify("--strict", *args).code == 1


def test_what_was_not_run_counts_only_with_require_all_and_a_broken_rule_wins(tmp_path: Path) -> None:
    ending = asking(tmp_path, "ask()")
    args = ("--require-all", *scenarios("delivery"))
    ran = verify(*args, *python("urllib_sleep"))
    assert ran.code == 2
    assert "not run: client.tell.delivered, client.tell.once, " in ran.output
    assert verify(*args, *ending).code == 1


def test_too_small_a_share_of_the_contract_exits_1() -> None:
    args = (*scenarios("delivered-at-once"), *python("urllib_sleep"))
    ran = verify("--fail-under", "99.5", *args)
    assert ran.code == 1
    assert "less than the 99.5 % that --fail-under asks for" in ran.output
    assert verify("--fail-under", "5", *args).code == 0


def test_a_program_that_never_asks_for_the_shipment_is_not_judged(tmp_path: Path) -> None:
    command = asking(
        tmp_path,
        """
        try: urllib.request.urlopen(f"{ENV['FLEXFORWARD_BASE_URL']}/v1/trackings/1")
        except HTTPError: pass
        """,
    )
    ran = verify(*scenarios("delivery"), "--fail-under", "50", *command)
    assert ran.code == 2, ran.output
    told = "Could not be judged: no request was for the shipment; the last one was GET /v1/trackings/1, answered 404"
    assert told in ran.output
    assert verify("--fail-under", "50", *scenarios("delivery"), "--", "true").code == 2


def test_a_program_that_makes_its_label_is_judged_by_how_it_follows_it(tmp_path: Path) -> None:
    args = ("--create", *scenarios("delivery"), "--notify-pattern", r"told (?P<tag>\w+)")
    ran = verify(*args, *python("creating"))
    assert ran.code == 0, ran.output
    making = asking(
        tmp_path,
        """
        headers = {"Authorization": "Bearer " + ENV["FLEXFORWARD_TOKEN"], "Content-Type": "application/json"}
        request = urllib.request.Request(ENV["FLEXFORWARD_BASE_URL"] + "/labels", b"{}", headers)
        try: urllib.request.urlopen(request)
        except HTTPError: pass
        """,
    )
    ran = verify(*args, *making)
    told = "no request was for the shipment; the last one was POST /labels, answered 400 (nothing was made: courier is"
    assert (ran.code, told in ran.output) == (2, True), ran.output
    ran = verify("--create", "--", "true", "{label_id}")
    assert (ran.code, "no placeholder {label_id}" in ran.output) == (2, True), ran.output


def test_a_scenario_beyond_all_calendars_ends_where_they_do(tmp_path: Path) -> None:
    path = tmp_path / "for-ever.yaml"
    path.write_text(
        "name: for-ever\nsummary: It never ends.\nsteps:\n  - tag: Pending\n"
        "  - {after: 3000d, tag: InTransit, checkpoint: {city: Leipzig}, repeat: 900}\n"
    )
    assert verify("--scenario", str(path), "--rule", "client.auth.accepted", *asking(tmp_path, "ask()")).code == 0


def test_wrong_credentials_break_their_rule(tmp_path: Path) -> None:
    command = asking(
        tmp_path,
        """
        try: ask("mine")
        except HTTPError: pass
        """,
    )
    ran = verify(*scenarios("delivery"), *command)
    assert ran.code == 1
    assert "FAILED  client.auth.accepted  (must, op)" in ran.output


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        pytest.param(
            ["--every", "soon", "--", "true"],
            "'soon' is not a duration above 0; allowed: a duration such as",
            id="every",
        ),
        pytest.param(["--every", "0s", "--", "true"], "'0s' is not a duration above 0; allowed:", id="every-0"),
        pytest.param(["--env", "=x", "--", "true"], "'=x' is not a variable; allowed: NAME=TEMPLATE", id="env"),
        pytest.param(
            ["--env", "X={base_ur}", "--", "true"], "no placeholder {base_ur}; did you mean {base_url}?", id="slip"
        ),
        pytest.param(["--", "true", "{tokn}"], "no placeholder {tokn}; did you mean {token}?", id="slip-in-argument"),
        pytest.param(
            ["--rule", "client.rat", "--", "true"], "no rule 'client.rat'; did you mean 'client.rate'?", id="rule"
        ),
        pytest.param(["--rule", "!", "--", "true"], "there is no rule '!'; allowed: client.auth", id="rule-like-none"),
        pytest.param(
            ["--scenario", "delivry", "--", "true"], "no scenario 'delivry'; did you mean 'delivery'?", id="name"
        ),
        pytest.param(["--scenario", "!", "--", "true"], "there is no scenario '!'; allowed: delivery, ", id="no-name"),
        pytest.param(
            ["--scenario", "delivry", "--", "true"],
            f"no scenario 'delivry'; did you mean 'delivery'? Allowed: one of {len(shipped_trials())} trials, ",
            id="misspelt-name",
        ),
        pytest.param(["--notify-pattern", "(", "--", "true"], "'(' is no regular expression: ", id="pattern"),
        pytest.param(["--notify-pattern", "x", "--", "true"], "'x' has no group named tag; allowed: ", id="no-group"),
        pytest.param(
            ["--labels", "2", "--notify-pattern", PATTERN, "--", "true"], "has no group named label", id="no-label"
        ),
        pytest.param(
            ["--bind", "a b", "--", "true"], "'a b' is not an address; allowed: an IPv4 address or a name", id="bind"
        ),
        pytest.param(["--bind", "0.0.0.0:70000", "--", "true"], "'0.0.0.0:70000' is not an address", id="bind-port"),
        pytest.param(["--bind", "192.0.2.1", "--", "true"], "cannot listen on 192.0.2.1:0 (", id="not-ours"),
        pytest.param(
            ["--public-url", "mock:8080", "--", "true"],
            "'mock:8080' is not an http URL; allowed: such as http",
            id="url",
        ),
        pytest.param(
            ["--public-url", "http://mock:port", "--", "true"], "'http://mock:port' is not an http URL", id="url-port"
        ),
        pytest.param(["--report", "no/such/folder.json", "--", "true"], "there is no folder 'no/such'", id="report"),
        pytest.param([], "Missing argument 'COMMAND...'", id="no-command"),
        pytest.param(
            ["--", "no-such-program"], "cannot start 'no-such-program': No such file", id="absent"
        ),
        pytest.param(
            ["--", "/etc/passwd"], "cannot start '/etc/passwd': Permission denied", id="data"
        ),
        pytest.param(["--", "a\0b"], "cannot start 'a\\x00b': embedded null byte", id="null"),
    ],
)  # fmt: skip
def test_wrong_use_is_told_in_a_sentence_and_exits_2(args: list[str], sentence: str) -> None:
    ran = verify(*args)
    assert ran.code == 2
    assert sentence in ran.output, ran.output


def test_a_scenario_is_a_trial_a_shipped_one_a_script_id_or_a_file(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("# order number: A/1\nname: own\nsummary: Mine.\nsteps:\n  - tag: Delivered\n")
    names = ("delivered-at-once", "cancelled-before-pickup", "ID-1h-x", str(file))
    ran = verify(*HEARD, *scenarios(*names), "--rule", "client.id.escaped", *python("urllib_sleep"))
    assert (ran.code, ran.last[-17:]) == (0, "1 passed (exit 0)")


def test_placeholders_and_variables_are_filled(tmp_path: Path) -> None:
    command = program(
        tmp_path,
        """
        import os, sys
        names = ("BASE_URL", "TOKEN", "API_KEY", "API_TOKEN", "LABEL_ID", "LABEL_IDS", "ORDER_NUMBER", "NOTIFY_URL")
        told = [os.environ["FLEXFORWARD_" + name] for name in names]
        assert sys.argv[1:-1] == told, sys.argv
        assert sys.argv[-1] == "{}{other}"
        assert os.environ["URL"] == told[0] + "/v1"
        assert os.listdir(os.environ["FLEXFORWARD_STATE_DIR"]) == []
        print("all is well")
        """,
    )
    names = ("base_url", "token", "api_key", "api_token", "label_id", "label_ids", "order_number", "notify_url")
    ran = verify(
        "--env", "URL={base_url}/v1", *scenarios("delivery"), *command, *(f"{{{name}}}" for name in names), "{}{other}"
    )
    assert ran.code == 2
    assert "| all is well" in ran.output


def test_a_program_without_requests_is_not_judged_and_its_last_words_are_shown() -> None:
    assert "no request arrived; the program ended with exit code 0 and printed nothing" in verify("--", "true").output
    ran = verify("--", "sh", "-c", "echo hello; exit 3")
    assert ran.code == 2
    assert "no request arrived; the program ended with exit code 3; it printed last\n  | hello\n" in ran.output
    assert "address of the mock is in FLEXFORWARD_BASE_URL" in ran.output
    assert "was ended by SIGKILL" in verify("--", "sh", "-c", "kill -9 $$").output


def test_threads_that_a_preload_does_not_cover_are_named_as_the_cause(tmp_path: Path) -> None:
    late = "import threading\nthreading.Timer(3600, ask).start()"
    silent = verify("--time", "preload", *scenarios("delivered-at-once"), *asking(tmp_path, late))
    assert silent.code == 2
    assert f"it waits in several threads. {THREADS_ADVICE} The program ended" in silent.output
    waiting = "import threading\nask()\nthread = threading.Thread(target=time.sleep, args=(3600,))\n"
    joined = waiting + "thread.start()\nthread.join()"
    heard = verify("--time", "preload", *scenarios("delivered-at-once"), *asking(tmp_path, joined))
    assert heard.output.count(THREADS_ADVICE) == 1
    assert "no request arrived" not in heard.output


def test_what_looks_like_a_credential_in_the_command_is_not_repeated() -> None:
    command = ["true", "--api-key", "sk_1", "--token=sk_2", "TOKEN=sk_3", "Bearer sk_4", "--token", "{token}"]
    ran = verify("--", *command, "--secret", "--quiet")
    assert "sk_" not in ran.output
    assert ran.last.startswith("true --api-key '***' '--token=***' 'TOKEN=***' 'Bearer ***' --token '{token}' --secret")


def test_notifications_are_posted_or_printed_and_else_not_judged() -> None:
    args = (*scenarios("delivery"), "--rule", "client.tell.delivered")
    assert "1 passed" in verify(*args, *python("requests_posting")).last
    assert "1 passed" in verify(*HEARD, *args, *python("urllib_sleep")).last
    assert "1 not-run" in verify(*args, *python("urllib_sleep")).last


def test_a_program_that_asks_once_is_started_again_and_again() -> None:
    ran = verify(*HEARD, "--strict", "--every", "2h", *scenarios("gateway-blips"), *python("one_shot"))
    assert ran.code == 0, ran.output
    assert "FAILED" not in ran.output


def test_several_labels_exercise_the_rate(tmp_path: Path) -> None:
    pattern = r"notify: (?P<label>\S+) (?P<tag>\w+)"
    args = ("--labels", "12", "--notify-pattern", pattern, "--strict", *scenarios("cancelled"))
    ran = verify(*args, *python("httpx_asyncio"))
    assert ran.code == 0, ran.output
    assert "client.rate" not in ran.output
    text = (POLLERS / "httpx_asyncio.py").read_text().replace("sleep(0.125)", "sleep(0)")
    ran = verify(*args, *program(tmp_path, text), env={"PYTHONPATH": str(POLLERS)})
    assert ran.code == 1
    assert "FAILED  client.rate" in ran.output


def test_progress_is_shown_where_somebody_looks_on(monkeypatch: pytest.MonkeyPatch) -> None:
    args = (*scenarios("delivered-at-once", "cancelled"), *python("urllib_sleep"))
    assert "1 of 2" not in verify(*args).output
    monkeypatch.setattr(module, "sys", SimpleNamespace(stderr=SimpleNamespace(isatty=lambda: True)))
    assert "\r1 of 2  delivered-at-once\r2 of 2  cancelled\r" in verify(*args).output


def test_a_program_may_reach_the_mock_under_another_name() -> None:
    args = (*HEARD, *scenarios("delivered-at-once"), *python("urllib_sleep"))
    assert verify("--bind", "127.0.0.2", "--public-url", "http://127.0.0.2/", *args).code == 0


def test_a_program_that_never_asks_ends_the_run_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Watchdog, "start_s", 0.5)
    ran = verify("--time", "preload", "--", "sleep", "100")
    assert ran.code == 2
    assert "no request arrived; it neither asked, waited nor ended for " in ran.output
    assert "; the program was ended and printed nothing" in ran.output


def test_a_program_outside_virtual_time_ends_the_run_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Watchdog, "grace_s", 0.5)
    command = asking(tmp_path, "ask(); time.sleep(1800)")
    began = time.monotonic()
    ran = verify("--time", "preload", command[0], command[1], "-I", command[2])
    assert time.monotonic() - began < 20
    assert ran.code == 2
    assert f"Could not be judged: stopped in trial 1, delivery: {NO_PRELOAD}. {ADVICE}" in ran.output


def test_a_program_outside_virtual_time_that_ends_is_judged_without_its_timing(tmp_path: Path) -> None:
    command = asking(tmp_path, "ask(); time.sleep(0.01); ask()")
    ran = verify("--time", "preload", *scenarios("delivery"), command[0], command[1], "-E", command[2])
    assert ran.code == 1
    assert "client.rate, client.timeout: its timing cannot be judged: it does not live in virtual time" in ran.output
    assert f"timing not judged in any trial: {NO_PRELOAD}" in ran.output
    assert ADVICE in ran.output


@needs_linux
def test_what_the_preload_does_not_cover_is_tried_again_under_the_supervisor(tmp_path: Path) -> None:
    command = asking(
        tmp_path,
        """
        import subprocess
        while b'"tag":"Delivered"' not in ask(): subprocess.run(["sleep", "14400"], check=True)
        """,
    )
    ran = verify(*scenarios("delivered-at-once", "delivery"), *command)
    assert ran.output.startswith("time: virtual, by a supervisor of its system calls\n")
    assert "timing not judged" not in ran.output


@needs_linux
def test_an_address_to_wait_for_is_one(tmp_path: Path) -> None:
    options = ("--time", "supervisor", "--wait-for", "127.0.0.1:5432", *scenarios("delivered-at-once"))
    good = verify(*options, *asking(tmp_path, "ask()"))
    assert (good.code, good.output.split("\n", 1)[0]) == (0, "time: virtual, by a supervisor of its system calls")
    for wrong in ("127.0.0.1", "127.0.0.1:port"):
        ran = verify("--wait-for", wrong, "--", "true")
        assert (ran.code, ran.output) == (
            2,
            f"Invalid value for '--wait-for': {wrong!r} is not an address; allowed: HOST:PORT, such as 127.0.0.1:5432",
        )


def test_two_hangs_end_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Watchdog, "silence_s", 1.0)
    command = asking(
        tmp_path,
        """
        import subprocess
        while b'"tag":"Delivered"' not in ask():
            time.sleep(4 * 3600)
            if ENV["FLEXFORWARD_ORDER_NUMBER"] != "ORDER-001": subprocess.run(["sleep", "100"])
        """,
    )
    names = ("delivery", "cancelled", "exception-solved", "delivery")
    ran = verify("--jobs", "1", "--time", "preload", *scenarios(*names), *command)
    assert ran.code in (1, 2)
    assert (
        "Could not be judged: stopped in trial 3, exception-solved: it neither asked, waited nor ended for"
        in ran.output
    )
    ran = verify("--time", "preload", *scenarios(*names[:2]), "--rule", "client.interval.floor", *command)
    assert ran.code == 0
    assert "timing not judged in cancelled: it neither asked, waited nor ended for 1 real seconds" in ran.output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_program_and_its_children(number: signal.Signals, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = f"sleep 300 & echo $$ $! >{pids}.new; mv {pids}.new {pids}; wait"
    command = [sys.executable, "-m", "flexforward_mockserver", "verify-client", "--", "sh", "-c", code]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        while not pids.exists():
            time.sleep(0.02)
        process.send_signal(number)
        _, told = process.communicate(timeout=20)
    assert (process.returncode, told) == (128 + number, "Stopped; the program has been ended.\n")
    assert left_of(pids.read_text()) == []
