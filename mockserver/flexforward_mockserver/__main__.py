"""``python -m flexforward_mockserver`` is the command ``flexforward-mock``."""

import signal

__all__ = ["main"]


def main() -> None:
    """Run the command line; Ctrl-C while it is still being imported ends the process without a traceback."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # until the command is there, which catches it
    from .commands.cli import main as run

    run()


if __name__ == "__main__":
    main()
