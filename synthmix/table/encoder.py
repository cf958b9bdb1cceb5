"""The way back from numbers to a table, and from another table of the same columns to numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError, did_you_mean
from synthmix.kernels.decode import blank_missing, to_columns
from synthmix.table.cells import Layout
from synthmix.table.codec import Codec, Rows, no_missing
from synthmix.table.continuous import ContinuousCodec
from synthmix.table.discrete import DiscreteCodec
from synthmix.table.frames import build_table, read_table
from synthmix.table.info import ColumnInfo
from synthmix.table.key import KeyCodec
from synthmix.table.mixed import MixedColumns
from synthmix.table.sound import check_codecs, check_rows, check_through, levels_of
from synthmix.table.state import codec_from_state, codecs_to_state, guarded, own_arrays
from synthmix.table.through import Through

T = TypeVar("T")
Floats = NDArray[np.float64]
Codes = NDArray[np.int32]


class TableEncoder:
    """Decodes mixed rows into a table of the source's type, columns, order and dtypes.

    Made by :func:`encode_table` or :meth:`from_state`. It holds the sorted values of every continuous column under
    normal scores and all levels of the discrete ones: these are the source's real values.

    Attributes
    ----------
    columns : tuple of ColumnInfo
        Every column of the source in order.
    latent_names, code_names : tuple of str
        The columns behind the latent matrix (n, p) and the codes (n, q).
    number_names : tuple of str
        Those of the former that are numbers, not scores of levels.
    n_levels : tuple of int
        The number of codes of each code column, a missing level included.
    feature_names : tuple of str
        All column names; ``n_features_in`` is their number.
    encoding, grid : str
        "raw" or "normal"; "source" or "full".
    through : Through or None
        The map to latent coordinates, where rows are mixed in those. Only :meth:`back` looks at it; all else is about
        the table's columns.
    """

    def __init__(
        self,
        codecs: Sequence[Codec],
        layout: Layout,
        *,
        encoding: str,
        grid: str,
        through: Through | None = None,
    ) -> None:
        self.through = through
        self._codecs = tuple(codecs)
        self._layout = layout
        self.encoding = encoding
        self.grid = grid
        self.columns: tuple[ColumnInfo, ...] = tuple(codec.info for codec in codecs)
        self.feature_names: tuple[str, ...] = tuple(info.name for info in self.columns)
        self.n_features_in: int = len(self.columns)
        self._latent = _in_lane(codecs, "latent")
        self._coded = _in_lane(codecs, "code")
        self.latent_names: tuple[str, ...] = tuple(codec.info.name for codec in self._latent)
        self.number_names: tuple[str, ...] = tuple(
            codec.info.name for codec in self._latent if codec.info.role != "discrete"
        )
        self.code_names: tuple[str, ...] = tuple(codec.info.name for codec in self._coded)
        self.n_levels: tuple[int, ...] = tuple(levels_of(codec) for codec in self._coded)

    def levels(self, name: str) -> list[Any]:
        """Return the printable levels of column `name` in code order, None for missing.

        Raises
        ------
        InputError
            For a column that the table does not have.
        """
        if name not in self.feature_names:
            raise InputError(f"there is no column {name!r}{did_you_mean(name, self.feature_names)}")
        return self._codecs[self.feature_names.index(name)].labels()

    def sent_through(self, through: Through) -> TableEncoder:
        """Return this encoder for rows that are mixed as the coordinates of a map."""
        return TableEncoder(self._codecs, self._layout, encoding=self.encoding, grid=self.grid, through=through)

    def decode(
        self,
        latent: Floats,
        missing: NDArray[np.bool_] | None,
        codes: Codes,
        *,
        start: int,
        seed: int,
        threads: int = 1,
    ) -> Any:
        """Return rows ``start`` to ``start + m`` of a sample as a table of the source's type.

        Any range of rows gives the same cells as that slice of a longer range, bit for bit, whatever `threads`.

        Parameters
        ----------
        latent : array of shape (m, p), float64
            Mixed latent rows.
        missing : array of shape (m, p), bool, or None
            Which latent cells are missing in the mixed rows; NaN in `latent` counts as missing too. None = no others.
        codes : array of shape (m, q), int32
            Codes of the discrete columns.
        start : int
            Row number of the first row, the counter of stochastic rounding and of fresh keys.
        seed : int
            64-bit seed of stochastic rounding.
        threads : int
            How many threads share the columns.

        Returns
        -------
        pandas.DataFrame, polars.DataFrame, pyarrow.Table or array
            What the source was; pandas frames have a ``RangeIndex`` from 0. An array whose columns all come back
            as they were mixed is `latent` itself.

        Raises
        ------
        InputError
            For arrays of wrong shape, codes out of range, or missing cells in a column whose source has none.
        """
        self._check(latent, missing, codes)
        if self.plain_array and missing is None:
            return latent
        columns = self._decoded(latent, missing, start, seed, threads)
        return self.table(columns, np.ascontiguousarray(codes.T), start=start, threads=threads)

    def table(self, columns: Floats, codes: Codes, *, start: int, threads: int = 1) -> Any:
        """Return a table of the source's type from decoded columns (p, m) and codes (q, m).

        Both are trusted, and may become part of the table. `start` is the number of the first row.
        """
        codecs = [codec for codec in self._codecs if not (isinstance(codec, KeyCodec) and codec.dropped)]
        size = columns.shape[1] if self._latent else codes.shape[1]

        def work(codec: Codec) -> Any:
            return codec.decode(_rows(codec, columns, codes, start, size))

        cells = _map(work, codecs, threads)
        built = [(codec.info.name, codec.layout, cell) for codec, cell in zip(codecs, cells, strict=True)]
        return build_table(built, self._layout, size)

    def back(self, columns: Floats, codes: Codes, start: int, seed: int, threads: int = 1) -> tuple[Floats, Codes]:
        """Return decoded columns (p, m) and codes (q, m) of rows ``start, start + 1, ...`` as they were mixed.

        `columns`, which may be overwritten, is what the source's latent matrix became, and `codes` what its donors
        gave: the columns themselves, or the coordinates of a map and what travels beside them.
        """
        if self.through is not None:
            columns, codes = self.through.back(columns, codes, start, seed, threads)
        self.mixed.decode(columns, start, seed, threads)
        return columns, codes

    def decode_values(self, latent: Floats, missing: NDArray[np.bool_], *, start: int, seed: int) -> Floats:
        """Return the latent columns after decoding as numbers, shape (m, p), NaN for missing.

        Times count their unit (``ColumnInfo.unit``) from the source's earliest value; discrete columns that travel
        as scores give the position of their level in :meth:`levels`. Rounding and clamping are included, so these
        are the very numbers that :meth:`decode` puts into the table.
        """
        self._check(latent, missing, None)
        return self._decoded(latent, missing, start, seed).T

    def _decoded(
        self, latent: Floats, missing: NDArray[np.bool_] | None, start: int, seed: int, threads: int = 1
    ) -> Floats:
        """Return decoded columns (p, m) of mixed rows that somebody else made."""
        columns, past = np.empty(latent.shape[::-1]), False  # decoded at once, and mostly small
        to_columns(np.ascontiguousarray(latent), 0, past, columns)
        if missing is not None:
            blank_missing(np.ascontiguousarray(missing), np.arange(latent.shape[0]), 0, columns)
        for codec, column in zip(self._latent, columns, strict=True):
            if codec.info.n_missing == 0 or isinstance(codec, (DiscreteCodec, KeyCodec)):  # missing is a level there
                no_missing(codec.info.name, np.isnan(column), allowed=False)
        self.mixed.decode(columns, start, seed, threads)
        return columns

    def source_values(self, latent: Floats) -> Floats:
        """Return the source's numbers, shape (n, p), from the source's own latent rows; NaN for missing.

        The units are those of :meth:`decode_values`. Values on their grid do not move when they are decoded, so no
        seed enters.
        """
        return self.decode_values(latent, np.isnan(latent), start=0, seed=0)

    def table_to_values(self, table: Any, /) -> tuple[Floats, Codes]:
        """Return another table's latent columns as numbers (m, p) and its discrete columns as codes (m, q).

        Columns are found by name, in any order, and may have changed their dtype on the way through a file.

        Raises
        ------
        InputError
            For missing or unknown columns, and for a level that the source does not have.
        """
        source = read_table(table, min_rows=0)
        found = {column.name: column for column in source.columns}
        needed = [codec.info.name for codec in self._codecs if not (isinstance(codec, KeyCodec) and codec.dropped)]
        for name in needed:
            if name not in found:
                hint = did_you_mean(name, found).replace("choose from", "it has")
                raise InputError(f"the table lacks the column {name!r}{hint}")
        for name in found:
            if name not in self.feature_names:
                raise InputError(f"the table has the unknown column {name!r}{did_you_mean(name, self.feature_names)}")
        values = np.empty((source.n_rows, len(self._latent)), dtype=np.float64)
        codes = np.empty((source.n_rows, len(self._coded)), dtype=np.int32)
        for j, codec in enumerate(self._latent):
            values[:, j] = codec.read(found[codec.info.name])
        for j, codec in enumerate(self._coded):
            codes[:, j] = codec.read(found[codec.info.name])
        return values, codes

    def to_state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return JSON-able facts and plain arrays (no objects) that :meth:`from_state` turns into this encoder."""
        states, arrays = codecs_to_state(self._codecs)
        facts = {"layout": self._layout, "encoding": self.encoding, "grid": self.grid, "columns": states}
        if self.through is not None:
            facts["through"], own = self.through.to_state()
            arrays |= {f"through.{name}": array for name, array in own.items()}
        return facts, arrays

    @classmethod
    def from_state(cls, meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> TableEncoder:
        """Return the encoder of :meth:`to_state`; nothing in the state is executed.

        Raises
        ------
        ModelFileError
            When facts or arrays are missing or damaged.
        """
        with guarded():
            codecs = codec_from_state(meta["columns"], arrays, meta["layout"])
            check_codecs(codecs)
            through = Through.from_state(meta["through"], own_arrays(arrays, "through.")) if "through" in meta else None
            return cls(codecs, meta["layout"], encoding=meta["encoding"], grid=meta["grid"], through=through)

    def check_source(self, latent: Floats, codes: Codes) -> None:
        """Refuse the rows of a model file that are not those which this encoder was made from.

        `latent` (n, p) or (n, L) and `codes` are those that are mixed. The first row is taken back to a table, so that
        whatever a damaged layout does is found here.

        Raises
        ------
        ModelFileError
            When something does not fit.
        """
        with guarded():
            values, levels = latent, codes
            if self.through is not None:
                check_through(self.through, latent, codes)
                values, levels = self.through.values, self.through.codes
            self._check(values, None, levels)
            check_rows(self._codecs, values, levels)
            self.decode(values[:1], None, levels[:1], start=0, seed=0)

    @cached_property
    def mixed(self) -> MixedColumns:
        """The way back of the mixed columns."""
        return MixedColumns(self._latent)

    @property
    def is_array(self) -> bool:
        """Whether tables are arrays of float64 or float32, all columns mixed and none left out."""
        whole = all(isinstance(codec, ContinuousCodec) and codec.in_floats for codec in self._codecs)
        return self._layout["frame"] == "numpy" and whole and self.array_dtype.name in ("float64", "float32")

    @cached_property
    def array_dtype(self) -> np.dtype[Any]:
        """The dtype of the tables where they are arrays."""
        return np.result_type(*(np.dtype(codec.layout["dtype"]) for codec in self._codecs))

    @cached_property
    def plain_array(self) -> bool:
        """Whether tables are arrays of float64 whose columns all come back as they were mixed."""
        plain = all(isinstance(codec, ContinuousCodec) and codec.is_plain for codec in self._codecs)
        return self.is_array and plain and self.through is None

    def _check(self, latent: Floats, missing: NDArray[np.bool_] | None, codes: Codes | None) -> None:
        shape = (latent.shape[0], len(self._latent))
        given = shape if missing is None else missing.shape
        if latent.shape != shape or given != shape:
            raise InputError(f"latent {latent.shape} and missing {given} must both have shape {shape}")
        if codes is None:
            return
        if codes.shape != (latent.shape[0], len(self._coded)):
            raise InputError(f"codes has shape {codes.shape}; it must have {(latent.shape[0], len(self._coded))}")
        for j, (name, size) in enumerate(zip(self.code_names, self.n_levels, strict=True)):
            if codes.shape[0] and not 0 <= int(codes[:, j].min()) <= int(codes[:, j].max()) < size:
                raise InputError(f"the codes of column {name!r} reach beyond its {size} levels")


def _in_lane(codecs: Sequence[Codec], kind: str) -> list[Codec]:
    return sorted((codec for codec in codecs if codec.lane.kind == kind), key=lambda codec: codec.lane.index)


def _rows(codec: Codec, columns: Floats, codes: Codes, start: int, size: int) -> Rows:
    """Cut out the part of the mixed rows that belongs to one column."""
    numbers, own = np.empty(0), np.empty(0, dtype=np.int32)
    if codec.lane.kind == "latent":
        numbers = columns[codec.lane.index]
    elif codec.lane.kind == "code":
        own = codes[codec.lane.index]
    return Rows(start, size, numbers, own)


def _map(work: Callable[[Codec], T], codecs: Sequence[Codec], threads: int) -> list[T]:
    if threads <= 1:
        return [work(codec) for codec in codecs]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, codecs))
