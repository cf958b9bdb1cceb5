"""The decimals of a column, against the definition tried one number of decimals after another."""

from __future__ import annotations

import numpy as np
import pytest

from synthmix.table.decimals import MOST_DECIMALS, find_decimals, to_precision


def naive(values, precision):
    left = values
    for decimals in range(MOST_DECIMALS + 1):
        scale = 10.0**decimals
        if np.abs(values).max() * scale > 2.0 ** (precision - 2):
            return None
        left = left[to_precision(np.rint(left * scale) / scale, precision) != left]
        if not left.size:
            return decimals
    return None


@pytest.mark.parametrize("precision", [53, 24, 11])
@pytest.mark.parametrize("written", [0, 1, 2, 5, 9, 12, 15])
def test_decimals_equal_the_definition(precision, written):
    rng = np.random.default_rng(written)
    for size, scale in ((1, 1.0), (5, 100.0), (63, 1e-3), (64, 1.0), (65, 1e6), (1000, 3.0), (1000, 1e9)):
        values = to_precision(
            np.round(rng.normal(size=size) * min(scale, 1e3 if precision == 11 else scale), written), precision
        )
        assert find_decimals(values, precision) == naive(values, precision)


def test_one_value_among_many_decides():
    values = np.round(np.random.default_rng(0).normal(size=5000), 1)
    assert find_decimals(values) == 1
    values[4321] = 0.125
    assert find_decimals(values) == 3
    values[1234] = 1 / 3
    assert find_decimals(values) is None
    values[1234] = 2.0**52  # a large value leaves no room for decimals
    assert find_decimals(values) is None
    values[:] = np.arange(5000)
    values[77] = 0.5
    assert find_decimals(values) == 1


def test_values_that_overflow_have_no_decimals():
    assert find_decimals(np.array([1e308, 0.5])) is None
    assert find_decimals(np.array([])) == 0
