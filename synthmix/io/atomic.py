"""A file that appears whole or not at all.

On Linux the bytes go to a file without a name (``O_TMPFILE``), which the kernel forgets when the process ends in
whatever way, ``kill -9`` included. Only a complete file on disk gets a name. Where the file system has no such files
(some network mounts) or the system is not Linux, a hidden file beside the target takes their place: the target still
appears whole or not at all, but a killed process may leave the hidden file.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from synthmix.errors import FileError
from synthmix.io.formats import check_place

_REMEDIES = {
    errno.ENOSPC: "free some space or choose another disk",
    errno.EDQUOT: "free some of your quota or choose another disk",
    errno.EFBIG: "raise the file size limit (ulimit -f) or write fewer rows",
    errno.EROFS: "choose a folder that is not read-only",
    errno.EACCES: "choose another folder or change its permissions",
    errno.EPERM: "choose another folder or change its permissions",
    errno.ENOENT: "choose a folder in which files can be made",
    errno.ENAMETOOLONG: "choose a shorter name",
}
_DESCRIPTORS = "/proc/self/fd"
_NO_NAMELESS_FILES = {errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT, errno.ENOSYS}


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a binary file whose content gets the name `path` only after it is complete and on disk.

    Parameters
    ----------
    path : path
        An existing file is replaced in one step and keeps its permissions; a symbolic link is followed.

    Yields
    ------
    binary file
        Seekable, open for reading and writing.

    Raises
    ------
    FileError
        The folder is missing or cannot be written, the disk is full, or any other error of the operating system
        while writing. No new file and no temporary file remains, and an old file at `path` is unchanged.

    Notes
    -----
    An exception inside the ``with`` block leaves nothing behind and is passed on. The steps: write, ``fsync``, give
    the file a hidden name, rename it over `path`, ``fsync`` the folder. A process killed between the last two (both
    take microseconds) leaves a complete hidden file.
    """
    check_place(path)
    target = Path(os.path.realpath(path))
    hidden = f".synthmix-{secrets.token_hex(8)}.tmp"
    try:
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            with _unpublished(target, folder, hidden) as file:
                yield file
        finally:
            os.close(folder)
    except OSError as error:
        if isinstance(error, FileError) or not _is_ours(error, target, hidden):
            raise
        raise explained(path, error) from error


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file that appears whole or not at all."""
    with atomic_write(path) as file:
        file.write(content)


@contextlib.contextmanager
def _unpublished(target: Path, folder: int, hidden: str) -> Iterator[BinaryIO]:
    descriptor, nameless = _open_nameless(target.parent), True
    if descriptor is None:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
        descriptor, nameless = os.open(hidden, flags, 0o666, dir_fd=folder), False
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            _keep_permissions(target, file.fileno())
            os.fsync(file.fileno())
            if nameless:
                # dir_fd makes CPython call linkat(2), which follows the /proc link to the nameless file.
                os.link(f"{_DESCRIPTORS}/{file.fileno()}", hidden, dst_dir_fd=folder, follow_symlinks=True)
        os.replace(hidden, target.name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(hidden, dir_fd=folder)
        raise


def _open_nameless(folder: Path) -> int | None:
    """Open a file without a name in `folder`; None where the system or the file system has none."""
    flag = getattr(os, "O_TMPFILE", None)
    if flag is None or not Path(_DESCRIPTORS).is_dir():
        return None
    try:
        return os.open(folder, flag | os.O_RDWR, 0o666)
    except OSError as error:
        if error.errno in _NO_NAMELESS_FILES:
            return None
        raise


def _keep_permissions(target: Path, descriptor: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))


def _is_ours(error: OSError, target: Path, hidden: str) -> bool:
    """Tell an error of this write, which has no file name or one of ours, from one about a file of the caller."""
    ours = (None, hidden, os.fspath(target), os.fspath(target.parent))
    return error.filename in ours or str(error.filename).startswith(f"{_DESCRIPTORS}/")


def sync(path: Path) -> None:
    """Return when what was written to a file, or the names in a folder, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def explained(path: str | os.PathLike[str], error: OSError, remains: str = "nothing half-written remains") -> FileError:
    """Return the error for a failure to write `path`, with its reason, the remedy, and what `remains` of the output."""
    reason = error.strerror or str(error)
    remedy = _REMEDIES.get(error.errno or 0, "see to the cause and run again")
    found = FileError(f"cannot write {os.fspath(path)!r}: {reason}; {remedy} ({remains})")
    found.errno = error.errno
    return found
