"""A whole server apart from its socket: the engine, its default sandbox, and the control of it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from flexforward_mockserver.engine.bodies.tracking_bodies import TRACKING_OPERATION, ResponseBodies, tracking_operation
from flexforward_mockserver.engine.engine import Engine, EngineOptions
from flexforward_mockserver.engine.labels.names import LABEL_OPERATIONS
from flexforward_mockserver.engine.scenario_mistakes import contract_mistakes, with_status_mistakes
from flexforward_mockserver.scenarios.catalogue import Catalogue, scenario_files
from flexforward_mockserver.scenarios.scenario_reader import ScenarioError, read_scenario_text, readable_texts
from flexforward_mockserver.state.clock import Clock
from flexforward_mockserver.state.demo import DEMO_PREFIX, add_demo_labels, open_default_sandbox
from flexforward_openapi import FlexforwardMockError, Validation, load_served_contract

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from flexforward_mockserver.control.control import Control
    from flexforward_mockserver.scenarios.scenario import Scenario
    from flexforward_mockserver.state.credentials import Credentials, SecurityRequirement
    from flexforward_mockserver.state.sandboxes import Sandboxes
    from flexforward_openapi import Contract, Mistake

__all__ = ["OptionError", "ServerOptions", "ServerParts", "build_server"]


_MOST_LISTED = 5
"""Operations up to which each has a note of its own."""


class OptionError(FlexforwardMockError, ValueError):
    """An option has a value that it cannot have.

    Attributes:
        option: as the command line writes it.
        problem: what is wrong and what is allowed, in a sentence.
    """

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(option, problem)
        self.option, self.problem = option, problem

    def __str__(self) -> str:
        return f"Invalid value for {self.option}: {self.problem}"


class ServerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What decides how the server answers, apart from where it listens.

    Attributes:
        contract: OpenAPI document to follow in place of the shipped ones; None for those.
        strict_contract: whether nothing of it may be read past.
        scenarios: scenario files and folders of them, beside the shipped ones.
        time_scale: virtual seconds for each real one.
        credentials: what the own account takes besides the well-known ones.
        unknown_ids: name or script id of the lifecycle that every unknown id lives.
        new_labels: name or script id of the lifecycle of labels that clients make, where nothing in their request
            chooses one; None for the usual one.
    """

    contract: Path | None = None
    strict_contract: bool = False
    scenarios: tuple[Path, ...] = ()
    time_scale: float = 1.0
    seed: int = 0
    credentials: tuple[Credentials, ...] = ()
    accept_any_token: bool = False
    unknown_ids: str | None = None
    new_labels: str | None = None
    allow_undocumented: bool = False


class ServerParts(msgspec.Struct, frozen=True, kw_only=True):
    """What a server is made of, apart from the socket.

    Attributes:
        demos: names of the scenarios that have a label in the default sandbox.
        own: those of them that are the user's.
        notes: what of the wishes was left out.
    """

    engine: Engine
    catalogue: Catalogue
    demos: tuple[str, ...]
    own: tuple[str, ...]
    options: ServerOptions
    notes: tuple[str, ...]

    def open_control(self) -> Control:
        """Make the control of this server; many are never controlled, and start the sooner for it."""
        from secrets import token_hex

        from flexforward_mockserver.control.control import Control

        return Control(
            self.engine,
            self.catalogue,
            draw=lambda: token_hex(8),
            wall=time.monotonic,
            demos=self.demos,
            time_scale=self.options.time_scale,
        )


