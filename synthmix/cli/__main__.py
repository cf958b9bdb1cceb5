"""``python -m synthmix.cli`` is the command ``synthmix``."""

from __future__ import annotations

from synthmix.cli.app import main

if __name__ == "__main__":
    main()
