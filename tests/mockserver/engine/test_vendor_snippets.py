"""The three snippets of the vendor's guide, letter by letter but for the host, run by the programs they are for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from server_process import running

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "https://api.flexforward.com"

CURL = """\
curl https://api.flexforward.com/tracking/f47ac10b-58cc-4372-a567-0e02b2c3d479 \\
  -H "Authorization: Bearer YOUR_API_TOKEN"
"""
NODE = """\
const response = await fetch(
  'https://api.flexforward.com/tracking/f47ac10b-58cc-4372-a567-0e02b2c3d479',
  { headers: { 'Authorization': 'Bearer YOUR_API_TOKEN' } }
);
const tracking = await response.json();
console.log(tracking.tag); // High-level status: InTransit, Delivered, etc.
"""
PYTHON = """\
import requests

response = requests.get(
    'https://api.flexforward.com/tracking/f47ac10b-58cc-4372-a567-0e02b2c3d479',
    headers={'Authorization': 'Bearer YOUR_API_TOKEN'}
)
tracking = response.json()
print(tracking['tag'])  # High-level status: InTransit, Delivered, etc.
"""
SAMPLE = """\
{
  "id": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
  "trackingNumber": "YT2503010001CN",
  "tag": "InTransit",
  "subtag": "InTransit_001",
  "subtagMessage": "In transit",
  "slug": "yunexpress",
  "checkpoints": [
    {
      "checkpointTime": "2026-03-17T08:15:00Z",
      "city": "Los Angeles",
      "state": "CA",
      "countryRegion": "US",
      "location": "LAX Distribution Center",
      "message": "Arrived at destination country",
      "tag": "InTransit",
      "subtag": "InTransit_001",
      "subtagMessage": "In transit",
      "slug": "yunexpress"
    },
    {
      "checkpointTime": "2026-03-16T02:30:00Z",
      "city": "Shenzhen",
      "state": "Guangdong",
      "countryRegion": "CN",
      "location": null,
      "message": "Departed from sorting center",
      "tag": "InTransit",
      "subtag": "InTransit_001",
      "subtagMessage": "In transit",
      "slug": "yunexpress"
    },
    {
      "checkpointTime": "2026-03-15T10:30:00Z",
      "city": "Tokyo",
      "state": "Tokyo",
      "countryRegion": "JP",
      "location": null,
      "message": "Shipment information received",
      "tag": "InfoReceived",
      "subtag": "InfoReceived_001",
      "subtagMessage": "Shipment information received",
      "slug": "yunexpress"
    }
  ]
}
"""

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with running() as process:
        yield process.url


def run(command: list[str], snippet: str, host: str) -> str:
    """Give a snippet to a program on its standard input, and return what it prints."""
    assert snippet.count(HOST) == 1
    ran = subprocess.run(
        command,
        check=False,
        input=snippet.replace(HOST, host),
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "NO_PROXY": "*"},
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def the_same(printed: str) -> bool:
    """Tell whether a printed body is the guide's sample: each field, in its order."""
    return json.dumps(json.loads(printed)) == json.dumps(json.loads(SAMPLE))


@needs_curl
def test_the_guides_curl_line_prints_the_guides_sample(host: str) -> None:
    assert the_same(run(["sh"], CURL, host))


@needs_node
def test_the_guides_node_snippet_prints_the_tag_and_has_the_whole_sample(host: str) -> None:
    node = ["node", "--input-type=module", "-"]  # a module: the snippet awaits at its top level
    assert run(node, NODE, host) == "InTransit\n"
    tag, body = run(node, NODE + "console.log(JSON.stringify(tracking));\n", host).splitlines()
    assert tag == "InTransit"
    assert the_same(body)


def test_the_guides_python_snippet_prints_the_tag_and_has_the_whole_sample(host: str) -> None:
    python = [sys.executable, "-"]
    assert run(python, PYTHON, host) == "InTransit\n"
    tag, body = run(python, PYTHON + "print(response.text)\n", host).splitlines()
    assert tag == "InTransit"
    assert the_same(body)
