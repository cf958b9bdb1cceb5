"""Rows of a fitted synthesizer as Arrow tables, batch by batch, and what they are a function of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from synthmix.errors import InputError
from synthmix.io.write import as_arrow, without_null_types
from synthmix.scale.sizes import Pace, bytes_of_row, pace_for, resident
from synthmix.scale.write import Pacing
from synthmix.synthesizer import MixupSynthesizer

_PROBE = 1024  # rows that show the types of the output


class Rows:
    """The rows of a fitted synthesizer.

    Attributes
    ----------
    schema : pyarrow.Schema
        That of every batch.
    """

    def __init__(self, synthesizer: MixupSynthesizer) -> None:
        self.synthesizer = synthesizer
        self.n_source: int = synthesizer._check_fitted().source.n_rows
        self.schema = without_null_types(self._arrow(0, _PROBE).schema)

    def _arrow(self, start: int, stop: int) -> Any:
        import pyarrow as pa

        table = self.synthesizer.sample_rows(start, stop)
        if not isinstance(table, np.ndarray):
            return as_arrow(table)
        names = list(self.synthesizer.feature_names_in_)
        return pa.table({name: np.ascontiguousarray(table[:, j]) for j, name in enumerate(names)})

    def table(self, start: int, stop: int) -> Any:
        """Return rows `start` to ``stop - 1`` as a pyarrow.Table.

        Raises
        ------
        InputError
            When a column of a later batch does not have the type that the first rows have.
        """
        import pyarrow as pa

        made = self._arrow(start, stop)
        try:
            return made if made.schema.equals(self.schema) else made.cast(self.schema)
        except (pa.ArrowInvalid, ValueError) as error:
            raise InputError(
                f"rows {start} to {stop - 1} do not have the types of the first rows ({error}); give every column of "
                "the source one type, in pandas by astype"
            ) from error

    def batches(self, start: int, stop: int, size: int) -> Iterator[Any]:
        """Yield rows `start` to ``stop - 1`` in tables of at most `size` rows.

        Batches end where passes over the source end, so that no pass is begun more often than needed.
        """
        for low, high in edges(start, stop, size, self.n_source):
            yield self.table(low, high)

    def pace(self, pacing: Pacing) -> Pace:
        """Return how many rows to make at a time."""
        room = pacing.memory - resident()
        return pace_for(room, bytes_of_row(self.schema), self.n_source, pacing.batch_rows, pacing.row_group_rows)

    def identity(self) -> dict[str, Any]:
        """Return what the rows are a function of, their numbers apart."""
        return {"synthmix": "rows", "seed": self.synthesizer.seed_, "source": self.fingerprint()}

    def fingerprint(self) -> str:
        """Return a hash of everything that the rows are a function of, their numbers apart."""
        synthesizer = self.synthesizer
        source = synthesizer._executor.source
        meta, arrays = synthesizer._encoder.to_state()
        digest = hashlib.blake2b(digest_size=16)
        facts = {"state": synthesizer._state, "encoder": meta, "rows": source.n_rows}
        digest.update(json.dumps(facts, sort_keys=True, default=str).encode())
        for array in (source.latent, source.missing, source.codes, *(arrays[name] for name in sorted(arrays))):
            digest.update(np.ascontiguousarray(array).data.cast("B") if array.size else b"")
        return digest.hexdigest()


def edges(start: int, stop: int, size: int, n: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of at most `size` rows that make up ``[start, stop)``: whole passes of n rows, or pieces of one."""
    step = max(size // n * n, n)
    for low in range(start - start % step, stop, step):
        first, last = max(low, start), min(low + step, stop)
        for piece in range(first, last, min(size, step)):
            yield piece, min(piece + min(size, step), last)
