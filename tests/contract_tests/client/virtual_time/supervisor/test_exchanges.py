"""No healthy exchange is ever timed out: the server takes 50 real milliseconds, and the clients give it one second."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from flexforward_contract_tests.client.virtual_time.run_clock import EXCHANGE_S, RunClock
from flexforward_contract_tests.client.virtual_time.supervisor.build import supervisor
from flexforward_contract_tests.client.virtual_time.time_server import open_time_server
from flexforward_contract_tests.client.virtual_time.wire_watch import WireWatch
from flexforward_fixtures.transports.live_server import run_in_thread
from kit import START
from supervisor_kit import YEARS, needs_linux

if TYPE_CHECKING:
    from starlette.requests import Request

pytestmark = needs_linux

FOLDER = Path(__file__).parents[4] / "pollers" / "exchanges"
COUNT = int(os.environ.get("EXCHANGES", "30"))
MINUTE = 60.0

PROGRAMS = {
    "python": (sys.executable, str(FOLDER / "exchanges.py")),
    "node": ("node", str(FOLDER / "exchanges.mjs")),
    "curl": ("bash", str(FOLDER / "exchanges.sh")),
    "php": ("php", str(FOLDER / "exchanges.php")),
    "ruby": ("ruby", str(FOLDER / "exchanges.rb")),
    "go": ("go", str(FOLDER / "exchanges.go")),
    "java": ("java", str(FOLDER / "Exchanges.java")),
    "java-url": ("java", str(FOLDER / "Exchanges.java")),
}


def command_of(name: str, url: str, built: Path) -> list[str]:
    program, source = PROGRAMS[name]
    last = ["url"] if name == "java-url" else []
    if name == "go":
        binary = built / "exchanges"
        environment = {**os.environ, "GO111MODULE": "off"}
        subprocess.run([program, "build", "-o", str(binary), source], check=True, env=environment, timeout=300)
        return [str(binary), url, str(COUNT)]
    if program == "java":
        subprocess.run(["javac", "-d", str(built), source], check=True, timeout=300)
        return ["java", "-cp", str(built), "Exchanges", url, str(COUNT), *last]
    return [program, source, url, str(COUNT)]


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", PROGRAMS)
def test_no_healthy_exchange_is_timed_out(name: str, tmp_path: Path) -> None:
    if shutil.which(PROGRAMS[name][0]) is None:
        pytest.skip(f"{PROGRAMS[name][0]} is not installed")
    watch = WireWatch()
    run_clock = RunClock(START, limit=YEARS, most_requests=10**6, watch=watch)
    watch.on_request, watch.on_end = run_clock.take_request, run_clock.take_end

    asked_at: list[float] = []

    async def slow(_: Request) -> JSONResponse:
        asked_at.append(run_clock.elapsed())
        await asyncio.sleep(0.05)
        return JSONResponse({})

    app = Starlette(routes=[Route("/x", slow)])
    with run_in_thread(app, protocol=watch.protocol()) as base_url:
        host, _, port = base_url.removeprefix("http://").partition(":")
        command = command_of(name, f"{base_url}/x", tmp_path)
        with open_time_server((host, int(port))) as times:
            times.begin(run_clock)
            started = [str(supervisor()), "{}:{}".format(*times.address), *command]
            done = subprocess.run(started, capture_output=True, text=True, timeout=1000, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("0\n", "", 0)
    # Each minute is one, exchange by exchange. How long a runtime takes to end is its own business: the JVM waits.
    gaps = [after - before for before, after in pairwise(asked_at)]
    assert gaps == [pytest.approx(MINUTE + EXCHANGE_S, rel=0.01)] * (COUNT - 1)
    assert run_clock.elapsed() >= asked_at[-1] + MINUTE
