"""The numpy competitors compute what they claim."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.speed import numpy_copula, numpy_mixing
from benchmarks.speed.tables import mixed, numeric


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("rows", [1, 2_000, 4_321])
def test_plain_and_careful_mixing_agree(dtype: str, rows: int) -> None:
    X = numeric(500, 3).astype(dtype)
    draws = numpy_mixing.draw(500, rows, dtype)
    out, scratch = np.empty((rows, 3), dtype), np.empty((numpy_mixing.CHUNK, 3), dtype)
    plain = numpy_mixing.naive(X, draws)
    assert numpy_mixing.chunked(X, draws, out, scratch) is out
    assert plain.dtype == out.dtype == dtype
    np.testing.assert_allclose(out, plain, rtol=0, atol=8 * np.finfo(dtype).eps * np.abs(X).max())


@pytest.mark.parametrize("k", [3, 5, 8])
def test_rotations_are_orthogonal_and_fix_the_mean(k: int) -> None:
    Q = numpy_mixing.rotations(k, 50, "float64")
    np.testing.assert_allclose(Q @ Q.transpose(0, 2, 1), np.broadcast_to(np.eye(k), Q.shape), atol=1e-13)
    np.testing.assert_allclose(Q.sum(axis=2), 1.0, atol=1e-13)
    assert np.ptp(Q[:, 0, 0]) > 0


def test_rotation_keeps_the_covariance() -> None:
    X = numeric(500, 4)
    order = np.random.default_rng(0).permutation(500)
    rotated = numpy_mixing.rotate(X, order, numpy_mixing.rotations(5, 100, "float64"))
    np.testing.assert_allclose(np.cov(rotated.T), np.cov(X.T), rtol=1e-12)


def test_the_copula_keeps_ranges_and_rank_correlations() -> None:
    X = numeric(4_000, 6)
    made = numpy_copula.sample(numpy_copula.fit(X), 20_000)
    assert (made.min(axis=0) >= X.min(axis=0)).all()
    assert (made.max(axis=0) <= X.max(axis=0)).all()
    ranks = (np.corrcoef(rows.argsort(axis=0).argsort(axis=0).T) for rows in (X, made))
    np.testing.assert_allclose(*ranks, atol=0.08)


def test_the_mixed_table_is_what_the_readme_says() -> None:
    table = mixed(4_000)
    assert table.shape == (4_000, 16)
    assert [table[f"c{j}"].nunique() for j in range(4)] == [2, 5, 20, 50]
    assert np.abs(table.isna().mean() - 0.05).max() < 0.02
