"""The poller is taken through whole lifecycles and failures in virtual time, and judged by the vendor's guide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_contract_tests import ClientContract
from sync_poller import follow

if TYPE_CHECKING:
    from flexforward_contract_tests import ClientEnv


class TestSyncPoller(ClientContract):
    is_strict = True
    fail_under = 100

    def run_client(self, env: ClientEnv) -> None:
        follow(env.base_url, env.token, env.order_number, env.notify)
