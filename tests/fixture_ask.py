"""A short way to ask a handle's engine, without a client."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from flexforward_mockserver.engine.messages import Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flexforward_fixtures import FlexForward, LabelHandle, Mock
    from flexforward_mockserver.engine.messages import Response
    from flexforward_openapi import Json


def ask(
    mock: Mock, handle: FlexForward, label: LabelHandle | str, headers: Mapping[str, str] | None = None, **more: str
) -> Response:
    """Ask for a label (as such, or by UUID or order number) with the own account's token, unless told otherwise."""
    key = label if isinstance(label, str) else label.id
    shown = {**(handle.headers if headers is None else headers), **more}
    pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in shown.items()]
    return mock.engine.handle(Request("GET", f"/tracking/{quote(key, safe='')}", "", pairs), read_timeout_s=30)


def shown_tag(reply: Response) -> str:
    body: Json = msgspec.json.decode(reply.body)
    return str(body["tag"])
