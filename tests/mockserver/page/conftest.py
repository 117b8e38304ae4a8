from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from page_kit import Shop, browsing, open_shop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as started:
        yield started


@pytest.fixture(scope="module")
def open_page(browser: Browser) -> Iterator[Shop]:
    with open_shop(browser, permissions=("clipboard-read", "clipboard-write")) as opened:
        yield opened


@pytest.fixture
def shop(open_page: Shop) -> Iterator[Shop]:
    """The page at a sandbox of its own, with a delivery of the order number A."""
    open_page.renew("A")
    yield open_page
    assert open_page.complaints == []
