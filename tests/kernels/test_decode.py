"""Between rows and columns: transposed blocks, codes and holes of donors, rounding to a grid."""

from __future__ import annotations

import math

import numpy as np
import pytest
from kernels.kernels_oracle import fill_uniform

from synthmix.kernels.decode import PIECE, blank_missing, round_to_grid, take_codes, to_columns, to_rows
from synthmix.kernels.philox import ROUND

SEED = np.uint64(2**63 + 12345)
SHAPES = [(m, p) for m in (0, 1, 15, 16, 17, 2 * PIECE + 3) for p in (1, 2, 3, 4, 5, 8, 11)]


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize(("m", "p"), SHAPES)
@pytest.mark.parametrize("past", [False, True])
def test_rows_become_columns_and_rows_again(past, m, p, kind):
    rows = np.random.default_rng(m).normal(size=(m, p)).astype(kind)
    columns = np.full((p, m + 9), -7.0)
    to_columns(rows, 4, past, columns)
    assert np.array_equal(columns[:, 4 : 4 + m], rows.T)
    assert (np.delete(columns, np.s_[4 : 4 + m], axis=1) == -7).all()
    back = np.full((m + 9, p), -7, kind)
    to_rows(np.ascontiguousarray(columns[:, 4 : 4 + m]), 0, m, 2, past, back)
    assert np.array_equal(back[2 : 2 + m], rows)
    assert (np.delete(back, np.s_[2 : 2 + m], axis=0) == -7).all()
    assert m * p < 2 or not np.array_equal(back[2 : 2 + m], rows[::-1, ::-1])


@pytest.mark.parametrize("m", [0, 1, 511, 512, 1300])
def test_codes_and_holes_are_those_of_the_donor(m):
    rng = np.random.default_rng(m)
    codes, missing = rng.integers(-1, 9, (40, 3)).astype(np.int32), rng.random((40, 3)) < 0.2
    donors, out = rng.integers(0, 40, m), np.full((3, m + 5), -7, np.int32)
    take_codes(codes, donors, 2, out)
    assert np.array_equal(out[:, 2 : 2 + m], codes[donors].T)
    assert (np.delete(out, np.s_[2 : 2 + m], axis=1) == -7).all()
    numbers = rng.normal(size=(3, m + 5))
    expected = numbers.copy()
    expected[:, 2 : 2 + m][missing[donors].T] = np.nan
    blank_missing(missing, donors, 2, numbers)
    assert np.array_equal(numbers, expected, equal_nan=True)
    assert m < 100 or np.isnan(numbers).any()
    assert m < 100 or not np.array_equal(out[:, 2 : 2 + m], codes[donors[::-1]].T)


def rounded(values, decimals, start=0, number=0):
    out = np.empty(len(values))
    round_to_grid(np.asarray(values, dtype=float), start, 10.0**decimals, SEED, np.uint64(number), out)
    return out


def uniforms(size, start=0, number=0):
    out = np.empty(size)
    fill_uniform(SEED, start, ROUND, np.uint64(number), out)
    return out


@pytest.mark.parametrize("decimals", [0, 1, 3, 8])
def test_goes_up_exactly_when_the_uniform_is_below_the_fraction(decimals):
    values = np.random.default_rng(decimals).normal(size=2_000) * 7
    scaled = values * 10.0**decimals
    u = uniforms(values.size)
    expected = (np.floor(scaled) + (u < scaled - np.floor(scaled))) / 10.0**decimals
    assert np.array_equal(rounded(values, decimals), expected)
    # The rule above has expectation low (1 - f) + (low + 1) f = value: integrate it over u for one value.
    low, f = np.floor(scaled), scaled - np.floor(scaled)
    assert (low * (1 - f) + (low + 1) * f) / 10.0**decimals == pytest.approx(values, rel=1e-12, abs=1e-15)
    assert not np.array_equal(np.round(values, decimals), expected)  # plain rounding is another rule


def test_keeps_the_mean_where_plain_rounding_moves_it():
    n = 200_000
    values = np.full(n, 3.2)
    error = math.sqrt(0.2 * 0.8 / n)
    assert abs(rounded(values, 0).mean() - 3.2) < 5.5 * error  # false alarm about 4e-8
    assert abs(np.round(values).mean() - 3.2) > 100 * error


def test_values_on_the_grid_never_move():
    rng = np.random.default_rng(2)
    for decimals in range(13):
        whole = rng.integers(-(2**51), 2**51, 300) // 10 ** rng.integers(0, 14, 300)
        values = whole / 10.0**decimals
        assert np.array_equal(rounded(values, decimals), values)
        small = values[np.abs(whole) < 2**49]  # above, a float's neighbour lies a quarter of a step away
        assert np.array_equal(rounded(np.nextafter(small, math.inf), decimals), small)
    odd = np.array([2.0**52 + 1, -(2.0**53) + 1])  # where adding one half to round would move them
    assert np.array_equal(rounded(odd, 0), odd)
    assert not np.array_equal(np.floor(odd + 0.5), odd)
    assert not np.array_equal(rounded(np.array([0.5, 1.5] * 50), 0), [0.5, 1.5] * 50)


def test_result_is_what_parsing_the_decimal_text_gives():
    values = np.random.default_rng(8).normal(size=3_000) * 50
    for decimals in (1, 2, 7):
        for value in rounded(values, decimals):
            assert float(f"{value:.{decimals}f}") == value
    # Negative control: multiplying by 10**-d gives another float for some decimal numbers.
    assert any(float(f"{k * 1e-2:.2f}") != k * 1e-2 for k in range(1000))


def test_row_number_is_the_counter():
    values = np.random.default_rng(4).normal(size=100)
    whole = rounded(values, 1, start=10)
    assert np.array_equal(rounded(values[40:70], 1, start=50), whole[40:70])
    assert not np.array_equal(rounded(values[40:70], 1, start=0), whole[40:70])
    assert not np.array_equal(rounded(values, 1, start=10, number=1), whole)


def test_nan_stays_and_minus_zero_becomes_zero():
    found = rounded([math.nan, -0.0], 2)
    assert math.isnan(found[0])
    assert math.copysign(1.0, found[1]) == 1.0


def test_compiled_and_plain_twin_agree():
    values = np.random.default_rng(1).normal(size=50)
    plain = np.empty(50)
    round_to_grid.py_func(values, 3, 100.0, SEED, np.uint64(2), plain)
    assert np.array_equal(plain, rounded(values, 2, start=3, number=2))
