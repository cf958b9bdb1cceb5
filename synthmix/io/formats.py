"""Which file format a path means, and whether a file can be written there."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Literal

from synthmix.errors import FileError

FileFormat = Literal["csv", "parquet"]

_FORMATS: dict[str, FileFormat] = {".csv": "csv", ".parquet": "parquet", ".pq": "parquet"}


def file_format(path: str | os.PathLike[str]) -> FileFormat:
    """Return the format that the extension of `path` stands for.

    Parameters
    ----------
    path : path
        A name that ends in ``.csv``, ``.parquet`` or ``.pq``; upper case is accepted.

    Returns
    -------
    "csv" or "parquet"

    Raises
    ------
    FileError
        For any other extension.
    """
    suffix = Path(path).suffix
    try:
        return _FORMATS[suffix.lower()]
    except KeyError:
        said = f"extension {suffix!r}" if suffix else "no extension"
        raise FileError(
            f"{os.fspath(path)!r} has {said}; use a name that ends in {', '.join(_FORMATS)} so that the format is known"
        ) from None


def check_place(path: str | os.PathLike[str]) -> None:
    """Raise :class:`FileError` unless a file may be created or replaced at `path`."""
    target = Path(os.path.realpath(path))
    folder = target.parent
    try:
        mode = target.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        mode = stat.S_IFREG  # it would be made
    except OSError as error:  # a name that is too long, links in a circle, a folder that cannot be searched
        raise FileError(f"cannot write {os.fspath(path)!r}: {error.strerror}; choose another name or folder") from error
    if stat.S_ISDIR(mode):
        raise FileError(f"cannot write {os.fspath(path)!r}: it is a folder; name a file inside it")
    if not stat.S_ISREG(mode):
        raise FileError(
            f"cannot write {os.fspath(path)!r}: it is a device, a pipe or a socket, which a file that appears whole "
            "would replace; name an ordinary file"
        )
    if not folder.is_dir():
        raise FileError(f"cannot write {os.fspath(path)!r}: there is no folder {os.fspath(folder)!r}; create it first")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FileError(
            f"cannot write {os.fspath(path)!r}: no permission to create files in {os.fspath(folder)!r}; "
            "choose another folder or change its permissions"
        )
