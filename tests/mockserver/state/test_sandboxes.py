from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from flexforward_mockserver.state import sandboxes as module
from flexforward_mockserver.state.clock import Clock
from flexforward_mockserver.state.credentials import Credentials, SecurityRequirement
from flexforward_mockserver.state.sandbox import Sandbox
from flexforward_mockserver.state.sandboxes import Account, CredentialsTakenError, Sandboxes, TooManySandboxesError
from flexforward_openapi import Scheme
from kit import START, Kit

if TYPE_CHECKING:
    from flexforward_mockserver.state.credentials import CredentialKind


def requirement(*kinds: CredentialKind) -> SecurityRequirement:
    schemes = tuple(Scheme(name=kind, kind="header", parameter=kind) for kind in kinds)
    return SecurityRequirement(schemes, kinds, kinds)


WAYS = (requirement("token"), requirement("api_key", "api_token"))


def sandbox(name: str) -> Sandbox:
    return Sandbox(name, clock=Clock(lambda: 0.0, start=START))


@pytest.fixture
def sandboxes() -> Sandboxes:
    return Sandboxes(sandbox("default"), WAYS)


def holder(sandboxes: Sandboxes, token: str) -> tuple[str, str] | None:
    account = sandboxes.holder(("token",), (token,))
    return None if account is None else (account.sandbox.id, account.name)


def test_credentials_find_their_account_in_every_way_that_they_fit(sandboxes: Sandboxes) -> None:
    sandboxes.add(
        sandbox("a"),
        {"own": (Credentials(token="t", api_key="k", api_token="s"),), "other": (Credentials(token="o"),)},
    )
    assert (holder(sandboxes, "t"), holder(sandboxes, "o")) == (("a", "own"), ("a", "other"))
    pair = sandboxes.holder(("api_key", "api_token"), ("k", "s"))
    assert pair is not None
    assert pair.name == "own"
    assert sandboxes.holder(("api_key", "api_token"), ("k", "o")) is None
    assert [entry.id for entry in sandboxes] == ["default", "a"]
    assert sandboxes.get("a") is not None
    assert sandboxes.get("b") is None


def test_an_account_may_hold_the_same_secret_twice(sandboxes: Sandboxes) -> None:
    sandboxes.add(sandbox("a"), {"own": (Credentials(token="t"), Credentials(token="t"))})
    assert holder(sandboxes, "t") == ("a", "own")


def test_nothing_is_added_where_something_is_taken(sandboxes: Sandboxes) -> None:
    sandboxes.add(sandbox("a"), {"own": (Credentials(token="t"),)})
    with pytest.raises(CredentialsTakenError, match=r"^a live sandbox holds this token already$") as caught:
        sandboxes.add(sandbox("b"), {"own": (Credentials(token="new"),), "other": (Credentials(token="t"),)})
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert caught.value.kinds == ("token",)
    assert sandboxes.get("b") is None
    assert holder(sandboxes, "new") is None
    with pytest.raises(CredentialsTakenError, match=r"^the account own holds this token already$"):
        sandboxes.add(sandbox("b"), {"own": (Credentials(token="x"),), "other": (Credentials(token="x"),)})
    assert holder(sandboxes, "x") is None


def test_a_removed_sandbox_leaves_nothing_behind(sandboxes: Sandboxes) -> None:
    box = sandbox("a")
    sandboxes.add(box, {"own": (Credentials(token="t"),)})
    sandboxes.remove(box)
    sandboxes.remove(box)
    assert (holder(sandboxes, "t"), sandboxes.get("a")) == (None, None)


