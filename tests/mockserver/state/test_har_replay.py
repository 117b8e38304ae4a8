"""A journal's archive, replayed by a tool that knows nothing of this project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from control_kit import ControlKit
from kit import OWN, Kit
from page_kit import browsing

if TYPE_CHECKING:
    from pathlib import Path

REPLAYED = """async () => {
  const shown = new Map();
  const ask = async (id) => shown.set(id, (await (await fetch(`/tracking/${id}`)).json()).tag);
  const never = ["CUT", "GONE", "SILENT"].map((id) => ask(id).catch((error) => shown.set(id, String(error))));
  await ask("WHOLE");
  await ask("LATER");
  return Object.fromEntries(shown);
}"""


def test_playwright_replays_what_was_whole_and_no_half_of_anything(tmp_path: Path) -> None:
    desk = ControlKit(Kit(with_demos=False))
    spoiled = {"CUT": "close-mid-body", "GONE": "reset", "SILENT": "no-answer"}
    for order_number in ("WHOLE", "LATER", *spoiled):
        desk.get("createLabel", {"scenario": "delivered", "order_number": order_number})
        if order_number in spoiled:
            desk.get("createFault", {"kind": spoiled[order_number]})
        desk.kit.track(order_number, OWN)
    archive = desk.get("getJournalHar")
    path = tmp_path / "journal.har"
    path.write_bytes(msgspec.json.encode(archive))
    base_url = archive["log"]["entries"][0]["request"]["url"].partition("/tracking/")[0]
    with browsing() as browser:
        page = browser.new_page()
        page.route(f"{base_url}/", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
        page.route_from_har(path, url=f"{base_url}/tracking/*")
        page.goto(f"{base_url}/")
        assert page.evaluate(REPLAYED) == {"WHOLE": "Pending", "LATER": "Pending"}
