"""``serve`` with documents of others, credentials of one's own, HTTPS and pages in browsers."""

from __future__ import annotations

import os
import ssl
import sys
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme
from click.testing import CliRunner

from flexforward_mockserver.commands import cli
from flexforward_mockserver.commands.credential_options import given_credentials
from flexforward_mockserver.state.credentials import Credentials
from flexforward_mockserver.web.assembly import OptionError, ServerOptions, build_server
from kit import OWN
from server_process import running

if TYPE_CHECKING:
    from collections.abc import Mapping

DOCUMENT = """\
openapi: 3.0.3
webhooks: {}
paths:
  /pets:
    get:
      security: [{petKey: []}]
      responses: {'200': {description: a, content: {application/json: {example: [1]}}}}
    post:
      security: [{owner: []}]
      requestBody: {content: {}}
      responses: {'201': {description: a}}
components:
  securitySchemes:
    petKey: {type: apiKey, in: header, name: X-Pet}
    owner: {type: http, scheme: basic}
"""
PAGE = {"Origin": "http://localhost:3000"}
PREFLIGHT = {**PAGE, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}


@pytest.fixture
def document(tmp_path: Path) -> Path:
    file = tmp_path / "pets.yaml"
    file.write_text(DOCUMENT)
    return file


def ask(
    connection: HTTPConnection, method: str, path: str, headers: Mapping[str, str]
) -> tuple[int, dict[str, str], bytes]:
    connection.request(method, path, headers=dict(headers))
    response = connection.getresponse()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()


def test_a_document_of_others_is_served_and_its_first_screen_tells_what_there_is(document: Path) -> None:
    with running("--contract", str(document), "--api-key", "X-Pet=mine", "--api-key", "owner=me:secret") as server:
        screen = "\n".join(server.screen)
        assert "  x-pet: test-key\n  and 2 of your own\n" in screen
        assert "Operations to ask for\n  GET /pets\n  POST /pets\n" in screen
        assert "Note: read past, since it changes no answer (--strict-contract refuses it): 'webhooks' is not" in screen
        assert "Note: POST /pets: not checked: request body" in screen
        assert server.screen[-1].startswith("  curl -H 'x-pet: test-key' http://127.0.0.1:")
        assert [server.ask("/pets", {"X-Pet": key}).status for key in ("mine", "test-key", "other")] == [200, 200, 401]


def test_many_operations_are_named_in_part(tmp_path: Path) -> None:
    file = tmp_path / "many.yaml"
    answer = "get: {requestBody: {content: {}}, responses: {'204': {description: a}}}"
    file.write_text("openapi: 3.1.0\npaths:\n" + "".join(f"  /a{number}: {{{answer}}}\n" for number in range(12)))
    with running("--contract", str(file)) as server:
        assert "  and 2 more" in server.screen
        assert "Note: not checked: request bodies and parameters outside the path, of 12 operations" in server.screen
        assert "  none needed" in server.screen


def test_where_nothing_is_read_past_the_document_is_refused(document: Path) -> None:
    ran = CliRunner().invoke(cli.group, ["serve", "--contract", str(document), "--strict-contract"])
    assert "openapi is '3.0.3'; allowed: an OpenAPI document of version 3.1" in str(ran.exception)


def test_a_key_is_named_after_its_scheme_or_where_it_stands(document: Path) -> None:
    for name in ("petKey", "X-Pet", "x-pet"):
        build_server(ServerOptions(contract=document, credentials=(Credentials(named=((name, "a"),)),)))
    with pytest.raises(OptionError, match=r"has no security scheme 'pet'; allowed: petKey, owner$"):
        build_server(ServerOptions(contract=document, credentials=(Credentials(named=(("pet", "a"),)),)))


def test_credentials_are_read_from_their_options() -> None:
    assert given_credentials(("t",), (), None) == (Credentials(token="t"),)
    assert given_credentials((), ("k==",), "s") == (Credentials(api_key="k==", api_token="s"),)
    assert given_credentials((), ("k", "a=b="), "s") == (
        Credentials(api_key="k", api_token="s"),
        Credentials(named=(("a", "b="),)),
    )
    assert given_credentials((), ("a=b", "a=c"), None) == (
        Credentials(named=(("a", "b"),)),
        Credentials(named=(("a", "c"),)),
    )


