"""``flexforward-mock contract``: the shipped document, and what another version of it means."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flexforward_openapi import CONTRACT_FILE, LABELS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .contract_diff import Change

__all__ = ["contract"]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUTPUT = click.Path(dir_okay=False, path_type=Path)


@click.group(
    invoke_without_command=True,
    epilog="""\b
Examples:
  flexforward-mock contract > flex-forward.yaml
  flexforward-mock contract labels --output labels.yaml
  flexforward-mock contract --output flex-forward.yaml
  flexforward-mock contract diff flex-forward.yaml newer.yaml
""",
)
@click.option("--output", type=_OUTPUT, help="File to write the document into, instead of printing it.")
@click.pass_context
def contract(context: click.Context, output: Path | None) -> None:
    """Print an OpenAPI document that the server follows, by default the tracking one, or compare two versions."""
    if context.invoked_subcommand is not None:
        if output is not None:
            raise click.UsageError(
                f"--output belongs to the document alone; leave it out before {context.invoked_subcommand}"
            )
        return
    _write(CONTRACT_FILE, output)


@contract.command()
@click.option("--output", type=_OUTPUT, help="File to write the document into, instead of printing it.")
def tracking(output: Path | None) -> None:
    """Print the document of the tracking operation.

    Clients and APIs are judged by it.
    """
    _write(CONTRACT_FILE, output)


@contract.command()
@click.option("--output", type=_OUTPUT, help="File to write the document into, instead of printing it.")
def labels(output: Path | None) -> None:
    """Print the document of the operations on labels."""
    _write(LABELS_FILE, output)


def _write(document: Path, output: Path | None) -> None:
    text = document.read_text(encoding="utf-8")
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.BadParameter(
            f"{output} cannot be written ({error.strerror}); allowed: a file in a folder that is there",
            param_hint="--output",
        ) from error
    click.echo(f"Wrote {output}")


@contract.command()
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
def diff(old: Path, new: Path) -> None:
    """Compare two OpenAPI documents.

    Says what changed from OLD to NEW, and what that means for clients, rules and scenarios.

    Ends with 0 where nothing changed, 3 where something did.
    """
    try:
        from .contract_diff import changes
    except ModuleNotFoundError as error:
        raise click.UsageError(
            "contract diff needs deepdiff, which is not installed; run: pip install 'flexforward-mock[diff]'"
        ) from error
    found = tuple(changes(old, new))
    for line in _lines(found):
        click.echo(line)
    sys.exit(3 if found else 0)


def _lines(found: tuple[Change, ...]) -> Iterator[str]:
    if not found:
        yield "Nothing changed that the server, a rule or a client could notice."
    for change in found:
        yield f"{change.place}: {change.what}"
        for means in change.means:
            yield f"    {means}"