def build_server(options: ServerOptions) -> ServerParts:
    """Make an engine with the default sandbox and its demo labels, and the control of it.

    Raises:
        ContractError: the contract cannot be read or honoured.
        ScenarioError: scenario files have mistakes, or steps that the contract cannot answer.
        OptionError: ``unknown_ids`` names no scenario, or one that the contract cannot answer; or a credential is
            named after no security scheme.
    """
    contract, rest = load_served_contract(options.contract, strict=options.strict_contract)
    credentials = tuple(_bound_to_schemes(contract, options.credentials))
    catalogue = Catalogue()
    files = {file.resolve(): file for path in options.scenarios for file in scenario_files(path)}
    own = dict(zip(_add(catalogue, tuple(files.values()), contract), files.values(), strict=True))
    unknown_ids = _find_scenario(catalogue, options.unknown_ids, "--unknown-ids")
    new_labels = _find_scenario(catalogue, options.new_labels, "--new-labels")
    start = datetime.now(UTC)

    def open_sandboxes(requirements: tuple[SecurityRequirement, ...]) -> Sandboxes:
        return open_default_sandbox(
            requirements,
            clock=Clock(time.monotonic, start=start, rate=options.time_scale),
            seed=options.seed,
            credentials=credentials,
            accept_any_token=options.accept_any_token,
        )

    engine = Engine(
        contract,
        open_sandboxes,
        EngineOptions(unknown_ids=unknown_ids, new_labels=new_labels, allow_undocumented=options.allow_undocumented),
        rest=rest,
    )
    notes = [*contract.notes, *engine.notes, *_unchecked(contract)]
    for option, name, scenario in (
        ("--unknown-ids", options.unknown_ids, unknown_ids),
        ("--new-labels", options.new_labels, new_labels),
    ):
        if scenario is not None and (objection := engine.objection(scenario)) is not None:
            raise OptionError(option, f"scenario {name!r}: {objection}")
    _check_own(engine, catalogue, own)
    left_out = {} if options.contract is None else dict(_left_out(engine, catalogue))
    notes += (
        []
        if engine.tracking is None
        else [f"left out {DEMO_PREFIX}{name}: {objection}" for name, objection in left_out.items()]
    )
    names = [name for name in catalogue.names if name not in left_out]
    add_demo_labels(engine.sandboxes.default, catalogue, names)
    return ServerParts(
        engine=engine, catalogue=catalogue, demos=tuple(names), own=tuple(own), options=options, notes=tuple(notes)
    )


def _bound_to_schemes(contract: Contract, credentials: tuple[Credentials, ...]) -> Iterator[Credentials]:
    """Yield credentials whose named secrets belong to schemes of the contract, also where their headers were named."""
    alternatives = (alternative for operation in contract.operations for alternative in operation.security)
    schemes = {scheme.name: scheme for alternative in alternatives for scheme in alternative}
    keys = {scheme.parameter.lower(): name for name, scheme in schemes.items() if scheme.kind != "bearer"}
    for entry in credentials:
        for name, _ in entry.named:
            if name not in schemes and name.lower() not in keys:
                allowed = ", ".join(schemes) or "none, since no operation needs credentials"
                raise OptionError("--api-key", f"{contract.source} has no security scheme {name!r}; allowed: {allowed}")
        named = tuple((name if name in schemes else keys[name.lower()], secret) for name, secret in entry.named)
        yield msgspec.structs.replace(entry, named=named)


def _unchecked(contract: Contract) -> Iterator[str]:
    """Yield what of requests is not looked at: by operation, or their number where there are many."""
    operations = [operation for operation in contract.operations if operation.unchecked]
    if len(operations) > _MOST_LISTED:
        yield f"not checked: request bodies and parameters outside the path, of {len(operations)} operations"
        return
    for operation in operations:
        is_checked = operation.id in LABEL_OPERATIONS
        unchecked = [entry for entry in operation.unchecked if not (is_checked and entry == "request body")]
        if unchecked:
            yield f"{operation.method} {operation.path}: not checked: {', '.join(unchecked)}"


def _add(catalogue: Catalogue, files: tuple[Path, ...], contract: Contract) -> tuple[str, ...]:
    """Read the user's scenario files, and return their names in the same order."""
    try:
        return catalogue.add(files)
    except ScenarioError as error:
        if contract.operation(TRACKING_OPERATION) is None:
            raise
        bodies = ResponseBodies(contract, Validation(contract), tracking_operation(contract))
        raise with_status_mistakes(error, readable_texts(files), bodies) from error


def _check_own(engine: Engine, catalogue: Catalogue, own: Mapping[str, Path]) -> None:
    """Refuse scenarios of the user's that the contract cannot answer, with all their mistakes."""
    mistakes: list[Mistake] = []
    for name, file in own.items():
        objection = engine.objection(catalogue[name])
        if objection is not None and engine.bodies is None:
            raise OptionError("--scenario", f"scenario {name!r}: {objection}")
        if objection is not None and engine.bodies is not None:
            mistakes.extend(contract_mistakes(read_scenario_text(file), catalogue[name], engine.bodies))
    if mistakes:
        raise ScenarioError(*mistakes)


def _left_out(engine: Engine, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Yield shipped scenarios that the contract cannot answer, each with the reason.

    The shipped contract answers every shipped scenario, which a test holds: reading them all would slow the start.
    """
    for name in catalogue.names:
        objection = engine.objection(catalogue[name])
        if objection is not None:
            yield name, objection


def _find_scenario(catalogue: Catalogue, name: str | None, option: str) -> Scenario | None:
    if name is None:
        return None
    scenario = catalogue.find(name)
    if scenario is None:
        raise OptionError(option, catalogue.explain_missing(name))
    return scenario
