"""asyncio with httpx: all labels at once, each in a task of its own, and eight requests a second for all of them."""

from __future__ import annotations

import asyncio
import os

import httpx

from following import BASE_URL, HEADERS, Following

gate = asyncio.Lock()


async def follow(client: httpx.AsyncClient, label: str) -> None:
    following = Following(label)
    wait_s: float | None = 0.0
    while wait_s is not None:
        await asyncio.sleep(wait_s)
        try:
            async with gate:
                await asyncio.sleep(0.125)
            async with asyncio.timeout(20):
                response = await client.get(f"{BASE_URL}/tracking/{label}")
            wait_s = following.after(response.status_code, response.content)
        except (httpx.HTTPError, TimeoutError):
            wait_s = following.after_failure()


async def main() -> None:
    async with httpx.AsyncClient(headers=HEADERS, timeout=60) as client, asyncio.TaskGroup() as tasks:
        for label in os.environ["FLEXFORWARD_LABEL_IDS"].split(","):
            tasks.create_task(follow(client, label))


if __name__ == "__main__":
    asyncio.run(main())
