"""Key-like columns: every row gets a new key that no source row has, or the column is left out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError
from synthmix.table.cells import Cells, Layout, Numbers, SourceColumn, Texts
from synthmix.table.codec import NO_LANE, Arrays, Codec, Lane, Rows, State, WayBack
from synthmix.table.discrete import DiscreteCodec
from synthmix.table.info import ColumnInfo


@dataclass(frozen=True, eq=False)
class KeyCodec(Codec):
    """A column of keys.

    ``prefix`` begins every text key and no source key; ``first`` is the first integer key, above all source keys
    and at most ``last``, which the dtype can hold. Where the source has missing keys, ``presence`` is a discrete
    column of its own with the levels "present" and missing, so that the pattern of gaps is mixed like any other.
    """

    info: ColumnInfo
    layout: Layout
    prefix: str | None
    first: int
    last: int
    dropped: bool
    presence: DiscreteCodec | None

    @property
    def lane(self) -> Lane:  # type: ignore[override]
        """The lane of the missing pattern."""
        return NO_LANE if self.presence is None else self.presence.lane

    def decode(self, rows: Rows) -> Cells:
        """Return the keys of rows ``start``, ``start + 1``, ..."""
        missing = np.zeros(rows.size, dtype=bool)
        if self.presence is not None:
            missing = self.presence.codes(rows) > 0
        numbers = np.arange(rows.start, rows.start + rows.size, dtype=np.int64)
        if self.prefix is not None:
            return _texts(self.prefix, numbers, missing)
        if self.first + rows.start + rows.size - 1 > self.last:
            raise InputError(
                f"column {self.info.name!r} of dtype {self.info.dtype} cannot hold the fresh key "
                f"{self.first + rows.start + rows.size - 1}; convert it to int64 or leave keys out with keys='drop'"
            )
        return Numbers(np.where(missing, 0, self.first + numbers), missing)

    def way_back(self) -> WayBack:
        """Return 0 for a present key and 1 for a missing one."""
        return super().way_back() if self.presence is None else self.presence.way_back()

    def read(self, column: SourceColumn) -> NDArray[Any]:
        """Return which keys are missing, as codes; nothing, shape (n, 0), where none of the source's is."""
        if self.presence is None:
            return np.empty((column.missing.size, 0))
        codes = column.missing.astype(np.int32)
        return codes if self.presence.order is None else codes.astype(np.float64)

    def labels(self) -> list[Any]:
        """Return the levels of the missing pattern."""
        return [] if self.presence is None else self.presence.labels()

    def to_state(self) -> State:
        """Return the facts; no source key is among them."""
        inner, arrays = ({}, {}) if self.presence is None else self.presence.to_state()
        state = {
            "codec": "key",
            "info": asdict(self.info),
            "layout": self.layout,
            "prefix": self.prefix,
            "first": self.first,
            "last": self.last,
            "dropped": self.dropped,
        }
        return {**state, "presence": inner or None}, arrays

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: Arrays) -> KeyCodec:
        """Return the codec of :meth:`to_state`."""
        inner = state["presence"]
        presence = None if inner is None else DiscreteCodec.from_state(inner, arrays, ())
        facts = {name: state[name] for name in ("layout", "prefix", "first", "last", "dropped")}
        return cls(info=ColumnInfo(**state["info"]), presence=presence, **facts)


def fresh_prefix(name: str, keys: Any) -> str:
    """Return a prefix ``"<name>-"`` (or ``"new-<name>-"``, ...) that begins none of the texts `keys`."""
    import pyarrow.compute as pc

    prefix = f"{name}-"
    while pc.any(pc.starts_with(keys, prefix)).as_py():
        prefix = f"new-{prefix}"
    return prefix


def _texts(prefix: str, numbers: NDArray[np.int64], missing: NDArray[np.bool_]) -> Texts:
    import pyarrow as pa
    import pyarrow.compute as pc

    digits = pa.array(numbers, mask=missing).cast(pa.large_string())
    return Texts(
        pc.binary_join_element_wise(pa.scalar(prefix, pa.large_string()), digits, pa.scalar("", pa.large_string()))
    )
