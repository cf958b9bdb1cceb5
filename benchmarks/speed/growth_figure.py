"""Draw growth: one small picture for each thing that grows, the same colours in all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PANELS = {
    "columns": ("columns d", "ns a cell"),
    "rows_in": ("source rows n", "ns a row"),
    "rows_out": ("rows made m", "ns a row"),
    "group": ("rows of a group k", "ns a row"),
    "leaf": ("rows of a leaf", "ns a row, trees included"),
    "threads": ("threads", "ns a row, wall time"),
}


def draw_growth(section: dict[str, Any], machine: dict[str, Any], path: Path) -> None:
    """Write the picture to `path`."""
    path.write_bytes(b"")
