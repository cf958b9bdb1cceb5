"""The files that one command reads and writes are all different, or it does nothing."""

from __future__ import annotations

import os
from itertools import combinations
from pathlib import Path

from synthmix.errors import OptionError


def refuse_same_file(**files: Path | None) -> None:
    """Raise before the work when two of a command's files are one: writing the one would destroy the other.

    Parameters
    ----------
    **files : path or None
        The role of each file (``IN``, ``OUT``, ...) and its path; None is left out. Links are followed, and two
        names of one file (hard links, names that differ by case where that makes no difference) are one file.

    Raises
    ------
    OptionError
        For the first two that are the same file.
    """
    given = [(role.replace("_", " "), path) for role, path in files.items() if path is not None]
    for (role, path), (other_role, other) in combinations(given, 2):
        if _is_same(path, other):
            raise OptionError(
                f"{role} {os.fspath(path)!r} and {other_role} {os.fspath(other)!r} are the same file, which would be "
                f"overwritten; give {other_role} another name"
            )


def _is_same(path: Path, other: Path) -> bool:
    if os.path.realpath(path) == os.path.realpath(other):
        return True
    try:
        return path.samefile(other)
    except OSError:  # one of them does not exist yet
        return False
