"""An API of ours before the judge: served, asked with all options given, judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_contract_tests.api import Target, judge_api
from mutants.api.socket import serve_api
from mutants.api.tracking_api import API_KEY, API_TOKEN, TOKEN

if TYPE_CHECKING:
    from collections.abc import Collection

    from flexforward_contract_tests.result import Result
    from mutants.api.socket import Wire
    from mutants.api.tracking_api import TrackingApi

__all__ = ["target_of", "try_api"]


def target_of(api: TrackingApi, base_url: str) -> Target:
    """Return the API as a target, with everything known that can be."""
    return Target(
        base_url=base_url,
        token=TOKEN,
        api_key=API_KEY,
        api_token=API_TOKEN,
        label_id=api.moving.id,
        order_number=api.moving.order_number,
        foreign_label_id=api.foreign.id,
        failed_label_id=api.failed.id,
        delivered_label_id=api.delivered.id,
        pending_label_id=api.pending.id,
    )


def _not_at_all(_seconds: float) -> None:
    """Keep no pace: it is another test's affair."""


def try_api(
    api: TrackingApi, wire: Wire | None = None, *, rules: Collection[str] | None = None, max_examples: int = 0
) -> Result:
    """Serve the API, and judge it by these rules or by all."""
    with serve_api(api, wire) as base_url:
        return judge_api(target_of(api, base_url), rules=rules, max_examples=max_examples, sleep=_not_at_all)
