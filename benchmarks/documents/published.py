"""Published documents, served as they stand: does each start, and does its own schema take every answer?

    python -m benchmarks.documents.published FOLDER

FOLDER holds OpenAPI documents (YAML or JSON); none is kept here. Each is
opened as ``serve --any-token --contract`` opens it, and each of its operations is asked once.
"""

from __future__ import annotations

import base64
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

from flexforward_mockserver.engine.messages import Request
from flexforward_mockserver.web.assembly import ServerOptions, build_server
from flexforward_openapi import FlexforwardMockError, NoSampleError, Sampler, Validation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_mockserver.engine.engine import Engine
    from flexforward_openapi import Operation, Scheme


def main(folder: Path) -> int:
    failures = 0
    for file in sorted(entry for entry in folder.iterdir() if entry.suffix in (".yaml", ".yml", ".json")):
        begun = time.process_time()
        try:
            served = build_server(ServerOptions(contract=file, accept_any_token=True))
        except FlexforwardMockError as error:
            lines = str(error).splitlines()
            print(f"{file.name}: refused in {len(lines)} line(s): {lines[0]}")
            failures += 1
            continue
        spent_s = time.process_time() - begun
        validation = Validation(served.engine.contract)
        operations = served.engine.contract.operations
        problems = [problem for entry in operations for problem in ask(served.engine, entry, validation)]
        failures += len(problems)
        count = len(operations)
        print(f"{file.name}: started in {spent_s:.2f} s of CPU time, {count} operations, {len(problems)} problem(s)")
        for problem in problems:
            print(f"    {problem}")
    return failures


def asked_path(engine: Engine, operation: Operation, validation: Validation) -> str:
    """Return a path of an operation whose parameters their schemas take.

    Raises:
        NoSampleError: none could be made.
    """
    path = operation.path
    sampler = Sampler(engine.contract.document, validation.takes)
    for parameter in operation.parameters:
        value = sampler.sample(parameter.pointer).value if parameter.schema not in ({}, True) else 1
        text = value.encode() if isinstance(value, str) else msgspec.json.encode(value)
        path = path.replace(f"{{{parameter.name}}}", quote(text, safe=""))
    return path


def ask(engine: Engine, operation: Operation, validation: Validation) -> Iterator[str]:
    """Ask for one operation, and yield what is wrong with the answer."""
    try:
        path = asked_path(engine, operation, validation)
    except NoSampleError:
        print(f"    {operation.method} {operation.path}: not asked, since no parameter fits its pattern")
        return
    headers = [header for scheme in operation.security[0] for header in shown(scheme)]
    query = "&".join(f"{scheme.parameter}=x" for scheme in operation.security[0] if scheme.kind == "query")
    response = engine.handle(Request(operation.method, path, query, headers))
    name = f"{operation.method} {operation.path}: {response.status}"
    spec = operation.response(response.status)
    if spec is None or response.status >= 500:
        yield f"{name} {response.body.decode()[:200]}"
    elif spec.json is not None and response.body:
        body = msgspec.json.decode(response.body)
        if spec.schema not in ({}, True) and (broken := validation.problems(spec, body, strict=False)):
            yield f"{name} breaks its own schema: {broken[0]}"
        if body == {} and b'"example' in msgspec.json.encode(spec.schema):
            yield f"{name} is empty though its properties have examples"


def shown(scheme: Scheme) -> Iterator[tuple[bytes, bytes]]:
    name = scheme.parameter.encode()
    match scheme.kind:
        case "bearer":
            yield b"authorization", b"Bearer x"
        case "basic":
            yield b"authorization", b"Basic " + base64.b64encode(b"a:b")
        case "http":
            yield b"authorization", name + b" x"
        case "header":
            yield name, b"x"
        case "cookie":
            yield b"cookie", name + b"=x"
        case _:
            return


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1])) > 0)
