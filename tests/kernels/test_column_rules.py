"""What happens to decoded numbers: grid, storage unit, range of the dtype and short floats, in this order."""

from __future__ import annotations

import math

import numpy as np
import pytest

from synthmix.kernels.decode import STEP, decode_column, round_to_grid
from synthmix.table import mixed
from synthmix.table.codec import WayBack
from synthmix.table.mixed import MixedColumns, column_arrays

SEED = np.uint64(2**63 + 3)
PLAIN = WayBack(is_plain=True)


def decoded(way, values, row=0, j=1):
    ways = [PLAIN] * j + [way]
    cells = np.array(values, float)
    decode_column(column_arrays(ways), j, row, SEED, cells)
    return cells


def on_grid(values, scale, row, j):
    out = np.empty(len(values))
    round_to_grid(np.asarray(values, float), row, scale, SEED, np.uint64(j), out)
    return out


def numbers(size=3 * STEP + 7, spread=20.0):
    return np.random.default_rng(1).normal(size=size) * spread


def test_a_plain_column_stays_as_it_is():
    values = np.append(numbers(), [math.nan, math.inf, -0.0])
    assert np.array_equal(decoded(PLAIN, values), values, equal_nan=True)
    assert np.array_equal(decoded(WayBack(is_plain=True, low=-1.0, high=1.0), values), values, equal_nan=True)


@pytest.mark.parametrize("scale", [1.0, 100.0])
@pytest.mark.parametrize("j", [0, 3])
def test_the_grid_has_the_uniforms_of_row_and_column(scale, j):
    values = numbers()
    found = decoded(WayBack(scale=scale), values, 50, j)
    assert np.array_equal(found, on_grid(values, scale, 50, j))
    assert np.array_equal(decoded(WayBack(scale=scale), values[600:], 650, j), found[600:])
    assert not np.array_equal(found, on_grid(values, scale, 51, j))
    assert not np.array_equal(found, on_grid(values, scale, 50, j + 1))
    assert math.isnan(decoded(WayBack(scale=scale), [math.nan])[0])


def test_numbers_are_clamped_after_the_grid():
    values = np.append(numbers(), [math.nan, math.inf, -math.inf])
    found = decoded(WayBack(scale=1.0, low=-5.0, high=9.5), values)
    expected = np.clip(on_grid(values[:-3], 1.0, 0, 1), -5.0, 9.5)
    assert np.array_equal(found[:-3], expected)
    assert math.isnan(found[-3])
    assert found[-2:].tolist() == [9.5, -5.0]
    assert not np.array_equal(on_grid(np.clip(values[:-3], -5.0, 9.5), 1.0, 0, 1), expected)
    assert np.array_equal(decoded(WayBack(low=0.0, high=255.0), values[:-3]), np.clip(values[:-3], 0.0, 255.0))


def test_short_floats_are_rounded_last():
    values = numbers()
    found = decoded(WayBack(precision=24, low=-0.1, high=9.7), values)
    assert np.array_equal(found, np.clip(values, -0.1, 9.7).astype(np.float32).astype(float))
    assert not np.array_equal(found, np.clip(values, -0.1, 9.7))


@pytest.mark.parametrize("unit", [1e3, 1e6, 1e9])
def test_times_of_full_precision_are_whole_units(unit):
    values = np.append(numbers(spread=1e5), [0.5, -0.25, 1e9 + 1 / unit, math.nan])
    found = decoded(WayBack(unit=unit), values)
    whole = np.floor(values)
    assert np.array_equal(found, whole + np.rint((values - whole) * unit) / unit, equal_nan=True)
    assert np.abs(found - values)[:-1].max() <= 0.5 / unit + 2e-10
    assert unit > 1e8 or not np.array_equal(found[:-1], values[:-1])


def test_columns_of_ties_skip_the_grid_and_quantiles_skip_the_range():
    z = numbers(2000, 1.0)
    tied = decoded(WayBack(quantiles=np.array([0.25, 0.25, 0.75, 0.75]), scale=1.0), z)
    assert set(tied.tolist()) == {0.25, 0.75}
    apart = decoded(WayBack(quantiles=np.array([0.25, 0.5, 0.75, 0.9]), scale=1.0), z)
    assert set(apart.tolist()) == {0.0, 1.0}
    wide = decoded(WayBack(quantiles=np.array([0.0, 100.0, 200.0]), low=0.0, high=50.0), z)
    assert wide.max() == 200.0


class OneWay:
    """A codec that knows its way back and nothing else."""

    def __init__(self, way):
        self.way = way

    def way_back(self):
        return self.way


def test_columns_are_decoded_piece_by_piece_as_in_one(monkeypatch):
    ways = [WayBack(scale=10.0), PLAIN, WayBack(quantiles=np.sort(numbers(99))), WayBack(precision=11)]
    columns = np.random.default_rng(2).normal(size=(4, 3000))
    expected = np.stack([decoded(way, columns[j], 70, j) for j, way in enumerate(ways)])
    expected[3] = expected[3].astype(np.float16)
    for piece in (2**18, 512, 700):  # a piece need not be a multiple of the steps inside
        monkeypatch.setattr(mixed, "_PIECE", piece)
        for threads in (1, 3):
            found = columns.copy()
            MixedColumns([OneWay(way) for way in ways]).decode(found, 70, int(SEED), threads)
            assert np.array_equal(found, expected)
    MixedColumns([OneWay(way) for way in ways]).decode(columns, 71, int(SEED))
    assert not np.array_equal(columns, expected)
