"""The page for everybody: by keyboard, on a small screen, in the dark, with odd texts, many labels and a lost line."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import pytest

from control_kit import ControlKit
from flexforward_fixtures.transports.live_server import run_in_thread
from flexforward_mockserver.web.app import create_app
from flexforward_mockserver.web.control_app import HostGuard, create_control_app
from page_kit import AXE, FROZEN, Shop, open_shop

if TYPE_CHECKING:
    from collections.abc import Generator

    from playwright.sync_api import Browser, Page

    from flexforward_openapi import Json

SERIOUS = {"serious", "critical"}
ODD = [
    "<img src=x onerror=\"document.title='broken into'\">",
    "</title><script>document.title='broken into'</script>",
    "طلبية رقم ١٢٣",
    "W" * 300,
    "a\u202eb",
]


def findings(page: Page) -> list[Json]:
    """Return what axe finds serious; it is put in as a tester's script, which the page's policy is not about."""
    session: Any = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE.read_text()})
    found: Json = session.send(
        "Runtime.evaluate", {"expression": "axe.run()", "awaitPromise": True, "returnByValue": True}
    )["result"]["value"]
    session.detach()
    assert found["passes"]
    return [
        (entry["id"], [node["html"] for node in entry["nodes"]])
        for entry in found["violations"]
        if entry["impact"] in SERIOUS
    ]


BROKEN = """() => [...document.querySelectorAll("#journal th, #exchanges td:nth-child(3), #exchanges td:nth-child(4)")]
    .filter((cell) => {
        const range = document.createRange();
        range.selectNodeContents(cell);
        return range.getClientRects().length > 1;
    })
    .map((cell) => cell.textContent)"""
"""Words of the journal that do not stand in one line."""


@pytest.mark.parametrize(
    ("width", "scheme"), [pytest.param(1200, "light", id="light"), pytest.param(400, "dark", id="small and dark")]
)
def test_axe_finds_nothing_serious_and_nothing_is_cut_off(
    browser: Browser, width: int, scheme: Literal["light", "dark"]
) -> None:
    with open_shop(browser, scheme=scheme, size=(width, 900)) as shop:
        shop.renew("A", *ODD)
        for scenario in ("TGGT-1x-a", "PITEDCU-6h-a", "long-history"):
            shop.box.get("createLabel", {"scenario": scenario})
        shop.box.track("A")
        shop.box.get("createFault", {"kind": "reset"})
        shop.shows("#exchanges tr", "/tracking/A")
        shop.shows("#fault-list", "reset")
        shop.wait("() => document.querySelectorAll('#labels svg').length > 3")
        assert findings(shop.page) == []
        assert shop.page.evaluate("document.documentElement.scrollWidth") <= width
        assert shop.page.evaluate(BROKEN) == []
        journal = shop.page.locator("#journal .scroll")
        assert journal.evaluate("(area) => area.scrollWidth <= area.clientWidth")
        background = shop.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert (sum(map(int, background[4:-1].split(","))) < 128) == (scheme == "dark")
        assert shop.complaints == []


def test_order_numbers_and_messages_with_markup_are_text(shop: Shop) -> None:
    steps = [{"tag": "InfoReceived", "checkpoint": {"message": ODD[1]}}]
    for index, text in enumerate(ODD):
        scenario = {"name": f"odd-{index}", "summary": ODD[0], "steps": steps}
        shop.box.get("createLabel", {"scenario": scenario, "order_number": text})
        shop.box.track("x" + str(index), **{"prefer": f"code={text[:20]}"} if text.isascii() else {})
        shop.row(text).locator(".line svg").wait_for()
        assert shop.row(text).locator("bdi.order").text_content() == text
    shop.page.get_by_label("Find").fill("odd-0")
    line = shop.row(ODD[0]).locator(".line")
    line.focus()
    shop.page.keyboard.press("ArrowRight")
    shop.shows("#labels .detail", ODD[1])
    shop.page.get_by_label("Find").fill("")
    assert shop.page.title() == "flexforward-mock"
    assert shop.page.locator("#main img, #main script").count() == 0


def test_everything_can_be_done_by_keyboard_alone(shop: Shop) -> None:
    keyboard, page = shop.page.keyboard, shop.page
    focused = "() => document.activeElement.id || document.activeElement.getAttribute('aria-label') || ''"

    def tab_to(name: str) -> None:
        for _ in range(80):
            keyboard.press("Tab")
            if name in str(page.evaluate(focused)):
                assert page.evaluate("document.activeElement.matches(':focus-visible')")
                return
        pytest.fail(f"no way to {name!r} by the key Tab")

    page.evaluate("document.activeElement.blur()")
    tab_to("next-step")
    keyboard.press("Enter")
    shop.shows("#labels > li", "InfoReceived")
    tab_to("order-number")
    keyboard.type("TYPED")
    keyboard.press("Enter")
    shop.row("TYPED").wait_for()
    tab_to("Timeline of TYPED")
    keyboard.press("ArrowRight")
    shop.shows("#labels .detail", "Step 0: Pending")
    keyboard.press("End")
    shop.shows("#labels .detail", "Now")
    keyboard.press("ArrowLeft")
    shop.shows("#labels .detail", "Delivered, Delivered_001")
    keyboard.press("Escape")
    shop.page.locator("#labels .detail").filter(has_text="Delivered").wait_for(state="hidden")
    tab_to("Advance TYPED")
    keyboard.press("Space")
    shop.row("TYPED").filter(has_text="InfoReceived").wait_for()
    tab_to("kind")
    tab_to("times")
    keyboard.press("Enter")
    shop.shows("#fault-list", "gateway-page")


def test_a_thousand_shipments_are_listed_and_those_in_sight_are_drawn(shop: Shop) -> None:
    box = shop.desk.open(FROZEN)
    for index in range(1001):
        box.get("createLabel", {"scenario": "delivered", "order_number": f"MANY-{index}"})
    shop.turn_to(box, 1000)
    shop.shows("#count", "the newest 1000 of 1001")
    shop.row("MANY-1000").locator(".line svg").wait_for()
    assert 0 < shop.page.locator("#labels svg").count() < 500
    shop.page.get_by_label("Find").fill("MANY-500")
    shop.row("MANY-500").locator(".line svg").wait_for()
    shop.press("Advance MANY-500")
    shop.row("MANY-500").filter(has_text="InfoReceived").wait_for()
    shop.page.get_by_label("Find").fill("")


@contextmanager
def served(desk: ControlKit, port: int) -> Generator[str]:
    is_ending: list[bool] = []
    control = create_control_app(desk.control, HostGuard(), is_ending=lambda: bool(is_ending))
    with run_in_thread(create_app(desk.kit.engine, control=control), port=port) as url:
        yield url
        is_ending.append(True)


def test_a_lost_connection_is_shown_and_found_again(browser: Browser) -> None:
    desk = ControlKit()
    page = browser.new_context().new_page()
    state = "(wanted) => document.getElementById('connection').dataset.state === wanted"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with served(desk, port) as url:
        page.goto(f"{url}/_mock/")
        page.wait_for_function(state, arg="live")
    page.wait_for_function(state, arg="lost")
    desk.get("createLabel", {"scenario": "delivered", "order_number": "MEANWHILE"})
    desk.kit.track("MEANWHILE")
    with served(desk, port):
        page.wait_for_function(state, arg="live")
        page.locator("#labels > li").filter(has_text="MEANWHILE").wait_for()
        page.locator("#exchanges tr").filter(has_text="/tracking/MEANWHILE").wait_for()
        assert page.locator("#exchanges tr").count() == 1
        page.context.close()


def test_a_token_is_asked_for_once_and_stands_in_no_address(browser: Browser) -> None:
    with open_shop(browser, token="the control token") as shop:
        asked: list[str] = []
        shop.page.on("request", lambda request: asked.append(request.url))
        shop.page.goto(f"{shop.url}/")
        field = shop.page.get_by_label("Control token")
        field.fill("wrong")
        shop.press("Unlock")
        shop.shows("#connection", "Locked")
        field.wait_for()
        field.fill("the control token")
        shop.press("Unlock")
        shop.waits_live()
        shop.page.get_by_role("heading", name="Shipments").wait_for()
        shop.page.reload()
        shop.waits_live()
        assert not field.is_visible()
        assert len(asked) > 10
        assert not [url for url in asked if "token" in url]
        assert shop.page.evaluate("localStorage.length + document.cookie.length") == 0
