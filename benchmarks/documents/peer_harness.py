"""The end-to-end tests of a peer, Prism, tried on this server: how many get the same answer?

    python -m benchmarks.documents.peer_harness FOLDER

FOLDER is ``test-harness/specs`` of Prism's repository; nothing of it is kept here. Each file has a document, a command
(curl) and the answer that is expected. Set aside, and listed with the reason, are files that are not OpenAPI 3, that
test a proxy, the validation of requests, or what only Prism has. Its query parameters ``__code`` and ``__example`` are
sent as ``Prefer``. The same answer is the same status and media type, and for bodies that the document shows the same
JSON or text; made values differ by nature, so of those the names and types count. Errors of the mock itself are worded
differently by everybody: of those the status counts.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec

from flexforward_mockserver.engine.messages import Request, Response
from flexforward_mockserver.web.assembly import ServerOptions, build_server
from flexforward_openapi import FlexforwardMockError, as_mapping

if TYPE_CHECKING:
    from collections.abc import Callable

_PARTS = re.compile(r"====(server|test|spec|command|expect|expect-loose|expect-keysOnly)====\r?\n")
_ASIDE: tuple[tuple[Callable[[str, dict[str, str]], object], str], ...] = (
    (lambda name, _: name.startswith("proxy/"), "tests a proxy"),
    (
        lambda name, _: name.startswith(("validate-", "violations/", "deprecated-keyword/")),
        "tests the validation of requests",
    ),
    (lambda _, parts: " -d" in parts["server"] or "--dynamic" in parts["server"], "tests random answers"),
    (lambda _, parts: not re.search(r"openapi['\"]?: *['\"]?3", parts["spec"]), "is not OpenAPI 3"),
    (lambda _, parts: "__dynamic" in parts["command"], "tests random answers"),
    (
        lambda _, parts: expected_text(parts).startswith("HTTP/1.1 500") and "prism/errors" in expected_text(parts),
        "tests a limit of Prism's own",
    ),
    (lambda _, parts: "fails the input validation" in parts["test"], "tests the validation of requests"),
    (
        lambda _, parts: (
            re.search(r"^HTTP/1.1 (400|422)", expected_text(parts).strip()) and "problem+json" in expected_text(parts)
        ),
        "tests the validation of requests",
    ),
)


def main(folder: Path) -> int:
    same = tried = 0
    aside: dict[str, list[str]] = {}
    for file in sorted(folder.rglob("*.txt")):
        name = str(file.relative_to(folder))
        pieces = _PARTS.split(file.read_text())
        parts = dict(zip(pieces[1::2], pieces[2::2], strict=True))
        reason = next((text for fits, text in _ASIDE if fits(name, parts)), None)
        if reason is not None:
            aside.setdefault(reason, []).append(name)
            continue
        tried += 1
        problem = differing(parts)
        same += problem is None
        if problem is not None:
            print(f"{name}: {problem}")
    for reason, names in aside.items():
        print(f"set aside, since it {reason}: {len(names)}")
    print(f"{same} of {tried} get the same answer ({same / tried:.0%})")
    return 0


def expected_text(parts: dict[str, str]) -> str:
    return parts.get("expect") or parts.get("expect-loose") or parts.get("expect-keysOnly") or ""


def differing(parts: dict[str, str]) -> str | None:
    """Say how the answer differs from what Prism gives; None if it does not."""
    with TemporaryDirectory() as folder:
        file = Path(folder, "document.yaml")
        file.write_text(parts["spec"])
        try:
            served = build_server(ServerOptions(contract=file, accept_any_token=True))
        except FlexforwardMockError as error:
            return f"refused: {error}"
    response = served.engine.handle(request_of(parts["command"]))
    head, _, body = expected_text(parts).strip().replace("\r\n", "\n").partition("\n\n")
    first, *lines = head.split("\n")
    headers = {key.strip().lower(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    status = int(first.split()[1])
    if response.status != status:
        return f"{response.status} instead of {status}: {response.body.decode()[:150]}"
    if "problem+json" in headers.get("content-type", "") or "stoplight.io/prism/errors" in body:
        return None  # an error of the mock's own, worded by each as it likes
    return differing_body(response, headers, body.strip(), is_shown=b"made values" not in note(response))


def note(response: Response) -> bytes:
    return (response.exchange.note or "").encode() if response.exchange else b""


def differing_body(response: Response, headers: dict[str, str], body: str, *, is_shown: bool) -> str | None:
    own = {name.decode(): value.decode() for name, value in response.headers}
    wanted = headers.get("content-type", "").partition(";")[0]
    if body and wanted and own.get("content-type", "").partition(";")[0] != wanted:
        return f"{own.get('content-type')} instead of {wanted}"
    text = response.body.decode()
    if text.strip() == body:
        return None
    try:
        left, right = msgspec.json.decode(response.body), json.loads(body)
    except ValueError:
        return f"{text[:150]!r} instead of {body[:150]!r}"
    if left == right or (not is_shown and kinds(left) == kinds(right)):
        return None
    return f"{text[:200]} instead of {body[:200]}"


def kinds(value: Any) -> Any:
    """Return names and types of a value; how deep a schema that contains itself is followed is everybody's own."""
    if isinstance(value, dict):
        return {name: kinds(entry) for name, entry in as_mapping(value).items()}
    if isinstance(value, list):
        return [kinds(value[0])] if value else []
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


_VALUED = ("-d", "--data", "--data-raw", "--data-urlencode", "-F", "--form", "-u", "--user")
"""Options of curl whose value changes no answer of ours; all but the last two make it a POST."""


def request_of(command: str) -> Request:
    """Read a curl command."""
    words = shlex.split(command.replace("-sIXGET", "-X GET"))[1:]
    method, url, has_body = "", "", False
    headers = {"accept": "*/*"}
    while words:
        word = words.pop(0)
        if word in ("-X", "--request"):
            method = words.pop(0)
        elif word in ("-H", "--header"):
            name, _, value = words.pop(0).partition(":")
            headers[name.strip().lower()] = value.strip()
        elif word in ("--cookie", "-b"):
            headers["cookie"] = words.pop(0)
        elif word in _VALUED:
            words.pop(0)
            has_body = has_body or word not in _VALUED[-2:]
        elif word == "--head":
            method = "HEAD"
        elif word.startswith("http"):
            url = word
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    headers["prefer"] = ", ".join(
        [*filter(None, [headers.get("prefer")])]
        + [f"{name[2:]}={query.pop(name)}" for name in ("__code", "__example") if name in query]
    )
    path = quote(parts.path or "/", safe="/:@!$&'()*+,;=%-._~")
    sent = [(name.encode(), value.encode()) for name, value in headers.items() if value]
    return Request(method or ("POST" if has_body else "GET"), path, urlencode(query), sent)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])))
