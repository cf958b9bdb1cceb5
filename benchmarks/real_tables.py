"""Where the real tables are that programs measure with."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def data_folder() -> Path:
    """Return the folder of real tables: ``SYNTHMIX_DATA``, else ``../shared/data`` beside the project."""
    return Path(os.environ.get("SYNTHMIX_DATA", ROOT.parent / "shared" / "data"))
