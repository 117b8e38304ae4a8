#!/usr/bin/env bash
# openapi-generator's Python client of an OpenAPI 3.1 schema that forbids unknown fields keeps them, once an object
# inside that schema, written in place, forbids them too.
#
# Expected: "additionalProperties: false" of a schema decides about that schema's own fields: the client refuses or
# drops what it does not know, whatever stands inside.
# Seen: dropped where the schema stands alone or refers to the inner one by $ref; kept, and sent back by to_dict(),
# where the inner one stands in place with "additionalProperties: false" of its own. In OpenAPI 3.0 dropped always.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check openapi-generator-cli==7.26.0 \
    pydantic==2.12.5 python-dateutil==2.9.0.post0 typing-extensions==4.15.0 urllib3==2.8.0 2>/dev/null
cat >"$work/run.py" <<'PY'
import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

GENERATOR = str(Path(sys.executable).parent / "openapi-generator-cli")
READ = """
import json, sys
sys.path.insert(0, sys.argv[1])
from openapi_client.models.parcel import Parcel
print("kept" if "weight" in Parcel.from_dict({"tag": "InTransit", "weight": 3}).to_dict() else "gone")
"""


def fate(openapi: str, inside: str) -> str:
    inner = {"type": "object", "properties": {"message": {"type": "string"}}, "additionalProperties": False}
    tag = {"tag": {"type": "string"}}
    parcel = {"type": "object", "required": ["tag"], "properties": tag, "additionalProperties": False}
    schemas = {"Parcel": parcel}
    if inside == "in place":
        tag["event"] = inner
    elif inside == "by $ref":
        tag["event"] = {"$ref": "#/components/schemas/Event"}
        schemas["Event"] = inner
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Parcel"}}}
    answer = {"description": "A parcel.", "content": content}
    document = {
        "openapi": openapi,
        "info": {"title": "Parcels", "version": "1"},
        "paths": {"/parcel": {"get": {"operationId": "getParcel", "responses": {"200": answer}}}},
        "components": {"schemas": schemas},
    }
    name = f"{openapi}-{inside}".replace(" ", "-").replace("$", "")
    Path(f"{name}.json").write_text(json.dumps(document))
    command = [GENERATOR, "generate", "-g", "python", "-i", f"{name}.json", "-o", name]
    subprocess.run(command, check=True, capture_output=True)
    return subprocess.run([sys.executable, "-c", READ, name], check=True, capture_output=True, text=True).stdout.strip()


os.chdir(Path(__file__).parent)
seen = {
    f"{openapi}, inner object {inside}": fate(openapi, inside)
    for openapi in ("3.0.3", "3.1.0")
    for inside in ("none", "by $ref", "in place")
}
print("openapi-generator", version("openapi-generator-cli"))
print("an unknown field of the outer object, after from_dict() and to_dict():", seen)
if seen != {name: "kept" if name == "3.1.0, inner object in place" else "gone" for name in seen}:
    sys.exit("This has changed.")
PY
"$work/venv/bin/python" "$work/run.py"
