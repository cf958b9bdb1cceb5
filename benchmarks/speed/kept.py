"""Sections that a run leaves alone stay in its file, where they are of the same machine and settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SAME = ("processor", "architecture", "caches", "cores", "python", "versions")


def start_from(path: Path, machine: dict[str, Any], settings: dict[str, Any], only: list[str] | None) -> dict[str, Any]:
    """Return the kept result that a run of some sections goes on with; an empty one where all are run, or none is kept.

    Raises
    ------
    SystemExit
        Where the file is of another machine or of other settings: its sections would stand beside others unseen.
    """
    if only is None or not path.is_file():
        return {"machine": machine, "settings": settings, "sections": {}}
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    other = [name for name in SAME if kept["machine"].get(name) != machine.get(name)]
    other += [name for name in settings if kept["settings"].get(name) != settings[name]]
    if other:
        raise SystemExit(f"{path} has sections of another {', '.join(other)}; give --out PATH")
    return kept


def marked(section: dict[str, Any], kept: dict[str, Any], date: str) -> dict[str, Any]:
    """Return a section of a run of its own, with a word on when that was, where others are kept beside it."""
    return (
        {**section, "measured": f"a run of its own on the same machine, {date[:10]}"} if kept["sections"] else section
    )
