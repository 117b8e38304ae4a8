"""The start of it, from a folder on PYTHONPATH."""

from __future__ import annotations

from urllib_sleep import main

main()
