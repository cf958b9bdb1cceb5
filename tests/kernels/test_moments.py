"""Moments in one and two passes agree with exact arithmetic, at any offset."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from synthmix.kernels.moments import cell_products, merge_moments, update_moments


def exact(rows):
    """Mean and comoment in rational arithmetic."""
    n, d = rows.shape
    columns = [[Fraction(float(v)) for v in rows[:, a]] for a in range(d)]
    means = [sum(c) / n for c in columns]
    comoment = [
        [
            float(sum((x - means[a]) * (y - means[b]) for x, y in zip(columns[a], columns[b], strict=True)))
            for b in range(d)
        ]
        for a in range(d)
    ]
    return np.array([float(m) for m in means]), np.array(comoment)


def one_pass(rows, parts):
    d = rows.shape[1]
    n, mean, comoment = 0.0, np.zeros(d), np.zeros((d, d))
    for part in np.array_split(rows, parts):
        if part.size:
            n = update_moments(np.ascontiguousarray(part), n, mean, comoment)
    return n, mean, comoment


@pytest.mark.parametrize("offset", [0.0, 1e4, 1e8])
@pytest.mark.parametrize("parts", [1, 3, 700])
def test_offsets_cost_no_digits(offset, parts):
    rows = np.random.default_rng(0).normal(size=(700, 3)) @ np.array([[1, 0.5, 0], [0, 1, 2], [0, 0, 1]]) + offset
    mean, comoment = exact(rows)
    n, got_mean, got = one_pass(rows, parts)
    assert n == 700
    # A mean near 1e8 is known to 1e-8; when blocks are merged, differences of means carry that into comoments.
    np.testing.assert_allclose(got, comoment, rtol=1e-8 if offset == 1e8 else 1e-11, atol=offset * 1e-14)
    np.testing.assert_allclose(got_mean, mean, rtol=1e-14, atol=1e-14)
    if offset == 1e8:
        naive = (rows**2).sum(axis=0) - rows.shape[0] * rows.mean(axis=0) ** 2
        assert not np.allclose(naive, np.diag(comoment), rtol=1e-3)  # the textbook formula fails here


def test_merge_equals_one_piece():
    rows = np.random.default_rng(1).gamma(2.0, size=(1000, 4))
    n1, m1, c1 = one_pass(rows[:300], 1)
    n2, m2, c2 = one_pass(rows[300:], 1)
    assert merge_moments(n1, m1, c1, n2, m2, c2) == 1000
    np.testing.assert_allclose(m1, rows.mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(c1 / 1000, np.cov(rows.T, ddof=0), rtol=1e-12)
    assert merge_moments(n1 + n2, m1, c1, 0.0, m2, c2) == 1000


def test_cell_products_equal_a_loop():
    rng = np.random.default_rng(2)
    rows, starts = rng.normal(size=(50, 3)), np.array([0, 7, 30, 50])
    deviation = rows.copy()
    diagonal, square = np.zeros((3, 3)), np.zeros((3, 3))
    for a, b in pairwise(starts):
        deviation[a:b] -= deviation[a:b].mean(axis=0)
        within = np.cov(rows[a:b].T, ddof=0)
        diagonal += (b - a) * np.outer(np.diag(within), np.diag(within))
        square += (b - a) * within**2
    got_diagonal, got_square = np.empty((3, 3)), np.empty((3, 3))
    cell_products(deviation, starts, got_diagonal, got_square)
    np.testing.assert_allclose(got_diagonal, diagonal, rtol=1e-12)
    np.testing.assert_allclose(got_square, square, rtol=1e-12)
