"""Each control of the page does what it says, and the API sees it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from kit import START

if TYPE_CHECKING:
    from playwright.sync_api import Route

    from page_kit import Shop


def test_the_clock_is_moved_frozen_and_set_to_a_rate(shop: Shop) -> None:
    clock = shop.sandbox.clock
    shop.press("+1 hour")
    shop.shows("#now", "2026-04-01 01:00:00")
    shop.press("+1 day")
    shop.shows("#now", "2026-04-02 01:00:00")
    assert clock.now() == START + timedelta(days=1, hours=1)
    shop.press("Let it run")
    shop.shows("#pace", "runs as real time does")
    assert clock.rate == 1
    shop.press("Freeze")
    shop.shows("#pace", "frozen")
    assert clock.rate == 0
    shop.page.get_by_label("Rate").fill("60")
    shop.press("Set rate")
    shop.shows("#pace", "runs 60 times as fast")
    assert clock.rate == 60


def test_a_day_moves_the_shipment_and_the_next_step_is_the_next_step(shop: Shop) -> None:
    shop.shows("#labels > li", "Pending")
    shop.press("To the next step")
    shop.shows("#labels > li", "InfoReceived")
    assert timedelta(hours=2) <= shop.sandbox.clock.now() - START < timedelta(hours=2, seconds=1)
    shop.press("+1 day")
    shop.shows("#labels > li", "InTransit")
    assert shop.box.track("A").json["tag"] == "InTransit"


def test_shipping_shows_the_timeline_before_and_the_shipment_after(shop: Shop) -> None:
    shop.page.get_by_label("Scenario or script id").fill("PITE004TD-6h-x")
    shop.page.locator("#preview[aria-label*='Timeline of PITE004TD-6h: 6 steps']").wait_for()
    shop.page.get_by_label("Order number").fill("ORDER 1")
    shop.page.get_by_label("Account").select_option("other")
    shop.press("Ship")
    shop.row("ORDER 1").locator(".line svg").wait_for()
    label = shop.label("ORDER 1").label
    assert (label.scenario.name, label.account) == ("PITE004TD-6h", "other")


def test_a_scenario_that_is_not_there_is_told_before_and_refused_after(shop: Shop) -> None:
    shop.page.get_by_label("Scenario or script id").fill("no-such")
    shop.shows("#summary", "There is no such scenario")
    shop.press("Ship")
    shop.shows("#message", "scenario: no scenario 'no-such'; allowed: ")
    shop.complaints.clear()  # the browser itself reports each 404 and 400


def test_a_shipment_is_advanced_begun_anew_and_deleted(shop: Shop) -> None:
    shop.press("Advance A")
    shop.shows("#labels > li", "InfoReceived")
    assert shop.label("A").progress.step == 1
    shop.press("Restart A")
    shop.shows("#labels > li", "Pending")
    assert shop.label("A").progress.step == 0
    shop.press("Delete A")
    shop.page.get_by_text("No shipments here.").wait_for()
    assert shop.sandbox.label_count == 0


def test_the_curl_line_is_copied(shop: Shop) -> None:
    shop.press("Copy curl A")
    shop.page.locator("#told").filter(has_text="Copied").wait_for(state="attached")
    token = shop.box.headers()["Authorization"]
    copied = shop.page.evaluate("navigator.clipboard.readText()")
    assert copied == f"curl -H 'Authorization: {token}' {shop.url}/tracking/A"


def test_a_fault_is_ordered_applied_and_deleted(shop: Shop) -> None:
    shop.page.get_by_label("Kind").select_option("gateway-page")
    shop.page.get_by_role("spinbutton", name="Status").fill("503")
    shop.page.get_by_label("Delay, seconds").fill("0")
    shop.page.get_by_role("combobox", name="Shipment").fill("A")
    shop.page.get_by_label("Times").fill("2")
    shop.press("Order fault")
    shop.shows("#fault-list", "gateway-page · status 503 · delay 0 s · for A · applied 0 of 2 times")
    assert [armed.fault.match.label for armed in shop.sandbox.faults.values()] == ["A"]
    assert shop.box.track("A").status == 503
    shop.shows("#fault-list", "applied 1 of 2 times · 1 seen")
    shop.shows("#exchanges tr", "fault: gateway-page")
    shop.press("Delete fault gateway-page")
    shop.page.locator("#fault-list li").wait_for(state="detached")
    assert not shop.sandbox.faults


def test_credentials_are_revoked_and_restored(shop: Shop) -> None:
    shop.press("Revoke own")
    shop.page.get_by_role("button", name="Restore own").wait_for()
    assert shop.box.track("A").status == 401
    shop.press("Restore own")
    shop.page.get_by_role("button", name="Revoke own").wait_for()
    assert shop.box.track("A").status == 200


def test_a_request_appears_with_its_note_and_the_journal_is_cleared(shop: Shop) -> None:
    shop.box.track("A")
    shop.shows("#exchanges tr", "/tracking/A")
    shop.shows("#labels > li", "1 poll ")
    shop.row("A").locator(".poll").wait_for(state="attached")
    shop.desk.kit.track("B", {"Authorization": "Bearer nobodys"})
    shop.shows("#exchanges tr", "belongs to no sandbox · the credentials match no account")
    shop.press("Clear")
    shop.page.locator("#exchanges tr").first.wait_for(state="detached")
    assert shop.sandbox.journal.count == 0


def test_a_poll_while_the_timeline_is_still_fetched_is_drawn_afterwards(shop: Shop) -> None:
    held: list[Route] = []

    def hold_first(route: Route) -> None:
        held.append(route) if not held else route.continue_()

    shop.page.route("**/timeline.svg*", hold_first)
    with shop.page.expect_request("**/timeline.svg*"):
        shop.renew("A")
    before = held[0].fetch()
    shop.box.track("A")
    shop.shows("#labels > li", "1 poll ")
    assert shop.row("A").locator(".poll").count() == 0
    held[0].fulfill(response=before)
    shop.row("A").locator(".poll").wait_for(state="attached")
    shop.page.unroute("**/timeline.svg*")


def test_a_sandbox_is_chosen_and_reset(shop: Shop) -> None:
    other = shop.desk.open({"clock": {"now": "2030-01-01T00:00:00Z", "frozen": True}})
    other.get("createLabel", {"scenario": "PITD-1h-a", "order_number": "THERE"})
    shop.page.get_by_label("Sandbox").focus()
    shop.wait("(id) => [...document.getElementById('sandbox').options].some((o) => o.value === id)", other.id)
    shop.page.get_by_label("Sandbox").select_option(other.id)
    shop.row("THERE").wait_for()
    shop.shows("#now", "2030-01-01 00:00:00")
    assert shop.row("A").count() == 0
    first = shop.box.id
    shop.page.once("dialog", lambda dialog: dialog.dismiss())
    shop.press("Reset sandbox")
    assert other.get("getSandbox")["labels"] == 1
    shop.page.once("dialog", lambda dialog: dialog.accept())
    shop.press("Reset sandbox")
    shop.page.get_by_text("No shipments here.").wait_for()
    assert other.get("getSandbox")["labels"] == 0
    other.get("deleteSandbox")
    shop.wait("() => document.getElementById('sandbox').value === 'default'")  # what is gone leads back
    shop.complaints.clear()  # the browser reports that what is gone is a 404
    assert first in [option.text_content() for option in shop.page.locator("#sandbox option").all()]


def test_shipments_are_found(shop: Shop) -> None:
    shop.box.get("createLabel", {"scenario": "TGGT-1x-a", "order_number": "OTHER"})
    shop.row("OTHER").wait_for()
    shop.page.get_by_label("Find").fill("other")
    shop.row("A").wait_for(state="hidden")
    assert shop.row("OTHER").is_visible()


def test_the_present_moves_with_the_clock_and_steps_open_by_themselves(shop: Shop) -> None:
    where = "document.querySelector('#labels .now')?.getAttribute('transform')"
    shop.page.locator("#labels .now").wait_for(state="attached")
    before = shop.page.evaluate(where)
    shop.box.get("setClock", {"rate": 3600, "frozen": False})  # the kit's own wall clock stands; the page's goes on
    shop.wait(f"(before) => {where} && {where} !== before", before)
    shop.desk.kit.wait(seconds=60)
    shop.shows("#labels > li", "InTransit")
