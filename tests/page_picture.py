"""The picture of the page that the README shows: the scene on it, and the words of the page inside the file."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from page_kit import open_shop

if TYPE_CHECKING:
    from playwright.sync_api import Browser

__all__ = ["PICTURE", "take_picture", "words_in"]

PICTURE = Path(__file__).parent.parent / "docs" / "page.png"
_KEYWORD = b"Description\0"
_SIZE = (1120, 820)


def take_picture(browser: Browser) -> tuple[bytes, str]:
    """Return a picture of the page while a poller is at work, with its words in it; and the words."""
    with open_shop(browser, size=_SIZE) as shop:
        box = shop.desk.open({"clock": {"now": "2026-04-01T08:00:00Z", "frozen": True}})
        for order_number, scenario in (
            ("ORDER-1004", "TGGT-1x-a"),
            ("ORDER-1003", "exception-returned"),
            ("ORDER-1002", "delivered-after-customs"),
            ("ORDER-1001", "delivered"),
        ):
            box.get("createLabel", {"scenario": scenario, "order_number": order_number})
        for _ in range(9):
            box.get("advanceClock", {"seconds": 5 * 3600})
            box.track("ORDER-1001")
            box.track("ORDER-1002")
        for _ in range(2):
            box.track("ORDER-1004")
        shop.turn_to(box, 4)
        shop.wait("() => document.querySelectorAll('#labels svg, #preview svg').length === 5")
        shop.wait("() => document.querySelectorAll('#exchanges tr').length === 20")
        shop.page.evaluate("document.getElementById('sandbox').replaceChildren(new Option('default'))")
        words = "\n".join(line.strip() for line in shop.page.inner_text("body").splitlines() if line.strip())
        return _with_words(shop.page.screenshot(animations="disabled"), words), words


def words_in(picture: bytes) -> str:
    """Return the words that stand in a picture."""
    at = 8
    while at < len(picture):
        (length,) = struct.unpack(">I", picture[at : at + 4])
        kind, data = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + length]
        if kind == b"iTXt" and data.startswith(_KEYWORD):
            return zlib.decompress(data[len(_KEYWORD) + 4 :]).decode()
        at += 12 + length
    return ""


def _with_words(picture: bytes, words: str) -> bytes:
    """Put words into a PNG file, before its last chunk: a compressed iTXt without language."""
    data = _KEYWORD + b"\1\0\0\0" + zlib.compress(words.encode(), 9)
    chunk = struct.pack(">I", len(data)) + b"iTXt" + data + struct.pack(">I", zlib.crc32(b"iTXt" + data))
    return picture[:-12] + chunk + picture[-12:]
