"""Any program lives in virtual time under the supervisor, ends as it would, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from flexforward_contract_tests.client.virtual_time.supervisor.build import supervisor
from mutants.program.kit import left_of
from supervisor_kit import compiled, law, needs_linux, sanitized, supervised

pytestmark = needs_linux

HERE = Path(__file__).parent
DAY = 86400.0


@pytest.fixture(scope="module")
def waiter(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(compiled(HERE / "random_waits.c", tmp_path_factory.mktemp("waiter") / "random_waits"))


# -- At random


@pytest.mark.parametrize("seed", range(40))
def test_no_wait_of_a_random_program_ends_early_or_is_lost_and_time_never_goes_back(waiter: str, seed: int) -> None:
    ran = supervised(waiter, str(seed))
    assert (ran.code, ran.errors, ran.problems) == (42, "", ())


def test_the_supervisor_keeps_to_its_own_memory_meanwhile(waiter: str, tmp_path: Path) -> None:
    binary = sanitized(tmp_path / "sanitized")
    if binary is None:
        pytest.skip("the compiler has no address sanitizer")
    for seed in range(100, 108):
        ran = supervised(waiter, str(seed), binary=binary)
        assert (ran.code, ran.errors) == (42, "")


# -- Waits


def test_days_pass_in_a_moment() -> None:
    ran = supervised("sh", "-c", "date +%F; sleep 9d; date +%F")
    assert (ran.output, ran.code) == ("2026-04-01\n2026-04-10\n", 0)
    assert ran.elapsed == pytest.approx(9 * DAY, abs=1)


def test_short_sleeps_add_up_exactly() -> None:
    ran = supervised(sys.executable, "-c", "import time\nfor _ in range(5000): time.sleep(60)")
    assert ran.elapsed == pytest.approx(5000 * 60, abs=1)


def test_a_loop_that_looks_at_the_clock_ends_when_it_should() -> None:
    ran = supervised(
        sys.executable, "-c", "import time\nbegan = time.time()\nwhile time.time() < began + 7200: pass\nprint('over')"
    )
    assert ran.output == "over\n"
    assert ran.elapsed == pytest.approx(7200, abs=2)


def test_a_metronome_is_late_by_a_minute_at_most_and_never_alone() -> None:
    text = """
import threading, time
late = []
def beat():
    while True:
        before = time.monotonic(); time.sleep(1); late.append(time.monotonic() - before)
threading.Thread(target=beat, daemon=True).start()
for _ in range(20): time.sleep(1800)
print(max(late) <= 61, len(late) >= 500)
"""
    assert supervised(sys.executable, "-c", text).output == "True True\n"


def test_a_metronome_that_naps_for_a_moment_is_not_late() -> None:
    """It waits for somebody: the JVM's own thread does so while it brings all others to a halt."""
    text = """
import threading, time
threading.Thread(target=time.sleep, args=(86400,), daemon=True).start()
for _ in range(40): time.sleep(1)
before = time.monotonic(); time.sleep(0.01); print(time.monotonic() - before < 1)
"""
    assert supervised(sys.executable, "-c", text).output == "True\n"


def test_semaphores_and_queues_of_messages_wait_in_virtual_time() -> None:
    text = """
import ctypes, errno, os, time
libc = ctypes.CDLL(None, use_errno=True)
span = (ctypes.c_long * 2)
def over(result, code): return result == -1 and ctypes.get_errno() == code
began = time.time()
semaphore = libc.semget(0, 1, 0o600)
down = (ctypes.c_short * 3)(0, -1, 0)
print(over(libc.semtimedop(semaphore, down, 1, span(3600, 0)), errno.EAGAIN), round(time.time() - began))
libc.semctl(semaphore, 0, 0)
name = b"/flexforward-%d" % os.getpid()
queue = libc.mq_open(name, os.O_CREAT | os.O_RDWR, 0o600, None)
assert queue >= 0, os.strerror(ctypes.get_errno())
libc.mq_unlink(name)
until = span(int(time.time()) + 3600, 0)
print(over(libc.mq_timedreceive(queue, ctypes.create_string_buffer(8192), 8192, None, until), errno.ETIMEDOUT))
print(round(time.time() - began))
while not libc.mq_timedsend(queue, b"x", 1, 0, until): pass
print(ctypes.get_errno() == errno.ETIMEDOUT, round(time.time() - began))
"""
    assert supervised(sys.executable, "-c", text).output == "True 3600\nTrue\n7200\nTrue 7200\n"


def test_files_that_are_written_have_virtual_times(tmp_path: Path) -> None:
    text = """
import os, sys, time
path = sys.argv[1]
open(path, "w").write("x")
time.sleep(86400)
print(round(time.time() - os.stat(path).st_mtime))
os.utime(path)
print(round(time.time() - os.stat(path).st_mtime))
"""
    assert supervised(sys.executable, "-c", text, str(tmp_path / "state")).output == "86400\n0\n"


def test_a_file_has_the_time_of_the_moment_in_which_it_is_written(tmp_path: Path) -> None:
    text = """
import os, sys, time
time.sleep(86400)
with open(sys.argv[1], "w") as file: file.write("x")
now = time.time()
print(abs(now - os.stat(sys.argv[1]).st_mtime) < 0.1)
"""
    assert supervised(sys.executable, "-c", text, str(tmp_path / "state")).output == "True\n"


