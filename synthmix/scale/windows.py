"""Rows of a source that does not fit into memory: every window of it is a small source of its own.

A rotation of groups keeps the sums and the sums of products of every set of rows that is a union of groups. So it keeps
those of each window, and of all of them together, whatever the windows are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from synthmix.arguments import threads_of
from synthmix.errors import FileError, InputError, OptionError
from synthmix.mixing.assemble import assemble_source, class_columns_of, class_labels, refuse_large
from synthmix.mixing.choices import check_options, rule_for
from synthmix.mixing.emit import emit_table
from synthmix.mixing.execute import Executor
from synthmix.pairing import Chained, Pairing
from synthmix.scale.flow import in_sizes
from synthmix.scale.sizes import Pace, bytes_of_row, group_rows
from synthmix.scale.sources.base import BATCH_ROWS, Piece, TableSource, all_batches
from synthmix.scale.summary.table import TableSummary
from synthmix.scale.write import Pacing
from synthmix.synthesizer import MixupSynthesizer
from synthmix.table import TableEncoder, base_of, encode_table
from synthmix.warn import warn_caller
from synthmix.weights import WeightsLaw

_ORDER, _SEED, _PLACE = 1 << 61, 1 << 62, 3 << 61  # what numbers are drawn for
_LAST = 1 << 40


class WindowOptions:
    """The options of a synthesizer, as far as windows can have them.

    Raises
    ------
    OptionError
        For options that need the whole table at once.
    """

    def __init__(self, synthesizer: MixupSynthesizer, target: str | None) -> None:
        if synthesizer.privacy is not None:
            raise OptionError(
                f"privacy={synthesizer.privacy!r} is measured on a table in memory; leave it out, or give more memory"
            )
        # windows are mixed by rotation where nothing is said: chained pairing needs the whole table
        given = "nearest" if synthesizer.pairing is None else synthesizer.pairing
        pairing, law = rule_for(synthesizer.weights, given, synthesizer.encoding)
        check_options(synthesizer, pairing)
        if isinstance(pairing, Chained):
            raise OptionError(
                "chained pairing grows its trees on a table in memory; give more memory, or another pairing"
            )
        if not isinstance(synthesizer.encoding, str):
            raise OptionError("a map is trained on a table in memory; use encoding='normal' or 'raw', or more memory")
        if synthesizer.discrete != "donor":
            raise OptionError(
                "discrete='scores' needs the ranks of the whole table; use discrete='donor', or give more memory"
            )
        self.law: WeightsLaw = law
        self.pairing: Pairing = pairing
        self.class_columns: tuple[str, ...] = class_columns_of(self.pairing, target)


class WindowedRows:
    """The rows of a source that is read twice: once for its summary, once for each pass.

    Parameters
    ----------
    source : TableSource
    synthesizer : MixupSynthesizer
        With its options; it is not fitted.
    target : str, optional
    seed : int
    window_rows : int
        The most rows of a window.

    Attributes
    ----------
    schema : pyarrow.Schema
        That of every batch.
    n_source : int
        Rows of the source.
    """

    def __init__(
        self, source: TableSource, synthesizer: MixupSynthesizer, target: str | None, seed: int, window_rows: int
    ) -> None:
        self.source: TableSource = source
        self.synthesizer: MixupSynthesizer = synthesizer
        self.seed: int = seed
        self.options: WindowOptions = WindowOptions(synthesizer, target)
        self.summary: TableSummary = TableSummary(source.schema, synthesizer.columns or {})
        self.summary.add_all(all_batches(source))
        self.n_source: int = self.summary.n_rows
        if self.n_source < self.options.law.k:
            raise InputError(f"the source has {self.n_source} rows; {self.options.law!r} needs {self.options.law.k}")
        for name in self.summary.looks_like_keys():
            if name not in (synthesizer.columns or {}):
                warn_caller(
                    f"column {name!r} looks like a key (as many rows as whole numbers between its ends) and is mixed "
                    f"as numbers; columns={{{name!r}: 'key'}} makes new ones, columns={{{name!r}: 'integer'}} agrees"
                )
        base, grid = base_of(synthesizer.encoding, synthesizer.grid)
        small = self.summary.small_table(seed)
        self.encoder: TableEncoder = encode_table(
            small, columns=synthesizer.columns, encoding=base, grid=grid, keys=synthesizer.keys, seed=seed
        ).encoder
        self.sizes: list[int] = equal_sizes(self.n_source, window_rows)
        self.schema: Any = self._made(small.slice(0, max(3, self.options.law.k)), 0, 0, 1, 0).schema

    def batches(self, start: int, stop: int, size: int) -> Iterator[Any]:
        """Yield rows `start` to ``stop - 1`` by whole windows, of whatever `size` batches are asked for."""
        del size
        threads = threads_of(self.synthesizer.n_jobs)
        for number in range(start // self.n_source, -(-stop // self.n_source)):
            at = number * self.n_source
            for window, table in enumerate(self._windows(number)):
                low, high = max(start - at, 0), min(stop - at, self.sizes[window])
                if low < high:
                    yield emit_table(self._executor(table, number, window), self.encoder, low, high, threads, at + low)
                at += self.sizes[window]

    def pace(self, pacing: Pacing) -> Pace:
        """Return how many rows to make at a time: those of a window."""
        parts = pacing.row_group_rows or group_rows(bytes_of_row(self.schema))
        return Pace(self.sizes[0], parts)

    def identity(self) -> dict[str, Any]:
        """Return what the rows are a function of, their numbers apart."""
        synthesizer, options = self.synthesizer, self.options
        return {
            "synthmix": "windows",
            "seed": self.seed,
            "source": self.source.fingerprint(),
            "options": synthesizer._plain_params(),
            "weights": options.law.to_dict(),
            "pairing": options.pairing.to_dict(),
            "classes": list(options.class_columns),
            "donor": synthesizer.donor,
            "small_cells": synthesizer.small_cells,
            "dtype": synthesizer.dtype,
            "window_rows": self.sizes[0],
        }

    def _made(self, table: Any, number: int, window: int, rows: int, at: int) -> Any:
        return emit_table(self._executor(table, number, window), self.encoder, 0, rows, 1, at)

    def _windows(self, number: int) -> Iterator[Any]:
        """Yield the windows of a pass: the stretches of the source in random order, cut into equal sizes."""
        pieces = shuffled(self.source.pieces(), self.seed, number)
        batches = (batch for piece in pieces for batch in self.source.read(piece, BATCH_ROWS))
        seen = 0
        for table in in_sizes(batches, self.sizes):
            seen += table.num_rows
            if seen > self.n_source:
                break
            yield table
        if seen != self.n_source:
            raise FileError(f"the source had {self.n_source} rows and now has others: it was changed while it was read")

    def _executor(self, table: Any, number: int, window: int) -> Executor:
        """Return a window as a source of its own."""
        options = self.options
        values, codes = self.encoder.table_to_values(table)
        if self.encoder.encoding == "normal":
            values = scores_of_values(self.encoder, values, self._draws(_PLACE, number, window))
        labels = class_labels(self.encoder, values, codes, options.class_columns)
        refuse_large(self.encoder.latent_names, values, self.synthesizer.dtype)
        seed = int(self._draws(_SEED, number, window).integers(0, 2**64, dtype=np.uint64))
        source = assemble_source(
            values, codes, labels, options.law, options.pairing, self.synthesizer.donor, self.synthesizer.small_cells,
            seed, self.synthesizer.dtype,
        )  # fmt: skip
        return Executor(source)

    def _draws(self, purpose: int, number: int, window: int) -> np.random.Generator:
        return generator(self.seed, purpose + number * _LAST + window)


def generator(seed: int, unit: int) -> np.random.Generator:
    """Return the generator that belongs to a seed and a unit of work."""
    return np.random.Generator(np.random.Philox(key=np.array([seed, unit], np.uint64)))


def shuffled(pieces: Sequence[Piece], seed: int, number: int) -> list[Piece]:
    """Return the stretches of a source in the random order of a pass."""
    order = np.argsort(generator(seed, _ORDER + number).random(len(pieces)), kind="stable")
    return [pieces[i] for i in order]


def equal_sizes(n: int, most: int) -> list[int]:
    """Return sizes of windows that sum to n, none larger than `most`, and as equal as can be."""
    count = max(-(-n // most), 1)
    return [n // count + (i < n % count) for i in range(count)]


def scores_of_values(
    encoder: TableEncoder, values: NDArray[np.float64], draws: np.random.Generator
) -> NDArray[np.float64]:
    """Return normal scores of values by the quantiles of an encoder, ties at random; NaN stays NaN.

    A value between two quantiles has its place between theirs, so that decoding gives it back.
    """
    scores = np.empty_like(values)
    for j, codec in enumerate(encoder._latent):
        points = codec.quantiles  # type: ignore[attr-defined]  # codes are never scores here
        column = values[:, j]
        low = np.searchsorted(points, column, side="left")
        high = np.searchsorted(points, column, side="right")
        spread = draws.random(column.size) * (high - low) - 0.5
        places = low + np.where(high - low > 1, spread, 0.0)
        between = (low == high) & (low > 0) & (low < points.size)
        before, after = points[low[between] - 1], points[low[between]]
        places[between] = low[between] - 1 + (column[between] - before) / (after - before)
        shares = (places + 0.5) / points.size
        scores[:, j] = ndtri(np.clip(shares, 0.25 / points.size, 1 - 0.25 / points.size))
    scores[np.isnan(values)] = np.nan
    return scores
