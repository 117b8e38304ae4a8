"""Pollers in many languages and under many loops, conforming ones and three broken ones of each."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec

from mutants.program.kit import HEARD, verify

__all__ = ["HABITS", "LANGUAGES", "NEEDED", "Language", "outcomes_of"]

FOLDER: Final = Path(__file__).parent / "pollers" / "languages"

HABITS: Final = {
    "often": ("client.interval.floor", ("delivery",)),
    "endless": ("client.stop.terminal", ("delivery",)),
    "flat": ("client.retry.backs-off", ("gateway-outage",)),
}
"""What breaks a poller: it asks every five minutes, asks after Delivered, or waits the same after each failure. With
each, the rule meant for it and the trials that show it."""

CONFORMING_TRIALS: Final = ("delivery", "gateway-blips", "never-answers", "slow-answers", "credentials-revoked")

NEEDED: Final = ("go", "php-curl", "ruby")
"""Those that the tests always try, where their languages are installed."""


class Language(msgspec.Struct, frozen=True):
    """One way to write a poller.

    Attributes:
        command: starts it; ``{folder}`` is where it lies, ``{built}`` what ``build`` has made.
        needs: programs and files that have to be installed, and modules of Python after a colon: ``:trio``.
        build: makes ``{built}`` of it; empty if nothing has to be made.
        variables: environment that chooses the way.
    """

    name: str
    command: tuple[str, ...]
    needs: tuple[str, ...]
    build: tuple[str, ...] = ()
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def missing(self) -> str | None:
        """What is not installed; None if all is."""
        for need in self.needs:
            module = need.partition(":")[2]
            if (importlib.util.find_spec(module) if module else _installed(need)) is None:
                return module or need
        return None


def _installed(name: str) -> str | None:
    if name.startswith("/"):
        return name if Path(name).exists() else None
    return shutil.which(name)


def _python(loop: str, *modules: str) -> Language:
    needs = tuple(f":{module}" for module in modules)
    return Language(f"python-{loop}", (sys.executable, "{folder}/loops.py"), needs, variables=(("LOOP", loop),))


def _node(timer: str) -> Language:
    return Language(f"node-{timer}", ("node", "{folder}/timers.mjs"), ("node",), variables=(("TIMER", timer),))


_JAVA: Final = ("javac", "-d", "{built}", "{folder}/Poller.java")
_JARS: Final = ("/usr/share/java/okhttp.jar", "/usr/share/java/okio.jar")
"""Where Debian's packages of OkHttp put it."""
_OKHTTP: Final = ":".join(("{built}", *_JARS))

LANGUAGES: Final = {
    language.name: language
    for language in (
        Language("go", ("{built}/poller",), ("go",), ("go", "build", "-o", "{built}/poller", "{folder}/poller.go")),
        Language("java-http-client", ("java", "-cp", "{built}", "Poller"), ("java", "javac"), _JAVA),
        Language("java-url", ("java", "-cp", "{built}", "Poller"), ("java", "javac"), _JAVA, (("HTTP", "url"),)),
        Language(
            "java-okhttp",
            ("java", "-cp", _OKHTTP, "OkHttpPoller"),
            ("java", "javac", *_JARS),
            ("javac", "-cp", _OKHTTP, "-d", "{built}", "{folder}/Poller.java", "{folder}/OkHttpPoller.java"),
        ),
        Language("php-curl", ("php", "{folder}/poller.php"), ("php",)),
        Language("php-streams", ("php", "{folder}/poller.php"), ("php",), variables=(("HTTP", "streams"),)),
        Language("ruby", ("ruby", "{folder}/poller.rb"), ("ruby",)),
        Language("perl", ("perl", "{folder}/poller.pl"), ("perl",)),
        Language("bash-curl", ("bash", "{folder}/poller.sh"), ("bash", "curl")),
        _node("plain"),
        _node("worker"),
        _node("vm"),
        _node("waitAsync"),
        _node("wait"),
        _python("plain"),
        _python("thread"),
        _python("pool"),
        _python("timer"),
        _python("selecting"),
        _python("alarm"),
        _python("sigtimedwait"),
        _python("child"),
        _python("processes"),
        _python("busy"),
        _python("asyncio_loop"),
        _python("uvloop_loop", "uvloop"),
        _python("trio_loop", "trio"),
        _python("gevent_loop", "gevent"),
        _python("eventlet_loop", "eventlet"),
        _python("twisted_loop", "twisted"),
        _python("apscheduler", "apscheduler"),
    )
}


def outcomes_of(language: Language, habit: str, *, way: str = "virtual") -> dict[str, str]:
    """Take a poller through trials, and return the outcome of each rule.

    Args:
        language: how it is written.
        habit: what breaks it; empty for one that conforms.
        way: as ``--time`` names it.
    """
    trials = HABITS[habit][1] if habit else CONFORMING_TRIALS
    with TemporaryDirectory() as built:
        places = {"folder": str(FOLDER), "built": built}
        if language.build:
            environment = {**os.environ, "GOFLAGS": "-mod=mod", "GO111MODULE": "off"}
            command = [part.format(**places) for part in language.build]
            subprocess.run(command, check=True, capture_output=True, env=environment, timeout=300)
        report = Path(built, "report.json")
        chosen = [part for name in trials for part in ("--scenario", name)]
        variables = [part for pair in (*language.variables, ("HABIT", habit)) for part in ("--env", "=".join(pair))]
        command = [part.format(**places) for part in language.command]
        verify("--time", way, *HEARD, *variables, "--report", str(report), *chosen, "--", *command)
        return {rule["id"]: rule["outcome"] for rule in json.loads(report.read_text())["rules"]}
