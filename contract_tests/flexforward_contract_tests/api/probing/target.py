"""What is judged: an API's address, who asks it, and which labels there are to ask for."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from .label_key import as_uuid

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OPTIONS", "Target", "TargetError", "variable"]

OPTIONS = {
    "base_url": "--base-url",
    "token": "--token",
    "api_key": "--api-key",
    "api_token": "--api-token",
    "label_id": "--label",
    "order_number": "--order-number",
    "foreign_label_id": "--foreign-label",
    "failed_label_id": "--failed-label",
    "delivered_label_id": "--delivered-label",
    "pending_label_id": "--pending-label",
}
"""Attribute of a target to the option that sets it; ``FLEXFORWARD_`` and the attribute is the variable's name."""


def variable(name: str) -> str:
    """Return the environment variable for an attribute of a target."""
    return f"FLEXFORWARD_{name.upper()}"


_SECRETS = ("token", "api_key", "api_token")


class TargetError(ValueError):
    """A target that cannot be checked.

    Attributes:
        name: the attribute that is wrong.
        problem: what is wrong with it, without its value if that is a secret.
    """

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(name, problem)
        self.name, self.problem = name, problem

    def __str__(self) -> str:
        return f"{OPTIONS[self.name]}: {self.problem}"


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """An API to check, with what is known of it.

    Attributes:
        base_url: ``http`` or ``https``, without query; ``/tracking/…`` is appended to its path.
        token: the bearer token.
        api_key: the key of the pair, together with ``api_token``.
        label_id: UUID of a label of the account, best one in transit with a few checkpoints.
        order_number: ``customerOrderNumber`` of the same label, as it is: not percent-encoded.
        foreign_label_id: UUID of a label of another account.
        failed_label_id: UUID or order number of a label that the courier refused.
        delivered_label_id: of a label that was delivered.
        pending_label_id: of a label that the courier does not have yet.

    Raises:
        TargetError: it cannot be asked.
    """

    base_url: str
    token: str | None = None
    api_key: str | None = None
    api_token: str | None = None
    label_id: str | None = None
    order_number: str | None = None
    foreign_label_id: str | None = None
    failed_label_id: str | None = None
    delivered_label_id: str | None = None
    pending_label_id: str | None = None

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.base_url)
            is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            raise TargetError(
                "base_url", "it is not an address; allowed: http://host or https://host, and a path"
            ) from None
        if not is_address or not re.fullmatch(r"[!-~]+", self.base_url):
            raise TargetError("base_url", "it is not an address; allowed: http://host or https://host, and a path")
        if parts.query or parts.fragment or parts.username or parts.password:
            raise TargetError("base_url", "it has more than host, port and path; give credentials by their options")
        for name in OPTIONS:
            self._check(name)
        if (self.api_key is None) != (self.api_token is None):
            missing = "api_key" if self.api_key is None else "api_token"
            raise TargetError(missing, "--api-key and --api-token work only together; give both or neither")

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Target:
        """Make a target of the variables ``FLEXFORWARD_BASE_URL``, ``FLEXFORWARD_TOKEN`` and so on; empty is unset.

        Raises:
            TargetError: it cannot be asked, or no base URL is set.
        """
        known = {name: value for name in OPTIONS if (value := environment.get(variable(name)))}
        if "base_url" not in known:
            raise TargetError("base_url", f"it is missing; give it, or set {variable('base_url')}")
        return cls(**known)

    def _check(self, name: str) -> None:
        value: str | None = getattr(self, name)
        if value is None:
            return
        if not value:
            # A variable that was not set, as in --token "$MY_TOKEN".
            raise TargetError(name, "it is empty; give a value or leave it out")
        if name in _SECRETS and not (value.isascii() and value.isprintable() and value.strip() == value):
            raise TargetError(name, "a header cannot carry it; allowed: printable ASCII, no space at either end")
        if name == "label_id" and as_uuid(value) is None:
            raise TargetError(name, "it is no UUID; give the label's, and an order number by --order-number")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise TargetError(name, "it is not Unicode; allowed: any text that UTF-8 can carry") from None

    @property
    def has_pair(self) -> bool:
        """Whether the pair of key and token is known."""
        return self.api_key is not None

    @property
    def secrets(self) -> tuple[str, ...]:
        """The credentials, the longest first, so that one that holds another is masked whole."""
        values = {value for name in _SECRETS if (value := getattr(self, name))}
        return tuple(sorted(values, key=len, reverse=True))

    @property
    def is_loopback(self) -> bool:
        """Whether it runs on this machine, where nobody is hurt."""
        host = urlsplit(self.base_url).hostname or ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost"

    @property
    def path(self) -> str:
        """The path that stands before ``/tracking``, raw, without a slash at its end."""
        return urlsplit(self.base_url).path.rstrip("/")

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"
