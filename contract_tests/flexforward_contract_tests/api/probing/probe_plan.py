"""Which requests are made, told before the first one is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

import msgspec

from .odd_probes import method_probes, odd_probes
from .probe import API_KEY, API_TOKEN, BASIC_TOKEN, TOKEN, Headers, Probe

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from .probe import AuthMethod, Purpose
    from .target import Target

__all__ = ["AUTH_HEADERS", "UNKNOWN_ID", "UNKNOWN_ORDER_NUMBER", "ProbePlan", "plan_probes"]

AUTH_HEADERS: Mapping[AuthMethod, Headers] = {
    "bearer": (("Authorization", f"Bearer {TOKEN}"),),
    "pair": (("x-rr-apikey", API_KEY), ("x-rr-apitoken", API_TOKEN)),
}

UNKNOWN_ID = str(uuid5(NAMESPACE_URL, "flexforward-mock: a label that nobody has"))
UNKNOWN_ORDER_NUMBER = "flexforward-mock/nobody has this number #1"

_NOBODY = "nobody-has-this-5e1f7c"
"""Stands where a credential should."""


class ProbePlan(msgspec.Struct, frozen=True, kw_only=True):
    """Requests in their order.

    Attributes:
        first: show whether there is anything to judge; the others follow only then.
        others: the rest.
    """

    first: tuple[Probe, ...]
    others: tuple[Probe, ...]

    @property
    def probes(self) -> tuple[Probe, ...]:
        """All of them."""
        return self.first + self.others


def plan_probes(target: Target, purposes: Collection[Purpose], *, is_unsafe_allowed: bool = False) -> ProbePlan:
    """ProbePlan the requests for some purposes.

    Args:
        target: what is known of the API; what is not known is not asked for.
        purposes: what the chosen rules look at.
        is_unsafe_allowed: methods that change things may be tried on any host; on this machine they always may.
    """
    maker = _Maker(target)
    others = [probe for probe in maker.others() if probe.purpose in purposes]
    if "odd" in purposes or "elsewhere" in purposes:
        key = maker.key if maker.auth_methods else None
        odd = odd_probes(key, maker.main_headers, known=maker.known_id, has_token=target.token is not None)
        others += [probe for probe in odd if probe.purpose in purposes]
    if "method" in purposes and (is_unsafe_allowed or target.is_loopback):
        others += method_probes(maker.key, maker.main_headers)
    # Last, so that what the odd ones and the methods did would show.
    others += maker.last_reads()
    return ProbePlan(first=tuple(maker.first()), others=tuple(others))


class _Maker:
    def __init__(self, target: Target) -> None:
        self._target = target
        self.auth_methods: list[AuthMethod] = []
        if target.token is not None:
            self.auth_methods.append("bearer")
        if target.has_pair:
            self.auth_methods.append("pair")
        self.main_headers = AUTH_HEADERS[self.auth_methods[0]] if self.auth_methods else ()
        self.known_id = target.label_id or target.delivered_label_id or target.pending_label_id
        known = self.known_id or target.order_number
        self.key = UNKNOWN_ID if known is None else known
        self._is_known = known is not None

    def _probe(
        self, name: str, purpose: Purpose, key: str, headers: Headers, auth_method: AuthMethod | None = None
    ) -> Probe:
        target = f"/tracking/{quote(key, safe='')}"
        return Probe(name=name, purpose=purpose, target=target, headers=headers, asks_for=key, auth_method=auth_method)

    def _let_in(
        self, name: str, purpose: Purpose, key: str, auth_methods: Collection[AuthMethod] | None = None
    ) -> Iterator[Probe]:
        for auth_method in self.auth_methods if auth_methods is None else auth_methods:
            yield self._probe(f"{name}, {auth_method}", purpose, key, AUTH_HEADERS[auth_method], auth_method)

    def _read(self, number: int) -> Iterator[Probe]:
        """Read each known label once more; the second time in the other way, if there is one."""
        auth_methods: list[AuthMethod] = (
            [self.auth_methods[number % len(self.auth_methods)]] if self.auth_methods else []
        )
        target = self._target
        named = (
            ("the label", target.label_id),
            ("the delivered label", target.delivered_label_id),
            ("the pending label", target.pending_label_id),
        )
        for name, key in named:
            if key is not None:
                yield from self._let_in(name, "read", key, auth_methods)
        if target.order_number is not None:
            yield from self._let_in("the order number", "order", target.order_number, auth_methods)

    def first(self) -> Iterator[Probe]:
        yield from self._let_in("an id that nobody has", "unknown", UNKNOWN_ID)
        if self._is_known:
            purpose: Purpose = "order" if self.known_id is None else "read"
            yield from self._let_in("the label", purpose, self.key)
        yield self._probe("no credentials", "missing", self.key, ())

    def others(self) -> Iterator[Probe]:
        target = self._target
        yield from self._read(0)
        yield self._probe("no credentials, an id that nobody has", "missing", UNKNOWN_ID, ())
        yield from self._bearers()
        if target.has_pair:
            yield from self._pairs()
        yield from self._let_in("an order number that nobody has", "unknown", UNKNOWN_ORDER_NUMBER)
        if target.foreign_label_id is not None:
            yield from self._let_in("another account's label", "foreign", target.foreign_label_id)
        if target.failed_label_id is not None:
            yield from self._let_in("the failed label", "failed", target.failed_label_id)
        yield from self._read(1)

    def last_reads(self) -> Iterator[Probe]:
        yield from self._read(2)

    def _bearers(self) -> Iterator[Probe]:
        def bearer(name: str, purpose: Purpose, value: str, key: str = self.key) -> Probe:
            return self._probe(name, purpose, key, (("Authorization", value),))

        yield bearer("another bearer token", "wrong-bearer", f"Bearer {_NOBODY}")
        yield bearer("another bearer token, an id that nobody has", "wrong-bearer", f"Bearer {_NOBODY}", UNKNOWN_ID)
        if self._target.token is None:
            return
        yield bearer("the bearer token and a letter more", "wrong-bearer", "Bearer ${FLEXFORWARD_TOKEN}x")
        if len(self._target.token) > 1:
            yield bearer("the bearer token less a letter", "wrong-bearer", "Bearer ${FLEXFORWARD_TOKEN%?}")
        token = self._target.token
        if token != (other := token.upper() if token.upper() != token else token.lower()):
            change = "^^" if other == token.upper() else ",,"
            yield bearer("the bearer token in other letters", "wrong-bearer", f"Bearer ${{FLEXFORWARD_TOKEN{change}}}")
        yield bearer("the token as Basic", "other-scheme", f"Basic {TOKEN}")
        yield bearer("the token as the user of Basic", "other-scheme", f"Basic {BASIC_TOKEN}")
        yield bearer("the token as Token", "other-scheme", f"Token {TOKEN}")
        yield bearer("the token without a scheme", "other-scheme", TOKEN)

    def _pairs(self) -> Iterator[Probe]:
        def pair(name: str, purpose: Purpose, key: str | None, token: str | None) -> Probe:
            named = (("x-rr-apikey", key), ("x-rr-apitoken", token))
            return self._probe(name, purpose, self.key, tuple((header, value) for header, value in named if value))

        yield pair("the key alone", "key-alone", API_KEY, None)
        yield pair("the token of the pair alone", "token-alone", None, API_TOKEN)
        yield pair("the key with another token", "wrong-pair", API_KEY, _NOBODY)
        yield pair("another key with the token", "wrong-pair", _NOBODY, API_TOKEN)
        if self._target.api_key != self._target.api_token:
            yield pair("key and token exchanged", "wrong-pair", API_TOKEN, API_KEY)
