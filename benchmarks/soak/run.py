"""Send mixed traffic to one server for minutes, as fast as it goes, and see that it loses, keeps and stalls nothing.

Run it from a checkout: .venv/bin/python -m benchmarks.soak.run
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from queue import Empty
from typing import TYPE_CHECKING, Final

from benchmarks.control_client import Client, request
from benchmarks.exchange import BenchmarkError
from benchmarks.judge import is_sample
from benchmarks.report import method
from benchmarks.server import Server, Subject, running

from .abuse import Abusers
from .findings import Findings
from .memory import WARM_UP, Memory
from .report import report, verdicts
from .traffic import live, probe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Event

RESULTS: Final = Path(__file__).parent.parent / "SOAK.md"
PROCESSES: Final = 2
THREADS: Final = 3
STRETCHES: Final = 20  # a window of memory is two of them: one without abusers, one with
LOOK_S: Final = 0.5
KEPT_FROM_MINUTES: Final = 10.0
GRACE_S: Final = 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak, and print the report; return 1 if something was not as it has to be, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--minutes",
        type=_minutes,
        default=10.0,
        help=f"how long, from 0.2 to 120; from {KEPT_FROM_MINUTES:g} on the report is kept in benchmarks/SOAK.md "
        "(default: %(default)g)",
    )
    parser.add_argument("--seed", type=int, default=0, help="decides what is asked (default: %(default)s)")
    given = parser.parse_args(arguments)
    if sys.platform != "linux":
        parser.error("memory is read in Linux's way: this runs on Linux only")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the server is stopped then, too
    command = (sys.executable, "-m", "flexforward_mockserver", "serve", "--port", "0")
    subject = Subject(name="flexforward-mock", command=command, is_good=is_sample)
    load_before = os.getloadavg()[0]
    try:
        with running(subject) as server:
            findings, memory, is_warm = _soak(server, given.minutes * 60, given.seed)
    except (BenchmarkError, OSError) as error:
        print(f"The soak failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; nothing was found out.", file=sys.stderr)
        return 130
    judged = verdicts(findings, memory, is_warm=is_warm)
    told = method(
        run=f"{given.minutes:g} minutes, seed {given.seed}, {PROCESSES} processes of {THREADS} clients, a reader and "
        "the abusers, all on the server's machine",
        load_average_before=f"{load_before:.2f}",
    )
    text = report(judged, findings, memory, told)
    print(text, end="")
    if given.minutes >= KEPT_FROM_MINUTES:
        RESULTS.write_text(text, encoding="utf-8")
    return 1 if any(verdict.holds is False for verdict in judged) else 0


def _soak(server: Server, seconds: float, seed: int) -> tuple[Findings, Memory, bool]:
    """Return what was found, the server's memory, and whether its journals were full when the warm-up ended."""
    context = multiprocessing.get_context("spawn")
    ended, abused = context.Event(), context.Event()
    found: Queue[Findings] = context.Queue()
    senders = [
        context.Process(target=_send, args=(server.port, f"{seed}-{number}", ended, found), daemon=True)
        for number in range(PROCESSES)
    ]
    senders.append(context.Process(target=_probe, args=(server.port, ended, abused, found), daemon=True))
    # Ctrl-C reaches all processes of a terminal; this one alone is to act on it, and inherits that to the others.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    for sender in senders:
        sender.start()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        findings, memory, is_warm = _watch(server, seconds, abused)
        ended.set()
        for _ in senders:
            findings.merge(found.get(timeout=GRACE_S))
    except Empty as error:
        raise BenchmarkError(f"somebody who sent traffic did not end within {GRACE_S:g} s") from error
    finally:
        ended.set()
        for sender in senders:
            sender.terminate()
            sender.join()
    return findings, memory, is_warm


def _watch(server: Server, seconds: float, abused: Event) -> tuple[Findings, Memory, bool]:
    """Let abusers come and go and look at the server's memory, until the time is over."""
    findings, memory = Findings(), Memory(server.pid)
    is_warm = False
    began = time.monotonic()
    for span in range(STRETCHES):
        if span == round(STRETCHES * WARM_UP):
            is_warm = _is_full(server.port)
        with ExitStack() as stack:
            if span % 2:
                abusers = stack.enter_context(Abusers(server.port))
                stack.callback(abused.clear)
                abused.set()
                stack.callback(_count, abusers, findings)
            ends = began + seconds * (span + 1) / STRETCHES
            while (left := ends - time.monotonic()) > 0:
                time.sleep(min(left, LOOK_S))
                memory.look()
        print(f"span {span + 1} of {STRETCHES}: {memory.samples[-1] / 1024:.1f} MiB", file=sys.stderr, flush=True)
    return findings, memory, is_warm


def _count(abusers: Abusers, findings: Findings) -> None:
    findings.abuse["mute, slow and deaf ones who hung on to the end"] += abusers.open_count()
    findings.abuse += abusers.met


def _is_full(port: int) -> bool:
    """Tell whether the server's own journal, which fills last, has begun to drop exchanges."""
    with Client(port) as client:
        outcome = client.send(request("GET", "/_mock/journal?limit=1"))
    return bool(outcome.fields.get("dropped"))


def _send(port: int, seed: str, ended: Event, found: Queue[Findings]) -> None:
    """Be one process of senders."""
    parent = os.getppid()
    findings = [Findings() for _ in range(THREADS)]

    def is_wanted() -> bool:
        return not ended.is_set() and os.getppid() == parent

    threads = [
        threading.Thread(target=live, args=(port, f"{seed}-{number}", mine, is_wanted))
        for number, mine in enumerate(findings)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for mine in findings[1:]:
        findings[0].merge(mine)
    found.put(findings[0])


def _probe(port: int, ended: Event, abused: Event, found: Queue[Findings]) -> None:
    """Be the process that takes the time of ordinary reads, and has its interpreter for itself."""
    findings = Findings()
    parent = os.getppid()
    probe(
        port,
        findings,
        lambda: not ended.is_set() and os.getppid() == parent,
        lambda: findings.abused if abused.is_set() else findings.alone,
    )
    found.put(findings)


def _minutes(text: str) -> float:
    minutes = float(text)
    if not 0.2 <= minutes <= 120:
        raise argparse.ArgumentTypeError(f"{text} is not allowed; from 0.2 to 120")
    return minutes


if __name__ == "__main__":
    sys.exit(main())