def test_there_is_an_end_to_sandboxes(sandboxes: Sandboxes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SANDBOX_LIMIT", 1)
    with pytest.raises(TooManySandboxesError, match=r"^the server holds 1 sandboxes, the most it may$"):
        sandboxes.add(sandbox("a"), {})


def test_who_is_admitted_later_wins(sandboxes: Sandboxes) -> None:
    for name in ("own", "other"):
        sandboxes.admit(Account(sandbox=sandboxes.default, name=name), Credentials(token="t"))
    assert holder(sandboxes, "t") == ("default", "other")


@pytest.mark.parametrize(
    ("accept_any_token", "secrets", "is_taken"),
    [(False, (), True), (False, ("x",), False), (True, ("x",), True), (True, ("x", ""), False), (True, (), True)],
)
def test_unknown_secrets_are_taken_where_that_was_wanted(
    accept_any_token: bool, secrets: tuple[str, ...], is_taken: bool
) -> None:
    sandboxes = Sandboxes(sandbox("default"), WAYS, accept_any_token=accept_any_token)
    assert sandboxes.takes_unknown(secrets) is is_taken


# -- Claims


def claimed(
    sandboxes: Sandboxes,
    name: str,
    *,
    token: str | None = None,
    api_key: str | None = None,
    api_token: str | None = None,
) -> None:
    box = sandboxes.get(name)
    assert box is not None
    sandboxes.claim(Account(sandbox=box, name="own"), Credentials(token=token, api_key=api_key, api_token=api_token))


def test_who_claims_credentials_is_found_by_them_beside_the_first_ones(sandboxes: Sandboxes) -> None:
    sandboxes.add(sandbox("a"), {"own": (Credentials(token="t"),)})
    claimed(sandboxes, "a", token="mine", api_key="k", api_token="s")
    assert (holder(sandboxes, "t"), holder(sandboxes, "mine")) == (("a", "own"), ("a", "own"))
    assert sandboxes.holder(("api_key", "api_token"), ("k", "s")) is not None
    assert all(sandboxes.is_secret(secret) for secret in ("t", "mine", "k", "s"))


def test_what_is_claimed_twice_is_claimed_once(sandboxes: Sandboxes) -> None:
    sandboxes.add(sandbox("a"), {"own": (Credentials(token="t"),)})
    for _ in range(2):
        claimed(sandboxes, "a", token="t")
    assert holder(sandboxes, "t") == ("a", "own")


@pytest.mark.parametrize(
    ("credentials", "kinds"),
    [
        pytest.param({"token": "t"}, "token", id="of another sandbox"),
        pytest.param({"token": "o"}, "token", id="of the sandbox's other account"),
        pytest.param({"token": "new", "api_key": "k", "api_token": "s"}, "api_key and api_token", id="half of them"),
    ],
)
def test_nothing_is_claimed_of_what_is_somebody_elses(
    sandboxes: Sandboxes, credentials: dict[str, str], kinds: str
) -> None:
    sandboxes.add(sandbox("a"), {"own": (Credentials(token="t", api_key="k", api_token="s"),)})
    sandboxes.add(sandbox("b"), {"own": (Credentials(token="b"),), "other": (Credentials(token="o"),)})
    with pytest.raises(CredentialsTakenError, match=f"^a live sandbox holds this {kinds} already$"):
        claimed(sandboxes, "b", **credentials)
    assert holder(sandboxes, "new") is None
    assert not sandboxes.is_secret("new")


def test_what_was_claimed_is_free_again_when_its_sandbox_is_gone(sandboxes: Sandboxes) -> None:
    for name in ("a", "b"):
        sandboxes.add(sandbox(name), {})
    claimed(sandboxes, "a", token="mine")
    box = sandboxes.get("a")
    assert box is not None
    sandboxes.remove(box)
    claimed(sandboxes, "b", token="mine")
    assert holder(sandboxes, "mine") == ("b", "own")


def test_only_one_of_many_who_claim_at_once_gets_it(sandboxes: Sandboxes) -> None:
    names = [f"box-{number}" for number in range(16)]
    for name in names:
        sandboxes.add(sandbox(name), {})

    def claim(name: str) -> bool:
        try:
            claimed(sandboxes, name, token="mine")
        except CredentialsTakenError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        winners = [name for name, has_it in zip(names, pool.map(claim, names), strict=True) if has_it]
    assert len(winners) == 1
    assert holder(sandboxes, "mine") == (winners[0], "own")


def test_a_contract_without_security_wants_no_secrets() -> None:
    kit = Kit()
    assert kit.engine.sandboxes.secrets_of(kit.sandbox, "own", ()) == ()
