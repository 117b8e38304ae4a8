"""The page in a real browser, around a server whose clock the test moves."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from control_kit import Box, ControlKit
from flexforward_fixtures.transports.live_server import run_in_thread
from flexforward_mockserver.web.app import create_app
from flexforward_mockserver.web.control_app import HostGuard, create_control_app

if TYPE_CHECKING:
    from collections.abc import Generator

    from playwright.sync_api import Browser, Locator, Page

    from flexforward_mockserver.state.sandbox import Sandbox, Tracked

__all__ = ["AXE", "FROZEN", "PATIENCE_MS", "Shop", "browsing", "find_chromium", "open_shop"]

PATIENCE_MS = 30_000
"""How long a condition may take to come true; tests wait for conditions, never for time."""

FROZEN = {"clock": {"now": "2026-04-01T00:00:00Z", "frozen": True}}
AXE = Path(__file__).parent.parent / ".venv" / "node_modules" / "axe-core" / "axe.min.js"
_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find_chromium() -> str:
    """Return the system's chromium; skip the test where there is none, but never in CI."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and not os.environ.get("CI"):
        pytest.skip("no chromium on this machine: the page is not tried in a browser")
    assert found is not None, "CI has to install chromium: the page is tried in it"
    return found


@contextmanager
def browsing() -> Generator[Browser]:
    """Start a browser with a profile of its own."""
    path = find_chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS), timeout=PATIENCE_MS * 2)
        yield browser
        browser.close()


@dataclass
class Shop:
    """A server with its page open at a sandbox of its own.

    Attributes:
        complaints: what the page's console says: errors, and breaches of its policy.
    """

    desk: ControlKit
    url: str
    page: Page
    box: Box
    complaints: list[str] = field(default_factory=list[str])

    @property
    def sandbox(self) -> Sandbox:
        sandbox = self.desk.kit.engine.sandboxes.get(self.box.id)
        assert sandbox is not None
        return sandbox

    def label(self, key: str) -> Tracked:
        tracked = self.sandbox.find(key)
        assert tracked is not None
        return tracked

    def row(self, order_number: str) -> Locator:
        return self.page.locator("#labels > li").filter(has=self.page.get_by_text(order_number, exact=True))

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def shows(self, selector: str, text: str) -> None:
        self.page.locator(selector).filter(has_text=text).first.wait_for()

    def wait(self, condition: str, argument: Any = None) -> None:
        """Wait until an expression of the page is true."""
        self.page.wait_for_function(condition, arg=argument)

    def waits_live(self) -> None:
        self.wait("() => document.getElementById('connection').dataset.state === 'live'")

    def renew(self, *order_numbers: str) -> None:
        """Turn to a new sandbox with deliveries of these order numbers."""
        box = self.desk.open(FROZEN)
        for order_number in order_numbers:
            box.get("createLabel", {"scenario": "delivered", "order_number": order_number})
        self.turn_to(box, len(order_numbers))

    def turn_to(self, box: Box, count: int) -> None:
        """Turn to a sandbox, and wait until so many shipments are listed."""
        self.box = box
        self.complaints.clear()
        if self.page.url == "about:blank":
            self.page.goto(f"{self.url}/_mock/#sandbox={box.id}")
        else:
            self.page.get_by_label("Find").fill("")
            self.page.evaluate("(id) => { location.hash = `sandbox=${id}`; }", box.id)
        self.wait("(id) => document.getElementById('main').dataset.sandbox === id", box.id)
        self.wait("(n) => document.querySelectorAll('#labels > li').length === n", count)
        self.waits_live()


@contextmanager
def open_shop(
    browser: Browser,
    *,
    token: str | None = None,
    size: tuple[int, int] = (1200, 900),
    scheme: Literal["light", "dark"] = "light",
    permissions: tuple[str, ...] = (),
) -> Generator[Shop]:
    """Serve a kit, and open a window for its page."""
    desk = ControlKit()
    is_ending = threading.Event()
    control = create_control_app(desk.control, HostGuard(token=token), is_ending=is_ending.is_set)
    app = create_app(desk.kit.engine, control=control, leads_to_page=True)
    window = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, permissions=permissions
    )
    window.set_default_timeout(PATIENCE_MS)
    page = window.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    with run_in_thread(app) as url:
        try:
            yield Shop(desk, url, page, desk.open(FROZEN), complaints)
        finally:
            window.close()
            is_ending.set()
