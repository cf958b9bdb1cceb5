"""Wasserstein distances against another program of optimal transport."""

from __future__ import annotations

import numpy as np
import pytest

from synthmix.drift.joint.sliced import sliced_wasserstein
from synthmix.drift.marginal.wasserstein import w1

ot = pytest.importorskip("ot")


def test_the_distance_of_a_column_is_the_cost_of_a_transport() -> None:
    """In units of the real robust scale, which the method says; other sizes on both sides."""
    random = np.random.Generator(np.random.Philox(0))
    x, y = random.gamma(2.0, size=157), random.gamma(2.5, size=211)
    scale = np.subtract(*np.quantile(x, (0.75, 0.25))) / 1.349
    for a, b in ((x, y), (x, y + 0.3), (x, 3.0 * y), (x, x[:100]), (x, random.permutation(y))):
        excess, raw = w1(a, b)
        np.testing.assert_allclose(raw.value, ot.emd2_1d(a, b, metric="euclidean") / scale, rtol=2e-3)
        ratio = ot.emd2_1d(a, b, metric="euclidean") / ot.emd2_1d(x, y, metric="euclidean")
        np.testing.assert_allclose(raw.value / w1(x, y)[1].value, ratio, rtol=1e-10)
        assert excess.value < raw.value


def test_the_mean_over_directions_is_theirs() -> None:
    """For the same directions; other directions give another number."""
    random = np.random.Generator(np.random.Philox(1))
    x, y = random.normal(size=(120, 4)), random.normal(size=(120, 4)) + 0.4
    vectors = random.normal(size=(4, 25))
    vectors /= np.linalg.norm(vectors, axis=0)
    own = sliced_wasserstein(x, y, vectors=vectors).value
    theirs = ot.sliced_wasserstein_distance(x, y, projections=vectors, p=1)
    np.testing.assert_allclose(own, theirs, rtol=1e-9)
    assert abs(own / sliced_wasserstein(x, y, vectors=vectors[:, :5]).value - 1.0) > 1e-3
