"""The levels of a column and the cells that codes stand for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import ModelFileError
from synthmix.table.cells import Cells, Coded, Family, Numbers, SourceColumn, Texts
from synthmix.table.codec import Arrays, State
from synthmix.table.match import labels_of, number_labels


@dataclass(frozen=True, eq=False)
class Levels:
    """The levels of a column: numbers, texts, or the categories that the dtype itself carries.

    ``data`` is a numpy array (numbers), a pyarrow large_string array (texts) or None (categories, in ``native``).
    """

    family: Family
    unit: str
    decimals: int
    data: Any
    native: tuple[Any, ...] = ()

    @cached_property
    def labels(self) -> list[Any]:
        """The levels as plain Python values, in code order."""
        if self.data is None:
            return list(self.native)
        if isinstance(self.data, np.ndarray):
            return number_labels(self.data, self.family, self.unit, self.decimals)
        return list(self.data.to_pylist())

    @property
    def size(self) -> int:
        """The number of levels, used or not."""
        return len(self.native) if self.data is None else len(self.data)

    def cells(self, codes: NDArray[np.int32]) -> Cells:
        """Return the cells of `codes` (shape (n,), -1 for missing)."""
        if self.data is None:
            return Coded(codes, self.native)
        missing = codes < 0
        if isinstance(self.data, np.ndarray):
            filler = np.array([np.nan if self.data.dtype.kind == "f" else 0], dtype=self.data.dtype)
            return Numbers(np.concatenate([self.data, filler])[codes], missing)
        import pyarrow as pa

        return Texts(self.data.take(pa.array(codes, mask=missing) if missing.any() else pa.array(codes)))

    def to_state(self) -> State:
        """Return the levels as facts and arrays; native ones live in the column's layout."""
        state = {"family": self.family, "unit": self.unit, "decimals": self.decimals}
        if self.data is None:
            return {**state, "form": "native"}, {}
        if isinstance(self.data, np.ndarray):
            return {**state, "form": "numbers"}, {"levels": self.data}
        return {**state, "form": "texts"}, pack_texts(self.data)


def levels_of(column: SourceColumn) -> Levels:
    """Return the levels of a column as it was read."""
    values = None if isinstance(column.cells, Coded) else column.distinct.data
    native = tuple(labels_of(column)) if values is None else ()
    return Levels(column.family, column.unit, column.decimals, values, native)


def levels_from(state: dict[str, Any], arrays: Arrays, native: tuple[Any, ...]) -> Levels:
    """Return the levels of :meth:`Levels.to_state`; `native` are the categories in the column's layout."""
    values: Any = None
    if state["form"] == "numbers":
        values = arrays["levels"]
    elif state["form"] == "texts":
        values = unpack_texts(arrays)
    return Levels(state["family"], state["unit"], int(state["decimals"]), values, native if values is None else ())


def pack_texts(texts: Any) -> Arrays:
    """Return a pyarrow large_string array without nulls as its bytes and offsets."""
    import pyarrow as pa

    texts = pa.concat_arrays([texts])  # drops an offset into a larger array
    _, offsets, data = texts.buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
    content = np.frombuffer(data, dtype=np.uint8) if data is not None else np.empty(0, np.uint8)
    return {"text_ends": ends - ends[0], "text_bytes": content[ends[0] : ends[-1]].copy()}


def unpack_texts(arrays: Arrays) -> Any:
    """Return the texts of :func:`pack_texts`; damaged ones are refused before anything reads through them."""
    import pyarrow as pa

    ends = np.ascontiguousarray(arrays["text_ends"], dtype=np.int64)
    content = np.ascontiguousarray(arrays["text_bytes"], dtype=np.uint8)
    if ends.ndim != 1 or not ends.size or ends[0] != 0 or ends[-1] != content.size or (np.diff(ends) < 0).any():
        raise ModelFileError("the levels of a text column are damaged; fit and save the model again")
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(content)]
    texts = pa.Array.from_buffers(pa.large_string(), ends.size - 1, buffers)
    texts.validate(full=True)
    return texts
