"""``python -m flexforward_mockserver`` is the command ``flexforward-mock``."""

from .commands.cli import main

if __name__ == "__main__":
    main()
