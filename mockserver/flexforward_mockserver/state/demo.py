"""The default sandbox: known credentials, and a label for every scenario."""

from __future__ import annotations

from functools import partial
from itertools import product
from typing import TYPE_CHECKING

from .credentials import Credentials, SecurityRequirement
from .label import Label, label_uuid
from .sandbox import LABEL_LIMIT, Sandbox
from .sandboxes import Account, Sandboxes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flexforward_mockserver.scenarios.catalogue import Catalogue

    from .clock import Clock

__all__ = [
    "DEMO_PREFIX",
    "GUIDE_LABEL_ID",
    "GUIDE_SCENARIO",
    "OTHER_CREDENTIALS",
    "OWN_CREDENTIALS",
    "add_demo_labels",
    "open_default_sandbox",
]

DEMO_PREFIX = "DEMO-"
GUIDE_SCENARIO = "guide-sample"
GUIDE_LABEL_ID = "f47ac10b-58cc-4372-a567-0e02b2c3d479"

OWN_CREDENTIALS = (
    Credentials(token="YOUR_API_TOKEN"),
    Credentials(token="test-token"),
    Credentials(api_key="test-key", api_token="test-secret"),
)
"""What the default sandbox's own account takes; the first is the token of the vendor's snippets."""

OTHER_CREDENTIALS = (
    Credentials(token="other-token"),
    Credentials(api_key="other-key", api_token="other-secret"),
)


def _mixed(credentials: Iterable[Credentials]) -> Iterator[Credentials]:
    """Yield each token with each pair: a contract of somebody else's may want both at once.

    So it is with each secret that belongs to one scheme of the contract.
    """
    entries = tuple(credentials)
    tokens = [entry.token for entry in entries if entry.token]
    pairs = [(entry.api_key, entry.api_token) for entry in entries if entry.api_key]
    named: dict[str, list[tuple[str, str]]] = {}
    for name, secret in (pair for entry in entries for pair in entry.named):
        named.setdefault(name, []).append((name, secret))
    for token, (api_key, api_token), own in product(tokens, pairs, ((), *product(*named.values()))):
        yield Credentials(token=token, api_key=api_key, api_token=api_token, named=own)


def open_default_sandbox(
    requirements: tuple[SecurityRequirement, ...],
    *,
    clock: Clock,
    seed: int = 0,
    credentials: Iterable[Credentials] = (),
    accept_any_token: bool = False,
    label_limit: int = LABEL_LIMIT,
) -> Sandboxes:
    """Make a server's sandboxes with the default one in it, which also takes ``credentials``."""
    sandbox = Sandbox("default", clock=clock, seed=seed, label_limit=label_limit)
    sandboxes = Sandboxes(sandbox, requirements, accept_any_token=accept_any_token)
    sandboxes.admit(Account(sandbox=sandbox, name="other"), *_mixed(OTHER_CREDENTIALS))
    sandboxes.admit(Account(sandbox=sandbox, name="own"), *_mixed((*OWN_CREDENTIALS, *credentials)))
    return sandboxes


def add_demo_labels(sandbox: Sandbox, catalogue: Catalogue, names: Iterable[str]) -> None:
    """Put in a label ``DEMO-<name>`` for each scenario; the guide's has the guide's UUID.

    Their time begins now; their scenarios are read when somebody asks for them.
    """
    began_at = sandbox.clock.now()

    def make(name: str, label_id: str) -> Label:
        return sandbox.make_label(
            catalogue[name], order_number=DEMO_PREFIX + name, label_id=label_id, began_at=began_at
        )

    for name in names:
        label_id = GUIDE_LABEL_ID if name == GUIDE_SCENARIO else label_uuid(DEMO_PREFIX + name)
        sandbox.expect(label_id, DEMO_PREFIX + name, partial(make, name, label_id))
