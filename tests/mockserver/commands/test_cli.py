from __future__ import annotations

import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from importlib.metadata import entry_points, version
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexforward_mockserver.__main__ import main
from flexforward_mockserver.commands import cli
from flexforward_openapi import FlexforwardMockError

if TYPE_CHECKING:
    from collections.abc import Callable


class Ran(NamedTuple):
    code: object
    out: str
    err: str


def run(*args: str) -> Ran:
    """Run the command line in this process."""
    out, err = StringIO(), StringIO()
    with patch("sys.argv", ["flexforward-mock", *args]), redirect_stdout(out), redirect_stderr(err):
        try:
            cli.main()
        except SystemExit as end:
            return Ran(end.code, out.getvalue(), err.getvalue())
    raise AssertionError("main() came back")


def spawn(*args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, on a terminal that knows only Western European letters."""
    command = [str(Path(sys.executable).with_name("flexforward-mock")), *args]
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1", **environment}
    return subprocess.run(command, check=False, capture_output=True, encoding="latin-1", env=environment, timeout=60)


def stub(monkeypatch: pytest.MonkeyPatch, body: Callable[[], object]) -> None:
    """Put a command ``stub`` into the table that does what ``body`` does."""
    module = ModuleType("flexforward_stub")
    module.__dict__["command"] = click.command("stub")(body)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(cli, "COMMANDS", {"stub": ("flexforward_stub:command", "A stub.")})


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize(
    ("command", "says"),
    [
        pytest.param("", "Not the vendor's software", id="flexforward-mock"),
        pytest.param("serve", "flexforward-mock serve --port 0 --time-scale 3600", id="serve"),
        pytest.param("scenarios", "List the shipped scenarios", id="scenarios"),
        pytest.param("scenarios list", "List the shipped scenarios", id="scenarios list"),
        pytest.param("scenarios show", "flexforward-mock scenarios show ./my-case.yaml", id="scenarios show"),
        pytest.param("scenarios validate", "scenarios validate my-case.yaml more-cases/", id="scenarios validate"),
        pytest.param("verify-api", "verify-api --report now.json --baseline accepted.json", id="verify-api"),
    ],
)
def test_every_command_has_help_with_examples(command: str, says: str, flag: str) -> None:
    ran = run(*command.split(), flag)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("Usage: ")
    assert says.lower() in " ".join(ran.out.lower().split())


def test_the_help_lists_every_command_with_its_summary() -> None:
    out = run("--help").out
    for name, (_, summary) in cli.COMMANDS.items():
        assert f"  {name} " in out
        assert summary in out


def test_the_version_is_the_packages() -> None:
    ran = run("--version")
    assert ran == (0, f"flexforward-mock, version {version('flexforward-mock')}\n", "")


def test_the_installed_command_and_the_module_are_the_same_program() -> None:
    (script,) = entry_points(group="console_scripts", name="flexforward-mock")
    assert script.load() is main
    command = [sys.executable, "-m", "flexforward_mockserver", "--version"]
    module = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", timeout=60)
    for spawned in (module, spawn("--version")):
        assert (spawned.returncode, spawned.stdout, spawned.stderr) == run("--version")


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        pytest.param("srve", "no command 'srve'; did you mean 'serve'? Allowed: ", id="nearly right"),
        pytest.param("quux", "no command 'quux'; allowed: ", id="far off"),
    ],
)
def test_an_unknown_command_is_answered_with_those_that_there_are(args: str, sentence: str) -> None:
    ran = run(args)
    assert (ran.code, ran.out, ran.err.splitlines()[-1]) == (2, "", f"Error: {sentence}{', '.join(cli.COMMANDS)}")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        pytest.param("--quux", "--quux", id="option"),
        pytest.param("serve --any-tokn", "--any-token", id="option of a command, nearly right"),
        pytest.param("serve now", "(now)", id="argument too many"),
        pytest.param("serve --seed", "--seed", id="option without its value"),
        pytest.param("scenarios shw", "'shw'", id="command of a command"),
        pytest.param("scenarios validate", "PATHS...", id="argument too few"),
    ],
)
def test_wrong_use_is_told_in_a_sentence_and_exits_2(args: str, told: str) -> None:
    ran = run(*args.split())
    assert (ran.code, ran.out) == (2, "")
    sentence = ran.err.splitlines()[-1]
    assert sentence.startswith("Error: ")
    assert told in sentence


@pytest.mark.parametrize("args", [(), ("scenarios",)])
def test_a_command_alone_shows_its_help_and_exits_2(args: tuple[str, ...]) -> None:
    ran = run(*args)
    assert (ran.code, ran.out, ran.err) == (2, "", run(*args, "--help").out)


WORDS = st.sampled_from(
    ["scenarios", "list", "show", "validate", "-", "--", "", ".", "/", "delivered", "PITD-6h-x", "--help", "a\nb"]
)


@given(st.lists(WORDS | st.text(st.characters(exclude_characters="\0"), max_size=8), max_size=4))
def test_no_wording_of_a_command_line_ends_in_a_traceback(args: list[str]) -> None:
    with patch.object(cli, "COMMANDS", {"scenarios": cli.COMMANDS["scenarios"]}):
        assert run(*args).code in (0, 2)


@given(st.lists(WORDS | st.from_regex(r"--[a-z-]{2,12}=?.{0,6}", fullmatch=True), max_size=3))
def test_no_wording_of_serve_ends_in_a_traceback(args: list[str]) -> None:
    with patch("uvicorn.Server.run", side_effect=AssertionError("it was not refused")):
        assert run("serve", "--port=none", *args).code in (0, 2)


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        pytest.param("s", ["serve", "scenarios"], id="command"),
        pytest.param("scenarios v", ["validate"], id="command of a command"),
        pytest.param("serve --api", ["--api-key", "--api-token"], id="option"),
        pytest.param("srve --api", [], id="after a command that there is not"),
    ],
)
def test_a_shell_can_complete_what_was_typed(typed: str, offered: list[str]) -> None:
    spawned = spawn(
        _FLEXFORWARD_MOCK_COMPLETE="bash_complete",
        COMP_WORDS=f"flexforward-mock {typed}",
        COMP_CWORD=str(len(typed.split())),
    )
    assert (spawned.returncode, spawned.stderr) == (0, "")
    assert [line.partition(",")[2] for line in spawned.stdout.split()] == offered


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_entry_of_the_table_leads_to_a_command_of_that_name(name: str) -> None:
    module, _, attribute = cli.COMMANDS[name][0].partition(":")
    command = getattr(import_module(module), attribute)
    assert isinstance(command, click.Command)
    assert command.name == name


@pytest.mark.parametrize(
    ("args", "unwanted"),
    [
        pytest.param(
            "--help", ["flexforward_mockserver.commands.serve", "uvicorn", "starlette"], id="the list of commands"
        ),
        pytest.param("serve --help", ["flexforward_mockserver.commands.scenarios_command", "pytest"], id="serve"),
        pytest.param(
            "scenarios list", ["flexforward_mockserver.commands.serve", "uvicorn", "starlette"], id="scenarios"
        ),
    ],
)
def test_a_command_imports_nothing_of_the_others(args: str, unwanted: list[str]) -> None:
    program = (
        "import sys\n"
        "from flexforward_mockserver.commands.cli import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print(*sys.modules, file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", program, *args.split()]
    spawned = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert set(spawned.stderr.split()) & set(unwanted) == set()


def test_ctrl_c_exits_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    stub(monkeypatch, interrupted)
    ran = run("stub")
    assert (ran.code, ran.out.strip(), ran.err.strip()) == (130, "", "")


@pytest.mark.parametrize(
    ("command", "told"),
    [
        pytest.param("verify-api", "pip install 'flexforward-mock[contract]'", id="of an extra"),
        pytest.param("serve", "pip install 'flexforward-mock'", id="of no extra"),
    ],
)
@pytest.mark.parametrize("is_late", [pytest.param(False, id="at the import"), pytest.param(True, id="in the run")])
def test_a_library_that_is_not_installed_is_told_with_what_to_install(
    command: str, told: str, *, is_late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacks() -> None:
        import_module("no_such_library.part")

    if is_late:
        stub(monkeypatch, lacks)
        monkeypatch.setattr(cli, "COMMANDS", {command: ("flexforward_stub:command", "A stub.")})
    else:
        monkeypatch.setattr(cli, "COMMANDS", {command: ("no_such_library.part:command", "A stub.")})
    assert run(command) == (2, "", f"Error: {command} needs no_such_library, which is not installed; run: {told}\n")


def test_a_module_of_ours_that_is_not_there_is_no_matter_of_installing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "COMMANDS", {"stub": ("flexforward_nothing:command", "A stub.")})
    with pytest.raises(ModuleNotFoundError, match="flexforward_nothing"):
        run("stub")


def test_an_error_of_this_project_is_its_text_and_exits_2(monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken() -> None:
        raise FlexforwardMockError("case.yaml:3: nothing stands here; allowed: something")

    stub(monkeypatch, mistaken)
    assert run("stub") == (2, "", "case.yaml:3: nothing stands here; allowed: something\n")


@pytest.mark.parametrize(
    ("result", "code"), [pytest.param(None, 0, id="nothing"), pytest.param(1, 1, id="a number"), pytest.param("", 0)]
)
def test_a_command_may_return_its_exit_code(monkeypatch: pytest.MonkeyPatch, result: object, code: int) -> None:
    stub(monkeypatch, lambda: result)
    assert run("stub") == (code, "", "")


def test_a_terminal_that_cannot_show_a_character_gets_a_question_mark() -> None:
    shown = spawn("scenarios", "show", "gateway-trouble")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "  ? Shenzhen, Guangdong, CN: " in shown.stdout


def test_a_reader_that_has_gone_ends_a_command_quietly() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        command = [sys.executable, "-m", "flexforward_mockserver", "scenarios", "list"]
        ended = subprocess.run(command, check=False, stdout=pipe, stderr=subprocess.PIPE, text=True, timeout=60)
    assert (ended.returncode, ended.stderr) == (0, "")
