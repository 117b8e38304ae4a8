"""Take the picture of the page that the README shows."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # run as a script, Python finds what lies beside it only

from page_kit import browsing
from page_picture import PICTURE, take_picture

if __name__ == "__main__":
    with browsing() as browser:
        taken, _ = take_picture(browser)
    PICTURE.write_bytes(taken)
    print(f"{PICTURE.name}: {len(taken) // 1000} kB")
