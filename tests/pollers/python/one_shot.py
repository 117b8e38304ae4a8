"""A program for cron: asks once if it is time to, and keeps in a file what it knows."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from following import Following
from urllib_sleep import ask

STATE = Path(os.environ["FLEXFORWARD_STATE_DIR"], "shipment.json")


def main() -> None:
    state: dict[str, Any] = json.loads(STATE.read_text()) if STATE.exists() else {"next": 0.0, "following": {}}
    if state["next"] is None or time.time() < state["next"]:
        return
    following = Following(**state["following"])
    wait_s = ask(following)
    following_next = None if wait_s is None else time.time() + wait_s
    STATE.write_text(json.dumps({"next": following_next, "following": asdict(following)}))


if __name__ == "__main__":
    main()
