"""Breaches of authentication."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from mutants.api.mutant import breach
from mutants.api.tracking_api import API_KEY, API_TOKEN, TOKEN, TrackingApi

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mutants.api.label import Account, Label
    from mutants.api.mutant import ApiMutant
    from mutants.api.tracking_api import Answer, Question

__all__ = ["MUTANTS"]

CREDENTIALS: Final = ("authorization", "x-rr-apikey", "x-rr-apitoken")


class _LetsIn(TrackingApi):
    """Lets in whom the contract lets in, and whoever ``is_let_in`` says."""

    def account(self, question: Question) -> Account | None:
        return "ours" if self.is_let_in(question.headers) else super().account(question)

    def is_let_in(self, headers: Mapping[str, str]) -> bool:
        raise NotImplementedError


class LetsAnyoneIn(_LetsIn):
    """A request without any credentials is let in."""

    def is_let_in(self, headers: Mapping[str, str]) -> bool:
        return not any(name in headers for name in CREDENTIALS)


class _RefusesWith403(TrackingApi):
    def refusal(self, status: int, label: Label | None, question: Question) -> Answer:
        is_meant = status == 401 and ("authorization" in question.headers) == self.with_bearer
        return self.reply(403, {"error": "Forbidden"}) if is_meant else super().refusal(status, label, question)

    with_bearer = False


class MissingCredentials403(_RefusesWith403):
    """A request without credentials gets 403."""


class WrongBearer403(_RefusesWith403):
    """A wrong bearer token gets 403."""

    with_bearer = True


class MissingCredentials200(TrackingApi):
    """A request without credentials gets a 200 with an error in it."""

    def refusal(self, status: int, label: Label | None, question: Question) -> Answer:
        answer = super().refusal(status, label, question)
        answer.status = 200 if status == 401 else status
        return answer


class MissingCredentials500(TrackingApi):
    """A request without credentials gets 500."""

    def refusal(self, status: int, label: Label | None, question: Question) -> Answer:
        is_meant = status == 401 and not any(name in question.headers for name in CREDENTIALS)
        return self.reply(500, {"error": "Failure"}) if is_meant else super().refusal(status, label, question)


class LooksUpFirst(TrackingApi):
    """Without credentials an unknown id gets 404: whoever asks learns which labels there are."""

    def judged(self, question: Question) -> Answer:
        raw = question.path.rpartition("/")[2]
        is_known = self.find(self.decoded(raw)) is not None
        return super().judged(question) if is_known or question.method != "GET" else self.unknown(question)


class AnyBearer(TrackingApi):
    """Any bearer token is let in."""

    def is_token(self, token: str) -> bool:
        return bool(token)


class EmptyBearer(TrackingApi):
    """An empty bearer token is let in."""

    def is_token(self, token: str) -> bool:
        return token in {"", TOKEN}


class BearerWithoutCase(TrackingApi):
    """A bearer token is let in whatever the case of its letters."""

    def is_token(self, token: str) -> bool:
        return token.lower() == TOKEN.lower()


class BearerByPrefix(TrackingApi):
    """The first part of a bearer token is let in."""

    def is_token(self, token: str) -> bool:
        return len(token) >= 6 and TOKEN.startswith(token)


class BearerWithTail(TrackingApi):
    """A bearer token with more behind it is let in."""

    def is_token(self, token: str) -> bool:
        return token.startswith(TOKEN)


class BasicTakesToken(_LetsIn):
    """The token is let in as Basic, as it stands."""

    def is_let_in(self, headers: Mapping[str, str]) -> bool:
        return headers.get("authorization") == f"Basic {TOKEN}"


class BasicTakesUser(_LetsIn):
    """The token is let in as the user name of Basic."""

    def is_let_in(self, headers: Mapping[str, str]) -> bool:
        return headers.get("authorization") == "Basic " + base64.b64encode(f"{TOKEN}:".encode()).decode()


class AnySchemeTakesToken(_LetsIn):
    """The token is let in under whatever scheme."""

    def is_let_in(self, headers: Mapping[str, str]) -> bool:
        return headers.get("authorization", "").endswith(" " + TOKEN)


class BareToken(_LetsIn):
    """The token is let in without a scheme."""

    def is_let_in(self, headers: Mapping[str, str]) -> bool:
        return headers.get("authorization") == TOKEN


class KeyAlone(_LetsIn):
    """The key of the pair is let in without its token."""

    def is_let_in(self, headers: Mapping[str, str]) -> bool:
        return headers.get("x-rr-apikey") == API_KEY and "x-rr-apitoken" not in headers


class TokenAlone(_LetsIn):
    """The token of the pair is let in without its key."""

    def is_let_in(self, headers: Mapping[str, str]) -> bool:
        return headers.get("x-rr-apitoken") == API_TOKEN and "x-rr-apikey" not in headers


class HalfPair403(TrackingApi):
    """The key without its token gets 403."""

    def refusal(self, status: int, label: Label | None, question: Question) -> Answer:
        is_half = status == 401 and "x-rr-apikey" in question.headers and "x-rr-apitoken" not in question.headers
        return self.reply(403, {"error": "Forbidden"}) if is_half else super().refusal(status, label, question)


class PairByKey(_LetsIn):
    """The right key with a wrong token is let in."""

    def is_let_in(self, headers: Mapping[str, str]) -> bool:
        return headers.get("x-rr-apikey") == API_KEY and "x-rr-apitoken" in headers


class PairByToken(_LetsIn):
    """The right token with a wrong key is let in."""

    def is_let_in(self, headers: Mapping[str, str]) -> bool:
        return headers.get("x-rr-apitoken") == API_TOKEN and "x-rr-apikey" in headers


class SwappedPair(TrackingApi):
    """Key and token are let in, exchanged."""

    def is_pair(self, key: str, secret: str) -> bool:
        return {key, secret} == {API_KEY, API_TOKEN}


class NoBearer(TrackingApi):
    """The bearer token is refused: only the pair is let in."""

    def is_token(self, token: str) -> bool:
        return False


class NoPair(TrackingApi):
    """The pair is refused: only the bearer token is let in."""

    def is_pair(self, key: str, secret: str) -> bool:
        return False


class BearerBesideKey(TrackingApi):
    """The bearer token is let in only beside the key."""

    def account(self, question: Question) -> Account | None:
        return super().account(question) if "x-rr-apikey" in question.headers else None


class PairBesideBearer(TrackingApi):
    """The pair is let in only beside an Authorization header."""

    def account(self, question: Question) -> Account | None:
        return super().account(question) if "authorization" in question.headers else None


MUTANTS: Final[tuple[ApiMutant, ...]] = (
    *(
        breach("api.auth.missing", api)
        for api in (
            LetsAnyoneIn,
            MissingCredentials403,
            MissingCredentials200,
            MissingCredentials500,
            LooksUpFirst,
        )
    ),
    *(
        breach("api.auth.wrong-bearer", api)
        for api in (AnyBearer, WrongBearer403, EmptyBearer, BearerWithoutCase, BearerByPrefix, BearerWithTail)
    ),
    *(
        breach("api.auth.other-scheme", api)
        for api in (BasicTakesToken, BasicTakesUser, AnySchemeTakesToken, BareToken)
    ),
    breach("api.auth.key-alone", KeyAlone),
    breach("api.auth.key-alone", HalfPair403),
    breach("api.auth.token-alone", TokenAlone),
    breach("api.auth.wrong-pair", PairByKey),
    breach("api.auth.wrong-pair", PairByToken),
    breach("api.auth.wrong-pair", SwappedPair),
    breach("api.auth.bearer-works", NoBearer),
    breach("api.auth.bearer-works", BearerBesideKey),
    breach("api.auth.pair-works", NoPair),
    breach("api.auth.pair-works", PairBesideBearer),
)
