"""Amounts of memory: the words for them, what the process holds, and how many rows at a time that allows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synthmix.errors import OptionError

_UNITS = {"": 1, "b": 1} | {
    f"{letter}{ending}": base**power
    for power, letter in enumerate("kmgt", start=1)
    for ending, base in (("", 1024), ("ib", 1024), ("b", 1000))
}
_LEAST = 256 * 2**20  # the libraries alone take most of this
_GROUP_BYTES = 64 * 2**20
_MOST_GROUP_ROWS = 2**18  # a run that is stopped loses at most so many
_MOST_WINDOW_ROWS = 2**20
_LEAST_GROUP_ROWS = 2**10
LEAST_WINDOW = 1000
_BESIDE = 480 * 2**20  # libraries, quantiles and levels
_WINDOW_COPIES = 10  # of a window while it is read, mixed and written
_WINDOW_ROW = 200  # bytes for the order of a row, beside its values
_MOST_BATCH_BYTES = 256 * 2**20
# What a row of a batch takes while it becomes a row of a file, in multiples of its own size: mixed rows, their columns,
# the table, its copy in whole row groups, and the encoded pages; twice, because the next is made while one is written.
_COPIES = 6


def parse_memory(memory: int | str) -> int:
    """Return a number of bytes for ``2**31``, ``"2GiB"``, ``"512 MB"`` or ``"1.5g"``.

    Raises
    ------
    OptionError
        For other words, and for less than 256 MiB, which the libraries need for themselves.
    """
    found = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*([a-zA-Z]*)\s*", str(memory))
    if isinstance(memory, bool) or found is None or found[2].lower() not in _UNITS:
        raise OptionError(f"memory={memory!r} is no amount of memory; write for example '2GiB' or '512MiB'")
    size = int(float(found[1]) * _UNITS[found[2].lower()])
    if size < _LEAST:
        raise OptionError(f"memory={memory!r} is too little: the libraries alone need 256 MiB; give more")
    return size


def shown(size: float) -> str:
    """Return a number of bytes as text, such as ``1.50 GiB``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} TiB"


def resident() -> int:
    """Return the bytes of memory that this process holds now; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    import resource

    return pages * resource.getpagesize()


def release() -> None:
    """Give memory that Arrow keeps for later back to the system."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()


def bytes_of_row(schema: Any) -> int:
    """Return about how many bytes a row of an Arrow schema takes in memory; text counts 32."""
    import pyarrow as pa

    def width(kind: Any) -> int:
        if pa.types.is_dictionary(kind):
            return int(kind.index_type.bit_width) // 8
        try:
            return max(int(kind.bit_width) // 8, 1)
        except ValueError:
            return 32

    return sum(width(kind) for kind in schema.types) or 1


def group_rows(row_bytes: int) -> int:
    """Return the rows of a row group: a power of two of about 64 MiB, so that readers can skip and writers hold one."""
    rows = max(_GROUP_BYTES // row_bytes, _LEAST_GROUP_ROWS)
    return min(1 << (rows.bit_length() - 1), _MOST_GROUP_ROWS)


def window_size(memory: int, row_bytes: int) -> int:
    """Return the rows of a window in `memory` bytes: a function of the arguments alone, since the output depends on it.

    Raises
    ------
    OptionError
        When there is no room for a window.
    """
    each = _WINDOW_COPIES * row_bytes + _WINDOW_ROW
    rows = (memory - _BESIDE) // each
    if rows < LEAST_WINDOW:
        raise OptionError(
            f"memory={shown(memory)} leaves no room for a window of rows; give at least "
            f"{shown(_BESIDE + LEAST_WINDOW * each)}, or window_rows"
        )
    return min(rows, _MOST_WINDOW_ROWS)


@dataclass(frozen=True)
class Pace:
    """How many rows are made at a time.

    Attributes
    ----------
    batch_rows : int
        Rows that are mixed at once. Results do not depend on it.
    part_rows : int
        Rows of a row group, or of another whole part of the output.
    """

    batch_rows: int
    part_rows: int


def pace_for(room: int, row_bytes: int, pass_rows: int, batch_rows: int | None, part_rows: int | None) -> Pace:
    """Return how many rows to make at a time in `room` bytes.

    Parameters
    ----------
    room : int
        Bytes that are left for the work.
    row_bytes : int
        Bytes of a row.
    pass_rows : int
        Rows of a pass over the source: batches that end where passes end cost least.
    batch_rows, part_rows : int or None
        What the caller asks for.

    Raises
    ------
    OptionError
        When not even the smallest batch fits.
    """
    parts = group_rows(row_bytes) if part_rows is None else part_rows
    most = room // (_COPIES * row_bytes) - parts // 2
    if most < _LEAST_GROUP_ROWS:
        needed = _COPIES * row_bytes * (_LEAST_GROUP_ROWS + parts // 2)
        raise OptionError(
            f"memory is too little: {shown(max(room, 0))} are left beside the source and the libraries, row groups of "
            f"{parts} rows of {row_bytes} bytes need {shown(needed)}; give more memory or a smaller row_group_rows"
        )
    most = min(most, max(_MOST_BATCH_BYTES // row_bytes, _LEAST_GROUP_ROWS))
    if batch_rows is not None:
        return Pace(min(batch_rows, most), parts)
    if pass_rows <= most:
        return Pace(most // pass_rows * pass_rows, parts)
    pieces = -(-pass_rows // most)
    return Pace(-(-pass_rows // pieces), parts)
