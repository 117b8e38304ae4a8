"""Does an API keep the contract? ``judge_api`` asks it and says so, rule by rule."""

from __future__ import annotations

from .judge import judge_api
from .probing.target import Target, TargetError

__all__ = ["Target", "TargetError", "judge_api"]
