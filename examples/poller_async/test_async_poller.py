"""The poller is taken through whole lifecycles and failures in virtual time, and judged by the vendor's guide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from async_poller import follow, open_client
from flexforward_contract_tests import ClientContract

if TYPE_CHECKING:
    from flexforward_contract_tests import ClientEnv


class TestAsyncPoller(ClientContract):
    is_strict = True
    fail_under = 100

    async def run_client(self, env: ClientEnv) -> None:
        async with open_client(env.base_url, env.token) as client:
            await follow(client, env.order_number, env.notify)
