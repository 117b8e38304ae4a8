"""Breaches in how a client asks: credentials, the identifier, patience."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus

from mutants.client.mutant import breach
from mutants.client.tracking_client import Poller

if TYPE_CHECKING:
    from mutants.client.mutant import ClientMutant

__all__ = ["MUTANTS"]

ACCEPTED: Final = "client.auth.accepted"
NOT_IN_URL: Final = "client.auth.not-in-url"
ESCAPED: Final = "client.id.escaped"
TIMEOUT: Final = "client.timeout"


class WrongHeaderName(Poller):
    """It sends the pair as x-api-key and x-api-token."""

    def headers(self) -> dict[str, str]:
        return {"x-api-key": self.env.api_key, "x-api-token": self.env.api_token}


class HalfThePair(Poller):
    """It sends the key of the pair without the token."""

    def headers(self) -> dict[str, str]:
        return {"x-rr-apikey": self.env.api_key}


class NoScheme(Poller):
    """It sends the token without the word Bearer."""

    def headers(self) -> dict[str, str]:
        return {"Authorization": self.env.token}


class BasicScheme(Poller):
    """It sends the pair as user and password."""

    def headers(self) -> dict[str, str]:
        pair = f"{self.env.api_key}:{self.env.api_token}".encode()
        return {"Authorization": f"Basic {b64encode(pair).decode()}"}


class TokenInQuery(Poller):
    """It adds the token to the query, as access_token."""

    def query(self) -> dict[str, str]:
        return {"access_token": self.env.token}


class PairInQuery(Poller):
    """It adds the pair to the query."""

    def query(self) -> dict[str, str]:
        return {"apikey": self.env.api_key, "apitoken": self.env.api_token}


class NotEscaped(Poller):
    """It puts the order number into the path as it is."""

    def key(self) -> str:
        return self.env.order_number


class EscapedTwice(Poller):
    """It escapes the order number twice."""

    def key(self) -> str:
        return quote(quote(self.env.order_number, safe=""), safe="")


class PlusForSpace(Poller):
    """It escapes the order number as a form does, a space as a plus."""

    def key(self) -> str:
        return quote_plus(self.env.order_number)


class SlashLeftAlone(Poller):
    """It escapes the order number with the default of quote(), which leaves a slash as it is."""

    def key(self) -> str:
        return quote(self.env.order_number)


class NoTimeout(Poller):
    """It has no time-out."""

    timeout_s = None


class TenMinutesTimeout(Poller):
    """Its time-out is ten minutes."""

    timeout_s = 600.0


MUTANTS: Final[tuple[ClientMutant, ...]] = (
    breach(ACCEPTED, WrongHeaderName),
    breach(ACCEPTED, HalfThePair),
    breach(ACCEPTED, NoScheme),
    breach(ACCEPTED, BasicScheme),
    breach(NOT_IN_URL, TokenInQuery),
    breach(NOT_IN_URL, PairInQuery),
    breach(ESCAPED, NotEscaped),
    breach(ESCAPED, EscapedTwice),
    breach(ESCAPED, PlusForSpace),
    breach(ESCAPED, SlashLeftAlone),
    breach(TIMEOUT, NoTimeout),
    breach(TIMEOUT, TenMinutesTimeout),
)
