from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from asgi_kit import ask, call
from flexforward_mockserver.control.control import Control
from flexforward_mockserver.scenarios.catalogue import Catalogue
from flexforward_mockserver.web.app import create_app
from flexforward_mockserver.web.control_app import HostGuard, create_control_app
from kit import OWN, Kit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.applications import Starlette

    from flexforward_mockserver.engine.messages import Request, Response

NOBODY: Mapping[str, str] = {}


def control_of(kit: Kit) -> Starlette:
    control = Control(kit.engine, Catalogue(), draw=lambda: "drawn", wall=lambda: 0.0)
    return create_control_app(control, HostGuard(hosts=("testing",)))


@pytest.fixture
def kit() -> Kit:
    return Kit()


@pytest.fixture
def app(kit: Kit) -> Starlette:
    return create_app(kit.engine, control=control_of(kit))


def test_outside_the_control_paths_the_engine_answers(kit: Kit, app: Starlette) -> None:
    got = ask(app, "/tracking/DEMO-delivered", query_string=b"a=b")
    assert got == kit.track("DEMO-delivered")
    first, _ = kit.sandbox.journal.exchanges
    assert (first.method, first.path, first.status) == ("GET", "/tracking/DEMO-delivered?a=b", 200)


def test_health_tells_the_version_to_anybody(app: Starlette) -> None:
    got = ask(app, "/_mock/health", NOBODY)
    assert (got.status, got.json) == (200, {"status": "ok", "version": version("flexforward-mock")})


@pytest.mark.parametrize("path", ["/_mock/page/nothing", "/_mock/nothing", "/_mock/health/", "/_mock/health/more"])
def test_an_unknown_control_path_says_what_there_is_and_is_not_journalled(kit: Kit, app: Starlette, path: str) -> None:
    got = ask(app, path, {**OWN, "host": "testing"})
    assert (got.status, got.json["error"]) == (404, f"no control path {path}")
    assert got.json["allowed"].startswith("/_mock/health, ")
    assert kit.sandbox.journal.exchanges == kit.engine.sandboxes.unattributed.exchanges == ()


@pytest.mark.parametrize(
    ("path", "decoded"),
    [
        pytest.param("/", "/", id="root"),
        pytest.param("*", "*", id="the server as a whole"),
        pytest.param("/_mock", "/_mock", id="without the slash: no redirect"),
        pytest.param("/_mockery", "/_mockery", id="a longer word"),
        pytest.param("/tracking/", "/tracking/", id="no id: no redirect"),
        pytest.param("/tracking/a%0Ab", "/tracking/a\nb", id="line break in the id"),
        pytest.param("/tracking/a%0A", "/tracking/a\n", id="line break at its end"),
        pytest.param("/tracking/a%2F..%2F_mock%2Fhealth", "/tracking/a/../_mock/health", id="encoded way to health"),
        pytest.param("/tracking/%FF", "/tracking/\N{REPLACEMENT CHARACTER}", id="not UTF-8"),
    ],
)
def test_every_other_path_is_the_engines_to_refuse(kit: Kit, app: Starlette, path: str, decoded: str) -> None:
    got = ask(app, decoded, raw_path=path.encode())
    assert (got.status, got.headers["content-type"]) == (404, "application/json")
    assert list(got.json) == ["error"]
    assert kit.last.path == path


def test_a_line_break_in_an_order_number_is_part_of_it(kit: Kit, app: Starlette) -> None:
    assert ask(app, "/tracking/P-1h-a\nb", raw_path=b"/tracking/P-1h-a%0Ab").status == 200
    assert kit.sandbox.find("P-1h-a\nb") is not None


@pytest.mark.parametrize("scope", [pytest.param({"raw_path": None}, id="None"), pytest.param({}, id="absent")])
def test_without_a_raw_path_the_decoded_one_is_encoded_again(
    kit: Kit, app: Starlette, scope: dict[str, object]
) -> None:
    scope |= {"method": "GET", "path": "/tracking/P-1h-订#?%", "query_string": b""}
    start, _ = call(app, headers=[(b"authorization", b"Bearer test-token")], **scope)
    assert start["status"] == 200
    assert kit.last.path == "/tracking/P-1h-%E8%AE%A2%23%3F%25"
    assert kit.sandbox.find("P-1h-订#?%") is not None


def test_a_websocket_is_closed(app: Starlette) -> None:
    sent = call(app, type="websocket", path="/tracking/DEMO-delivered", raw_path=b"/tracking/DEMO-delivered")
    assert sent == [{"type": "websocket.close", "code": 1000}]


def test_on_reply_is_told_of_each_exchange_after_it_was_sent(kit: Kit) -> None:
    told: list[tuple[Request, Response]] = []
    app = create_app(kit.engine, control=control_of(kit), on_reply=lambda request, reply: told.append((request, reply)))
    got = ask(app, "/tracking/DEMO-delivered", NOBODY, method="POST", query_string=b"x=1")
    ask(app, "/_mock/health")
    (request, reply) = told.pop()
    assert not told, "the control paths are no exchanges"
    assert (request.method, request.path, request.query) == ("POST", "/tracking/DEMO-delivered", "x=1")
    assert (reply.status, reply.body) == (405, got.body)


def test_a_body_is_as_many_bytes_as_its_length_says(app: Starlette) -> None:
    got = ask(app, "/tracking/DEMO-unicode-places")
    assert int(got.headers["content-length"]) == len(got.body) > len(got.body.decode())
