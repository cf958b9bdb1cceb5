"""Text that is a date or date-time in ISO 8601 form, as CSV files hold it: read as times, written as such text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.table.cells import Layout, Numbers, SourceColumn, Texts
from synthmix.table.times import year_bounds

_SHAPE = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:(?P<separator>[T ])\d{2}:\d{2}(?P<seconds>:\d{2})?(?:\.(?P<fraction>\d{3}|\d{6}|\d{9}))?)?"
    r"(?P<zulu>Z?)"
)
_FRACTIONS = {3: "ms", 6: "us", 9: "ns"}


@dataclass(frozen=True)
class TextTime:
    """How the text was written: the unit of its last digit, what stands before the hour, and a final Z."""

    unit: str
    separator: str
    zulu: bool

    def parse(self, texts: Any) -> NDArray[np.int64] | None:
        """Return counts of `unit` since 1970 (shape (n,)), or None where some text is not of this form."""
        import pyarrow.compute as pc

        # numpy would also read, with a warning, offsets from UTC and other forms that we could not write back.
        if not pc.all(pc.match_substring_regex(texts, self._pattern())).as_py():
            return None
        strings = texts.to_numpy(zero_copy_only=False).astype(str)
        bare = np.char.rstrip(strings, "Z") if self.zulu else strings
        try:
            counts = bare.astype(f"datetime64[{self.unit}]").view(np.int64)
        except ValueError:
            return None
        written = self.write(counts)
        return counts if written.equals(texts) else None

    def write(self, counts: NDArray[np.int64]) -> Any:
        """Return the text of `counts` as a pyarrow large_string array."""
        import pyarrow as pa
        import pyarrow.compute as pc

        distinct, inverse = np.unique(counts, return_inverse=True)
        times: Any = distinct.view(f"datetime64[{self.unit}]")
        unit: Any = self.unit
        texts = np.datetime_as_string(times, unit=unit)
        written = pa.array(texts.astype(object), pa.large_string())
        if self.separator == " ":
            written = pc.replace_substring(written, "T", " ")
        if self.zulu:
            zulu, nothing = pa.scalar("Z", pa.large_string()), pa.scalar("", pa.large_string())
            written = pc.binary_join_element_wise(written, zulu, nothing)
        return written.take(pa.array(inverse))

    def _pattern(self) -> str:
        clock = {"D": "", "m": r"\d{2}:\d{2}", "s": r"\d{2}:\d{2}:\d{2}"}
        digits = {unit: rf"\d{{2}}:\d{{2}}:\d{{2}}\.\d{{{count}}}" for count, unit in _FRACTIONS.items()}
        return rf"^\d{{4}}-\d{{2}}-\d{{2}}{self.separator}{(clock | digits)[self.unit]}{'Z' if self.zulu else ''}$"

    def to_layout(self) -> Layout:
        """Return the form as JSON-able data."""
        return {"unit": self.unit, "separator": self.separator, "zulu": self.zulu}


def find_text_time(column: SourceColumn) -> tuple[SourceColumn, TextTime] | None:
    """Return `column` as a column of datetimes and its form, or None unless every text is in one ISO 8601 form."""
    texts = column.distinct.data
    found = _SHAPE.fullmatch(texts[0].as_py())
    if found is None:
        return None
    form = TextTime(_unit(found), found["separator"] or "", bool(found["zulu"]))
    counts = form.parse(texts)
    if counts is None:
        return None
    return replace(
        column, family="datetime", cells=_numbers(column, counts), unit=form.unit, bounds=year_bounds(form.unit)
    ), form


def write_cells(form: TextTime, cells: Numbers) -> Texts:
    """Return times as text, null where they are missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    written = form.write(cells.data.astype(np.int64))
    if cells.missing.any():
        written = pc.if_else(pa.array(~cells.missing), written, pa.scalar(None, pa.large_string()))
    return Texts(written)


def _unit(found: re.Match[str]) -> str:
    if found["separator"] is None:
        return "D"
    if found["fraction"] is not None:
        return _FRACTIONS[len(found["fraction"])]
    return "s" if found["seconds"] is not None else "m"


def _numbers(column: SourceColumn, counts: NDArray[np.int64]) -> Numbers:
    codes = column.distinct.codes
    return Numbers(np.append(counts, 0)[codes], codes < 0)
