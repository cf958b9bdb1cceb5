"""Summaries of one reading against what all rows say."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from synthmix.errors import InputError
from synthmix.scale.summary.levels import LevelTable
from synthmix.scale.summary.moments import Moments, relative_error
from synthmix.scale.summary.quantiles import QuantileSketch
from synthmix.scale.summary.table import TableSummary


def random(key: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=key))


def rank_error(sketch: QuantileSketch, values: np.ndarray, m: int) -> float:
    """Return the largest difference between the distribution functions of the points and of the values."""
    points, ordered = sketch.points(m), np.sort(values)
    at = np.unique(np.concatenate([points, ordered]))
    gaps = [
        np.abs(np.searchsorted(points, at, side) / m - np.searchsorted(ordered, at, side) / values.size).max()
        for side in ("left", "right")
    ]
    return float(max(gaps))


@pytest.mark.parametrize("shape", ["normal", "sorted", "backwards", "ties", "zigzag"])
@pytest.mark.parametrize("buffer", [64, 256])
def test_ranks_are_within_the_stated_error(shape, buffer):
    n = 60_000
    values = random(1).normal(size=n)
    values = {
        "normal": values,
        "sorted": np.sort(values),
        "backwards": np.sort(values)[::-1],
        "ties": np.round(values, 1),
        "zigzag": np.where(np.arange(n) % 2, 1.0, -1.0) * np.arange(n),
    }[shape]
    sketch = QuantileSketch(buffer)
    for start in range(0, n, 777):
        sketch.add(values[start : start + 777])
    assert sketch.n == n
    assert 0 < sketch.error < 1.2 * np.log2(n / buffer) / (4 * buffer) + 2 / buffer
    assert rank_error(sketch, values, 4096) <= sketch.error + 1 / 4096
    assert sketch.points(100)[0] == values.min()
    assert sketch.points(100)[-1] == values.max()


def test_a_sketch_that_forgets_to_take_turns_is_found():
    """A negative control: without turns the error adds up beyond what is stated."""
    sketch = QuantileSketch(64)
    values = random(2).normal(size=60_000)

    class Never(list):
        def __getitem__(self, _):
            return 0

    sketch.add(values[:64])
    sketch._turns = Never(sketch._turns)
    for start in range(64, values.size, 777):
        sketch.add(values[start : start + 777])
    merges = [60_000 // (64 * 2 ** (level + 1)) for level in range(10)]
    stated = sum(2**level * ((turns + 1) // 2) for level, turns in enumerate(merges)) / values.size
    assert rank_error(sketch, values, 4096) > stated


def test_few_values_are_kept_as_they_are():
    values = random(3).integers(0, 10**18, size=900)
    sketch = QuantileSketch()
    sketch.add(values[:500])
    sketch.add(values[500:])
    assert sketch.error == 0
    assert np.array_equal(sketch.points(900), np.sort(values))
    assert sketch.points(900).dtype == np.int64


def test_the_sketch_does_not_depend_on_batches():
    values = random(4).normal(size=50_000)
    one, other = QuantileSketch(128), QuantileSketch(128)
    one.add(values)
    for start in range(0, values.size, 333):
        other.add(values[start : start + 333])
    assert np.array_equal(one.points(1000), other.points(1000))
    assert one.error == other.error


def test_moments_of_pieces_are_those_of_the_whole():
    rows = random(5).normal(size=(10_000, 4)) @ random(6).normal(size=(4, 4)) + 1e6
    merged, whole = Moments(4), Moments(4)
    for start in range(0, 10_000, 611):
        merged.add(rows[start : start + 611])
    whole.add(rows)
    assert merged.n == 10_000
    np.testing.assert_allclose(merged.covariance, np.cov(rows.T, ddof=0), rtol=1e-9)
    assert relative_error(merged, whole) < 1e-10
    assert relative_error(merged, merged) == 0
    shifted = Moments(4)
    shifted.add(rows * [1.01, 1, 1, 1])
    assert relative_error(shifted, whole) > 1e-3


def test_levels_are_counted_and_too_many_are_refused():
    table = LevelTable("town", most=5)
    table.add(pa.chunked_array([["a", "b", None], ["a"]]))
    assert table.counts == {"a": 2, "b": 1}
    assert table.n_missing == 1
    with pytest.raises(InputError, match=r"column 'town' has 12 distinct values in the first 13 rows, .*'key'"):
        table.add(pa.chunked_array([list("cdefghijkl")[:10]]).cast(pa.string()))


def test_the_small_table_has_the_types_levels_and_holes_of_the_whole():
    n = 100_000
    draws = random(7)
    whole = pa.table(
        {
            "x": pa.array(draws.normal(size=n), mask=draws.random(n) < 1e-4),
            "count": pa.array(draws.integers(-5, 10**6, n), pa.int32()),
            "day": pa.array(draws.integers(0, 20_000, n), pa.int32()).cast(pa.date32()),
            "moment": pa.array(draws.integers(0, 10**18, n)).cast(pa.timestamp("ns", "UTC")),
            "price": pa.array(np.round(draws.random(n) * 100, 2)).cast(pa.decimal128(9, 2), safe=False),
            "town": pa.array(np.where(draws.random(n) < 1e-4, "rare", "usual")),
            "grade": pa.array(draws.choice(["low", "high"], n)).dictionary_encode(),
            "id": pa.array([f"id-{i}" for i in range(n)]),
            "flag": pa.array(draws.random(n) < 0.5),
        }
    )
    summary = TableSummary(whole.schema, {"id": "key"})
    summary.add_all(whole.slice(start, 30_000) for start in range(0, n, 30_000))
    small = summary.small_table(1)
    assert small.schema.equals(whole.schema)
    assert small.num_rows == 2**16
    assert small["x"].null_count > 0
    assert {*small["town"].to_pylist()} == {"rare", "usual"}
    assert {*small["grade"].to_pylist()} == {"low", "high"}
    for name in ("count", "day", "moment"):
        assert pa.compute.min_max(small[name]).equals(pa.compute.min_max(whole[name]))
        assert pa.compute.all(pa.compute.is_in(small[name], value_set=whole[name])).as_py()
    assert set(summary.errors) == {"x", "count", "day", "moment", "price"}
    kept, seen = (np.sort(table["x"].drop_null().to_numpy()) for table in (small, whole))
    ranks = np.searchsorted(seen, kept, "right") / seen.size - np.arange(1, kept.size + 1) / kept.size
    assert 1 / kept.size < np.abs(ranks).max() <= summary.errors["x"]  # so the step of few points must be in it
    assert summary.missing("x") == whole["x"].null_count
    assert small.equals(summary.small_table(1))