def test_clocks_that_are_read_by_a_call_and_without_one_are_one_clock_in_all_processes() -> None:
    text = """
import ctypes, os, sys, time
libc = ctypes.CDLL(None)
pair = (ctypes.c_long * 2)()
def by_call(): assert not libc.syscall(228, 0, pair); return pair[0] * 10**9 + pair[1]
def of_day(): assert not libc.gettimeofday(pair, None); return pair[0] * 10**9 + pair[1] * 1000
def look():
    first, second = (by_call, time.time_ns)[:: -1 if len(sys.argv) % 2 else 1]
    return [first(), second(), first(), of_day() + 999, second(), by_call()]
print(all(looks == sorted(looks) for looks in (look() for _ in range(300))))
print(abs(libc.time(None) - time.time()) < 1.1, abs(time.monotonic() - 1000) < 5)
before = time.time_ns()
child = os.fork()
if not child:
    looks = [time.time_ns() for _ in range(400)]
    os._exit(looks != sorted(looks) or looks[0] <= before)
looks = [time.time_ns() for _ in range(400)]
print(looks == sorted(looks), os.waitpid(child, 0)[1], time.time_ns() >= before + 800_000)
"""
    assert supervised(sys.executable, "-c", text).output == "True\nTrue True\nTrue 0 True\n"


def test_where_there_can_be_no_page_clocks_are_read_by_calls_alone() -> None:
    """A limit of the size of files holds for the page as well."""
    held = "import os, resource as r, sys; r.setrlimit(r.RLIMIT_FSIZE, (0, 0)); os.execv(sys.argv[1], sys.argv[1:])"
    text = "import time; before = time.time(); time.sleep(3600); print(round(time.time() - before))"
    with law() as (run_clock, address):
        command = [sys.executable, "-S", "-c", held, str(supervisor()), address, sys.executable, "-S", "-c", text]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("3600\n", "", 0)
    assert run_clock.elapsed() == pytest.approx(3600, abs=1)


def test_the_machine_has_been_up_for_virtual_time() -> None:
    text = """
import time
up = lambda: float(open("/proc/uptime").read().split()[0])
before = up()
time.sleep(500)
print(up() - before)
"""
    assert float(supervised(sys.executable, "-c", text).output) == pytest.approx(500, abs=0.1)


def test_the_clock_of_the_machine_is_not_set() -> None:
    ran = supervised(sys.executable, "-c", "import time\ntime.clock_settime(time.CLOCK_REALTIME, 0)")
    assert "PermissionError" in ran.errors


# -- Ends


@pytest.mark.parametrize("code", [0, 1, 77])
def test_exit_codes_come_through(code: int) -> None:
    assert supervised("sh", "-c", f"sleep 5; exit {code}").code == code


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_signals_come_through(number: signal.Signals) -> None:
    assert supervised("sh", "-c", f"sleep 5; kill -{number.value} $$").code == -number


def test_what_waits_for_nothing_is_told_so() -> None:
    with law() as (run_clock, address):
        process = subprocess.Popen(
            [str(supervisor()), address, sys.executable, "-c", "import threading; threading.Event().wait()"]
        )
        try:
            until = time.monotonic() + 60
            while not run_clock.problems and time.monotonic() < until:
                time.sleep(0.05)
            assert run_clock.problems == ["the client waits for something that never comes"]
        finally:
            process.kill()
            process.wait()


def test_at_the_end_of_the_run_it_waits_to_be_ended() -> None:
    with law(timedelta(days=1)) as (run_clock, address):
        process = subprocess.Popen([str(supervisor()), address, "sleep", "9d"], start_new_session=True)
        until = time.monotonic() + 60
        while not run_clock.is_over and time.monotonic() < until:
            time.sleep(0.05)
        assert run_clock.is_over
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(30) == -signal.SIGTERM


FAMILY = """
import os, sys, time
if not os.fork():
    os.setsid()
    os.fork()
os.write(1, b"%d\\n" % os.getpid())  # in one piece: others write to the same pipe
if sys.argv[1] == "stays":
    time.sleep(3600)
    while True: os.getppid()  # never waits again
os._exit(0)
"""


def pids_of(process: subprocess.Popen[str], count: int) -> str:
    assert process.stdout is not None
    return " ".join(process.stdout.readline().strip() for _ in range(count))


def test_when_the_supervisor_is_killed_nothing_is_left() -> None:
    with law() as (_, address):
        command = [str(supervisor()), address, sys.executable, "-c", FAMILY, "stays"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            pids = pids_of(process, 3)
            process.kill()
    assert left_of(pids) == []


def test_when_the_law_goes_away_nobody_moves_and_a_signal_ends_it() -> None:
    text = "print(1, flush=True)\nimport time\ninput()\ntime.sleep(5)"
    with ExitStack() as stack:
        with law() as (_, address):
            command = [str(supervisor()), address, sys.executable, "-c", text]
            pipe = subprocess.PIPE
            process = stack.enter_context(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True))
            assert pids_of(process, 1) == "1"
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.terminate()
        assert process.wait(30) == -signal.SIGTERM


def test_children_that_outlive_a_program_end_with_it() -> None:
    ran = supervised("sh", "-c", "sleep 900d & echo $!; sleep 10")
    assert left_of(ran.output.strip()) == []
    assert ran.elapsed == pytest.approx(10, abs=0.1)


# -- Words


def test_what_cannot_be_found_is_said() -> None:
    ran = supervised("no-such-program")
    assert (ran.code, ran.errors) == (127, "cannot start no-such-program: No such file or directory\n")


def test_without_a_law_it_says_so() -> None:
    done = subprocess.run([str(supervisor()), "127.0.0.1:1", "true"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (125, "nobody keeps the time at 127.0.0.1:1\n")


def test_where_watching_is_forbidden_it_says_so() -> None:
    """One that is traced already cannot be traced again: the supervisor runs itself under a supervisor."""
    binary = str(supervisor())
    with law() as (_, address):
        ran = supervised(binary, address, "true")
    assert ran.code == 125
    assert "by ptrace here (" in ran.errors
