from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from asgi_kit import ask
from control_kit import ControlKit
from flexforward_mockserver.web.app import create_app
from flexforward_mockserver.web.control_app import HostGuard, create_control_app
from flexforward_mockserver.web.page_files import PAGE_FOLDER, PageFiles
from server_process import running

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from kit import Got

HERE = {"host": "127.0.0.1:8080"}
BROWSER = {**HERE, "accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
MOST_BYTES = 60_000
FILES = sorted(file.name for file in PAGE_FOLDER.iterdir())


def made(guard: HostGuard | None = None, *, leads_to_page: bool = True) -> tuple[ControlKit, Starlette]:
    desk = ControlKit()
    control = create_control_app(desk.control, guard or HostGuard())
    return desk, create_app(desk.kit.engine, control=control, leads_to_page=leads_to_page)


def page(path: str = "/_mock/", guard: HostGuard | None = None, **scope: object) -> Got:
    return ask(made(guard)[1], path, HERE, **scope)


def test_the_page_is_at_the_control_apis_root() -> None:
    got = page()
    assert (got.status, got.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"<title>flexforward-mock</title>" in got.body


@pytest.mark.parametrize("name", [*(name for name in FILES if name != "index.html"), "timeline.css"])
def test_each_file_of_the_page_is_served_under_its_policy(name: str) -> None:
    got = page(f"/_mock/page/{name}")
    assert got.status == 200
    policy = got.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-type"].partition(";")[0] in {"text/css", "text/javascript", "image/svg+xml"}


def test_the_page_names_its_own_files_alone() -> None:
    text = page().body.decode()
    named = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert named
    assert all(page(f"/_mock/{name}").status == 200 for name in named)
    sources = "".join((PAGE_FOLDER / name).read_text() for name in FILES if name != "icon.svg")
    assert re.findall(r"https?://", sources) == []
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|style=", sources) == []


def test_all_of_the_page_is_small() -> None:
    files = PageFiles()
    paths = ["/_mock/", "/_mock/page/timeline.css", *(f"/_mock/page/{n}" for n in FILES if n != "index.html")]
    assert sum(len(files.respond(path, "GET").body) for path in paths) <= MOST_BYTES


@pytest.mark.parametrize(
    "path", ["/_mock/page/", "/_mock/page/index.html", "/_mock/page/../app.py", "/_mock/page/%61pp.js"]
)
def test_nothing_else_is_served_from_there(path: str) -> None:
    assert page(path).status == 404


def test_the_page_can_only_be_read() -> None:
    got = page(method="POST")
    assert (got.status, got.headers["allow"]) == (405, "GET, HEAD")
    assert page(method="HEAD").status == 200


def test_the_page_is_served_without_the_token_that_the_calls_need() -> None:
    guard = HostGuard(token="secret")
    assert page(guard=guard).status == 200
    assert page("/_mock/sandboxes", guard=guard).status == 401


def test_the_page_is_not_served_under_a_foreign_name_or_to_a_foreign_page() -> None:
    _, app = made()
    assert ask(app, "/_mock/", {"host": "evil.test"}).status == 403
    assert ask(app, "/_mock/", {**HERE, "origin": "http://evil.test"}).status == 403


# -- The way there


def test_a_browser_that_asks_for_the_root_is_led_to_the_page_and_not_journalled() -> None:
    desk, app = made()
    got = ask(app, "/", BROWSER)
    assert (got.status, got.headers["location"]) == (302, "/_mock/")
    assert desk.kit.sandbox.journal.count == desk.kit.engine.sandboxes.unattributed.count == 0


@pytest.mark.parametrize(
    ("method", "accept"),
    [
        ("GET", "*/*"),
        ("GET", ""),
        ("GET", "text/*"),
        ("GET", "application/json"),
        ("GET", "text/html;q=0, */*"),
        ("POST", "text/html"),
        ("HEAD", "text/html"),
    ],
)
def test_whoever_does_not_ask_for_a_page_gets_the_engines_answer(method: str, accept: str) -> None:
    desk, app = made()
    assert ask(app, "/", {**HERE, "accept": accept}, method=method).status == 404
    assert desk.kit.engine.sandboxes.unattributed.count == 1


def test_other_paths_and_other_servers_lead_nowhere() -> None:
    assert ask(made()[1], "/tracking", BROWSER).status == 404
    assert ask(made(leads_to_page=False)[1], "/", BROWSER).status == 404


def test_serve_leads_to_the_page_where_the_contract_has_no_such_path() -> None:
    with running() as process:
        got = process.ask("/", {"accept": "text/html"})
        assert (got.status, got.headers["location"]) == (302, "/_mock/")
        assert b"<title>" in process.ask(got.headers["location"]).body
