from __future__ import annotations

from typing import TYPE_CHECKING

from page_picture import PICTURE, take_picture, words_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MOST_BYTES = 200_000


def test_the_readme_shows_a_picture_of_the_page() -> None:
    assert f"(docs/{PICTURE.name})" in (PICTURE.parent.parent / "README.md").read_text()
    picture = PICTURE.read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < MOST_BYTES
    assert "ORDER-1001" in words_in(picture)


def test_the_page_still_shows_what_is_on_the_picture(browser: Browser) -> None:
    taken, words = take_picture(browser)
    assert words_in(taken) == words
    assert words == words_in(PICTURE.read_bytes()), "the page has changed: run make picture"
