"""Signals that end a run."""

from __future__ import annotations

import signal

import pytest

from flexforward_contract_tests.interruption import Interruption, interruptible


@pytest.mark.parametrize(
    ("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=str
)
def test_a_signal_unwinds_the_run_and_names_its_exit_code(number: signal.Signals, exit_code: int) -> None:
    before = signal.getsignal(number)
    with pytest.raises(Interruption) as raised, interruptible():
        signal.raise_signal(number)
    assert raised.value.exit_code == exit_code
    assert signal.getsignal(number) is before
