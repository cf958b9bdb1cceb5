"""Columns on their way into one matrix."""

from __future__ import annotations

import numpy as np
import pytest

from synthmix.table.lanes import _as_block, _as_rows


@pytest.mark.parametrize("columns", [2, 3])
def test_columns_that_were_allocated_one_by_one_are_no_block(columns: int) -> None:
    """They may be equally spaced by chance, as any two are: what lies between them is not theirs."""
    random = np.random.Generator(np.random.Philox(0))
    kept = []
    for number in range(2000):
        n = int(random.integers(1, 60))
        parts = [np.full(n, float(number)) for _ in range(columns)]
        rows = np.empty((n, columns))
        assert _as_block(parts, rows) is None
        assert (_as_rows(parts, rows) == number).all()
        kept = [*kept[-200:], parts[0], rows]


@pytest.mark.parametrize("order", ["C", "F"])
def test_columns_of_one_array_are_copied_as_a_block(order: str) -> None:
    """In any order of its axes, and only if all are from there."""
    table = np.asarray(np.arange(40.0).reshape(10, 4), order=order)
    parts = [table[:, j] for j in range(4)]
    assert _as_block(parts, np.empty((10, 4))) is not None
    np.testing.assert_array_equal(_as_rows(parts, np.empty((10, 4))), table)
    np.testing.assert_array_equal(_as_rows(parts[::-1], np.empty((10, 4))), table[:, ::-1])
    mixed = [parts[0], table[:, 1].copy()]
    assert _as_block(mixed, np.empty((10, 2))) is None
