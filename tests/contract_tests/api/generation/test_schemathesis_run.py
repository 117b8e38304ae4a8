from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from api_kit import leave_schemathesis_unmeasured
from flexforward_contract_tests.api.generation.schemathesis_run import run_document
from flexforward_fixtures.transports.live_server import run_in_thread
from flexforward_mockserver.state.demo import GUIDE_LABEL_ID
from flexforward_mockserver.web.app import create_app
from kit import Kit

if TYPE_CHECKING:
    from collections.abc import Iterator

IDS = [
    GUIDE_LABEL_ID,
    "DEMO-delivered",
    "DEMO-foreign",
    "DEMO-label-failed",
    "G-1h-broken",
    "N-1h-missing",
    "PITD-1x-a/b #?%",
    "long-history",
    "DEMO-unicode-places",
]


@pytest.fixture(autouse=True)
def _unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    leave_schemathesis_unmeasured(monkeypatch)


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with run_in_thread(create_app(Kit().engine)) as url:
        yield url


@pytest.mark.parametrize(
    "credentials",
    [
        pytest.param({"bearerAuth": "YOUR_API_TOKEN"}, id="bearer"),
        pytest.param({"apiKey": "test-key", "apiToken": "test-secret"}, id="pair"),
    ],
)
def test_schemathesis_finds_nothing_and_sees_every_documented_status(
    base_url: str, credentials: dict[str, str]
) -> None:
    run = run_document(base_url, credentials=credentials, ids=IDS)
    assert run.exit_code == 0, run.output
    assert run.missing_statuses == ()
    assert run.statuses[200] >= 10
    assert set(run.statuses) <= {200, 401, 403, 404, 422, 502}


def test_a_run_that_is_never_let_in_is_seen_to_have_seen_nothing(base_url: str) -> None:
    run = run_document(base_url, credentials={"bearerAuth": "nobody"}, ids=IDS, max_examples=10)
    assert set(run.statuses) <= {401, 404}
    assert set(run.missing_statuses) >= {200, 403, 422, 502}


def test_a_run_against_nothing_saw_nothing() -> None:
    run = run_document("http://127.0.0.1:9", credentials={"bearerAuth": "x"}, ids=["a"], max_examples=1)
    assert run.exit_code != 0
    assert not run.statuses
