"""How soon a browser paints the page, from the request for it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from benchmarks.exchange import BenchmarkError
from benchmarks.row import Bar, Measured, Row
from benchmarks.server import running

if TYPE_CHECKING:
    from benchmarks.plan import Plan, Sides

__all__ = ["first_paint"]

_BAR_MS = 200.0
_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def first_paint(sides: Sides, plan: Plan) -> Measured:
    """Measure the time from a navigation to the first contentful paint, with the demo labels, nothing in the cache."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return Measured(rows=(), remarks=("first paint: not measured, for there is no chromium.",))
    from playwright.sync_api import Error, sync_playwright

    taken: list[float] = []
    try:
        with running(sides.ours) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--headless", "--no-sandbox"])
            for _ in range(plan.starts + 1):
                window = browser.new_context()
                page = window.new_page()
                page.goto(f"http://127.0.0.1:{server.port}/_mock/")
                taken.append(page.wait_for_function(_PAINT).json_value())
                window.close()
            browser.close()
    except Error as error:
        raise BenchmarkError(f"the page in chromium: {error}") from error
    row = Row(
        what="first paint of the page, ms",
        bar=Bar(kind="at most", limit=1.0),
        ours=tuple(taken[1:]),
        reference=(_BAR_MS,) * plan.starts,
        reference_name="200 ms",
    )
    how = (
        f"first paint: first contentful paint in chromium, {plan.starts} windows without a cache after one unmeasured, "
        "from the navigation on."
    )
    return Measured(rows=(row,), remarks=(how,))
