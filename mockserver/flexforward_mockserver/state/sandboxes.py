"""All sandboxes of a server. The credentials that a request shows select one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from .journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flexforward_mockserver.scenarios.scenario import AccountName

    from .credentials import CredentialKind, Credentials, SecurityRequirement
    from .sandbox import Sandbox

__all__ = ["SANDBOX_LIMIT", "Account", "CredentialsTakenError", "Sandboxes", "TooManySandboxesError"]

_Key: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
"""Names of schemes that are shown together, and the secrets shown for them."""

SANDBOX_LIMIT = 10_000
"""How many sandboxes a server holds at most."""


class CredentialsTakenError(ValueError):
    """Somebody else holds these credentials.

    Attributes:
        kinds: which of the credentials.
        holder: who has them.
    """

    def __init__(self, kinds: tuple[CredentialKind, ...], holder: str = "a live sandbox") -> None:
        super().__init__(kinds, holder)
        self.kinds = kinds
        self.holder = holder

    def __str__(self) -> str:
        return f"{self.holder} holds this {' and '.join(self.kinds)} already"


class TooManySandboxesError(ValueError):
    """The server holds as many sandboxes as it may."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account of one sandbox, as its credentials find it."""

    sandbox: Sandbox
    name: AccountName


class Sandboxes:
    """All sandboxes of a server, selected by the credentials of a request.

    Attributes:
        default: the one that stands from the start.
        unattributed: the server's own journal: requests whose credentials name no sandbox.
        accept_any_token: credentials that match no account are taken for the default sandbox's own account.
    """

    def __init__(
        self, default: Sandbox, requirements: tuple[SecurityRequirement, ...], *, accept_any_token: bool = False
    ) -> None:
        self.default = default
        self.unattributed = Journal()
        self.accept_any_token = accept_any_token
        self._requirements = tuple(dict.fromkeys(requirements))
        self._kinds = {requirement.names: requirement.kinds for requirement in self._requirements}
        self._holders: dict[_Key, Account] = {}
        self.default_own = Account(sandbox=default, name="own")
        self._by_id = {default.id: default}
        self._secrets: set[str] = set()
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Sandbox]:
        return iter(tuple(self._by_id.values()))

    def get(self, sandbox_id: str) -> Sandbox | None:
        """Return the sandbox with that id, or None."""
        return self._by_id.get(sandbox_id)

    def add(self, sandbox: Sandbox, accounts: Mapping[AccountName, tuple[Credentials, ...]]) -> None:
        """Put in a sandbox with its accounts, all or nothing.

        Raises:
            CredentialsTakenError: another sandbox, or two of the accounts, hold some of the credentials.
            TooManySandboxesError: no room.
        """
        with self._lock:
            if len(self._by_id) >= SANDBOX_LIMIT:
                raise TooManySandboxesError(f"the server holds {SANDBOX_LIMIT} sandboxes, the most it may")
            keys: dict[_Key, AccountName] = {}
            for name, credentials in accounts.items():
                for key in self._keys(credentials):
                    if key in self._holders:
                        raise CredentialsTakenError(self._kinds[key[0]])
                    if keys.setdefault(key, name) != name:
                        raise CredentialsTakenError(self._kinds[key[0]], f"the account {keys[key]}")
            self._by_id[sandbox.id] = sandbox
            self._holders.update({key: Account(sandbox=sandbox, name=name) for key, name in keys.items()})
            self._secrets.update(secret for _, secrets in keys for secret in secrets)

    def admit(self, account: Account, *credentials: Credentials) -> None:
        """Let an account in by each of ``credentials``; the later holder of a secret wins."""
        with self._lock:
            keys = dict.fromkeys(self._keys(credentials), account)
            self._holders.update(keys)
            self._secrets.update(secret for _, secrets in keys for secret in secrets)

    def claim(self, account: Account, credentials: Credentials) -> None:
        """Let an account in by ``credentials`` as well, unless they are somebody else's.

        Raises:
            CredentialsTakenError: another account holds some of them.
        """
        with self._lock:
            keys = dict.fromkeys(self._keys((credentials,)), account)
            for key in keys:
                if self._holders.get(key, account) != account:
                    raise CredentialsTakenError(self._kinds[key[0]])
            self._holders.update(keys)
            self._secrets.update(secret for _, secrets in keys for secret in secrets)

    def remove(self, sandbox: Sandbox) -> None:
        """Take a sandbox out; its credentials are nobody's from now on."""
        with self._lock:
            self._by_id.pop(sandbox.id, None)
            kept = {key: account for key, account in self._holders.items() if account.sandbox is not sandbox}
            self._holders = kept
            self._secrets = {secret for _, secrets in kept for secret in secrets}

    def holder(self, names: tuple[str, ...], secrets: tuple[str, ...]) -> Account | None:
        """Return the account that these secrets of schemes of those names belong to."""
        return self._holders.get((names, secrets))

    def secrets_of(self, sandbox: Sandbox, name: AccountName, schemes: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return what an account can show for these schemes, the first of its credentials; None if it has none."""
        if not schemes:
            return ()
        account = Account(sandbox=sandbox, name=name)
        with self._lock:
            return next(
                (key[1] for key, holder in self._holders.items() if key[0] == schemes and holder == account), None
            )

    def is_secret(self, text: str) -> bool:
        """Tell whether ``text`` is a credential that somebody holds."""
        return text in self._secrets

    def takes_unknown(self, secrets: tuple[str, ...]) -> bool:
        """Tell whether secrets of nobody, or none where none are needed, are taken for the default own account."""
        return not secrets or (self.accept_any_token and all(secrets))

    def _keys(self, credentials: Iterable[Credentials]) -> Iterator[_Key]:
        for entry in credentials:
            for requirement in self._requirements:
                secrets = entry.secrets(requirement)
                if secrets is not None:
                    yield requirement.names, secrets
