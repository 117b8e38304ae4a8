"""A line in all that a test prints and logs, from which on it is worth reading: before it, everything was tried."""

from __future__ import annotations

import logging
import sys

__all__ = ["MARK", "mark_output"]

MARK = "-- flexforward-mock: the shortest run --"


def mark_output() -> None:
    """Write the line to both streams and to the log, to every handler whatever its level."""
    for stream in (sys.stdout, sys.stderr):
        print(MARK, file=stream, flush=True)
    record = {"name": "flexforward", "levelno": logging.CRITICAL, "levelname": "CRITICAL", "msg": MARK}
    logging.getLogger().handle(logging.makeLogRecord(record))
