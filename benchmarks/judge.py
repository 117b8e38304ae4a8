"""What a good answer is: no figure is taken of a server that answers something else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .bare import SAMPLE

if TYPE_CHECKING:
    from .exchange import Answer

__all__ = ["is_sample", "is_tracking"]


def is_sample(answer: Answer) -> bool:
    """Tell whether the answer is a 200 with exactly the sample shipment of the vendor's guide."""
    return _body(answer) == SAMPLE


def is_tracking(answer: Answer) -> bool:
    """Tell whether the answer is a 200 whose body, and each checkpoint of at least one, have the sample's fields."""
    body = _body(answer)
    checkpoints: list[dict[str, object]] = body.get("checkpoints", [])
    fields = {*SAMPLE["checkpoints"][0]}
    return {*body} == {*SAMPLE} and checkpoints != [] and all({*one} == fields for one in checkpoints)


def _body(answer: Answer) -> dict[str, Any]:
    """Return the JSON object in a 200, else nothing."""
    try:
        body: dict[str, Any] = json.loads(answer.body)
    except ValueError:
        return {}
    return body if answer.status == 200 else {}