def test_https_with_a_certificate_of_the_run(tmp_path: Path) -> None:
    with running("--tls") as server:
        note = next(line for line in server.screen if line.startswith("Note: clients have to trust "))
        authority = note.split()[5].rstrip(",")
        context = ssl.create_default_context(cafile=authority)
        host, port = server.url.removeprefix("https://").split(":")
        connection = HTTPSConnection(host, int(port), context=context, timeout=20)
        assert ask(connection, "GET", "/tracking/DEMO-delivered", OWN)[0] == 200
        connection.close()
        assert server.screen[-1].startswith(f"  curl --cacert {authority} ")
    assert not Path(authority).exists()


def test_https_with_a_certificate_of_ones_own(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    certificate, key = tmp_path / "a.pem", tmp_path / "a.key"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    with running("--tls-cert", str(certificate), "--tls-key", str(key)) as server:
        context = ssl.create_default_context()
        authority.configure_trust(context)  # pyright: ignore[reportUnknownMemberType]
        host, port = server.url.removeprefix("https://").split(":")
        connection = HTTPSConnection(host, int(port), context=context, timeout=20)
        assert ask(connection, "GET", "/tracking/DEMO-delivered", OWN)[0] == 200
        connection.close()


def test_https_that_cannot_be_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.pem"
    file.write_text("no certificate")
    for args, told in (
        (["--tls-cert", str(file)], "HTTPS needs --tls alone, or --tls-cert and --tls-key together"),
        (["--tls", "--tls-cert", str(file), "--tls-key", str(file)], "HTTPS needs --tls alone"),
        (["--tls-cert", str(file), "--tls-key", str(file)], "make no server"),
        (["--tls-cert", os.devnull, "--tls-key", str(file)], f"{os.devnull} is not a regular file"),
    ):
        ran = CliRunner().invoke(cli.group, ["serve", "--port", "0", *args])
        assert (ran.exit_code, told in " ".join(ran.stderr.split())) == (2, True), ran.stderr
    monkeypatch.setitem(sys.modules, "trustme", None)
    ran = CliRunner().invoke(cli.group, ["serve", "--port", "0", "--tls"])
    assert "pip install 'flexforward-mock[tls]'" in " ".join(ran.stderr.split())


def test_pages_may_ask_where_that_was_wanted_and_never_the_control_api() -> None:
    with running("--cors", "http://localhost:3000") as server:
        connection = HTTPConnection(*server.address, timeout=20)
        status, headers, body = ask(connection, "OPTIONS", "/tracking/DEMO-delivered", PREFLIGHT)
        assert (status, body) == (204, b"")
        assert headers["access-control-allow-origin"] == "http://localhost:3000"
        assert headers["access-control-allow-headers"] == "authorization"
        assert "access-control-allow-credentials" not in headers
        status, headers, _ = ask(connection, "GET", "/tracking/DEMO-delivered", {**OWN, **PAGE})
        assert (status, headers["access-control-allow-origin"]) == (200, "http://localhost:3000")
        assert headers["access-control-expose-headers"].startswith("Retry-After, X-Flexforward-Mock")
        foreign = {**PREFLIGHT, "Origin": "http://elsewhere"}
        status, headers, _ = ask(connection, "OPTIONS", "/tracking/DEMO-delivered", foreign)
        assert (status, "access-control-allow-origin" in headers) == (400, False)
        assert ask(connection, "OPTIONS", "/tracking/DEMO-delivered", {})[0] == 405, "no preflight"
        status, headers, _ = ask(connection, "OPTIONS", "/_mock/health", PREFLIGHT)
        assert (status, "access-control-allow-origin" in headers) == (403, False)
        _, _, journal = ask(connection, "GET", "/_mock/sandboxes/default/journal", {})
        assert journal.count(b'"method"') == 1, "preflights are no exchanges"
        connection.close()


def test_all_pages_may_ask_where_no_origin_is_named() -> None:
    with running("--cors") as server:
        connection = HTTPConnection(*server.address, timeout=20)
        assert ask(connection, "GET", "/nowhere", PAGE)[1]["access-control-allow-origin"] == "*"
        connection.close()


def test_without_the_option_pages_get_no_answer_of_their_own() -> None:
    with running() as server:
        connection = HTTPConnection(*server.address, timeout=20)
        status, headers, _ = ask(connection, "OPTIONS", "/tracking/DEMO-delivered", PREFLIGHT)
        assert (status, headers["allow"], "access-control-allow-origin" in headers) == (405, "GET", False)
        connection.close()


def test_the_shipped_document_has_nothing_to_read_past() -> None:
    assert build_server(ServerOptions(strict_contract=True)).notes == ()
    assert build_server(ServerOptions()).notes == ()
