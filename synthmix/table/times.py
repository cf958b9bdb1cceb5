"""Times as counts: the coarsest calendar unit in which a column counts exactly from its earliest value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError
from synthmix.table.cells import NANOSECONDS, Numbers, SourceColumn

_CALENDAR = (
    ("day", 86_400_000_000_000),
    ("hour", 3_600_000_000_000),
    ("minute", 60_000_000_000),
    ("second", 1_000_000_000),
    ("millisecond", 1_000_000),
    ("microsecond", 1_000),
    ("nanosecond", 1),
)
INT64 = (-(2**63) + 1, 2**63 - 1)  # range of a count of times; the lowest int64 is NaT
_EXACT = 2**53
_FEW = 64  # offsets that rule out most units


def year_bounds(unit: str, *, zoned: bool = False) -> tuple[int, int]:
    """Return the first and last count of `unit` since 1970 in the years 1 to 9999.

    Four digits can write no others, and Python has no dates for them. Nanoseconds reach from 1677 to 2262 only. The
    local time of a zone may be in the next year, so `zoned` leaves a day at either end.
    """
    if unit == "ns":
        return INT64
    ends = ("0001-01-02", "9999-12-31") if zoned else ("0001-01-01", "10000-01-01")
    low, high = (int(np.datetime64(end, "D").astype(np.int64)) for end in ends)
    count = NANOSECONDS["D"] // NANOSECONDS[unit]
    return low * count, high * count - 1


def stored_bounds(unit: str, cells: Numbers, *, zoned: bool = False) -> tuple[int, int]:
    """Return the range of mixed times: the years 1 to 9999, and as far beyond them as the source goes itself."""
    low, high = year_bounds(unit, zoned=zoned)
    return min(low, cells.extremes[0]), max(high, cells.extremes[1])


@dataclass(frozen=True)
class Clock:
    """A column's own count: ``number = (stored - origin) / unit``, stored and origin in the storage unit."""

    origin: int = 0
    unit: int = 1
    name: str = ""

    def numbers(self, stored: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return stored counts as numbers; exact for the source's own."""
        offset = stored - self.origin
        whole = offset if self.unit == 1 else offset // self.unit
        rest = offset - whole * self.unit
        return whole + rest / self.unit if rest.any() else whole.astype(np.float64)

    def stored(self, numbers: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the nearest stored counts; whole numbers are exact however fine the storage is."""
        whole = np.floor(numbers)
        part = np.rint((numbers - whole) * self.unit).astype(np.int64)
        return self.origin + whole.astype(np.int64) * self.unit + part

    def limits(self, bounds: tuple[int, int]) -> tuple[float, float]:
        """Return the numbers between which every whole number can be stored."""
        low = float(-((self.origin - bounds[0]) // self.unit))
        high = float((bounds[1] - self.origin) // self.unit)
        # A float beyond 2**53 may have been rounded outwards; a few steps inwards is always safe.
        return (low + 2.0 * np.spacing(abs(low)) if abs(low) > _EXACT else low), (
            high - 2.0 * np.spacing(high) if high > _EXACT else high
        )


def find_clock(column: SourceColumn, cells: Numbers) -> Clock:
    """Return the clock of a column of times.

    Raises
    ------
    InputError
        When the column spans over 2**53 of its units, so that float64 could not tell its values apart.
    """
    low, high = cells.extremes
    name, unit = _coarsest(column, low, high, cells.observed)
    if (high - low) // unit > _EXACT:
        raise InputError(
            f"column {column.name!r} spans {high - low} {name or 'period'}s, which float64 cannot count one by one; "
            "round it to a coarser unit first, in pandas by .dt.round('us')"
        )
    return Clock(low, unit, name)


def _coarsest(column: SourceColumn, low: int, high: int, stored: NDArray[np.int64]) -> tuple[str, int]:
    if not column.unit:
        return "", 1
    base = NANOSECONDS[column.unit]
    choices = [(name, size // base) for name, size in _CALENDAR if size >= base and size % base == 0]
    if high - low >= 2**63:
        return choices[-1]
    offsets = stored - low
    return next(choice for choice in choices if _divides(choice[1], offsets[:_FEW]) and _divides(choice[1], offsets))


def _divides(unit: int, offsets: NDArray[np.int64]) -> bool:
    return unit == 1 or bool((offsets // unit * unit == offsets).all())
