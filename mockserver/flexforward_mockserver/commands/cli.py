"""The command ``flexforward-mock``: one table from a command's name to the place where it lives.

Nothing is imported before its command is asked for, so each command starts as fast as it can alone, and commands of
packages further up are reached without importing upward.
"""

from __future__ import annotations

import gc
import signal
import sys
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

import click

from .streams import enduring_streams

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["COMMANDS", "EXTRAS", "group", "main"]

COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "serve": ("flexforward_mockserver.commands.serve:serve", "Run the mock server."),
        "scenarios": ("flexforward_mockserver.commands.scenarios_command:scenarios", "List, draw and check scenarios."),
        "contract": (
            "flexforward_mockserver.commands.contract_command:contract",
            "Print the OpenAPI document; compare versions.",
        ),
        "verify-client": (
            "flexforward_contract_tests.client.command:verify_client",
            "Check how a client polls, by the vendor's guide.",
        ),
        "verify-api": ("flexforward_contract_tests.api.command:verify_api", "Check whether an API keeps the contract."),
    }
)
"""Command name to (``module:attribute``, summary)."""

EXTRAS: Mapping[str, str] = MappingProxyType({"verify-api": "contract", "verify-client": "contract"})
"""Command name to the extra that brings what it imports; the others need none."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's name
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's name
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        try:
            command = cast("click.Command", getattr(import_module(module), attribute))
        except ModuleNotFoundError as error:
            raise _missing(cmd_name, error) from error
        gc.freeze()
        gc.enable()
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as error:  # of what a command imports only when it runs
            raise _missing(ctx.invoked_subcommand or "", error) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's name
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not ctx.resilient_parsing:  # which is how a shell's completion asks
            from flexforward_openapi.suggestion import nearest

            near = nearest(name, COMMANDS)
            hint = f"did you mean {near!r}? Allowed" if near else "allowed"
            ctx.fail(f"no command {name!r}; {hint}: {', '.join(COMMANDS)}")
        return super().resolve_command(ctx, args)


def _missing(command: str, error: ModuleNotFoundError) -> Exception:
    """Word the error for a library that is not installed; a mistake of ours stays what it is."""
    name = (error.name or "").partition(".")[0]
    if not name or name.startswith("flexforward_"):
        return error
    package = "flexforward-mock" + (f"[{EXTRAS[command]}]" if command in EXTRAS else "")
    return click.ClickException(f"{command} needs {name}, which is not installed; run: pip install '{package}'")


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Try 'flexforward-mock serve', then the curl command that it prints. Not the vendor's software.",
)
@click.version_option(package_name="flexforward-mock", prog_name="flexforward-mock")
def group() -> None:
    """A mock of the Flex Forward tracking API: scripted shipments, virtual time, failures on demand."""


def main() -> None:
    """Run the command line; mistakes are told in sentences, and exit with 2."""
    gc.disable()  # imports make nothing but what stays: looking through it again and again is a tenth of the start
    with enduring_streams() as out:
        code = _run()
    if code is None:  # no verdict, whose output is all that there is of it
        code = 2 if out is not None and out.is_incomplete else 0
    sys.exit(code)


def _run() -> int | None:
    """Return the exit code, or None for a command that has no verdict and did what it was asked to."""
    from flexforward_openapi import FlexforwardMockError

    try:
        code = group.main(standalone_mode=False)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return 2
    except FlexforwardMockError as error:
        click.echo(error, err=True)
        return 2
    return code if isinstance(code, int) else None
