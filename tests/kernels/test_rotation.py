"""Every rotation is orthogonal and fixes the ones; its entries have the declared moments."""

import numpy as np
import pytest

from synthmix.kernels.philox import ROTATION
from synthmix.kernels.rotation import rotation_matrix
from synthmix.weights import Rotation

U = np.uint64
SIZES = [3, 4, 5, 6, 8, 9, 17, 32]
STRENGTHS = [0.1, 0.25, 0.5, 0.75, 1.0]


def deviation(q):
    k = q.shape[0]
    return max(np.abs(q @ q.T - np.eye(k)).max(), np.abs(q.sum(axis=1) - 1.0).max())


@pytest.mark.parametrize("k", SIZES)
@pytest.mark.parametrize("strength", STRENGTHS)
def test_orthogonal_and_fixes_the_ones(k, strength):
    assert ROTATION
    worst = max(deviation(rotation_matrix(k, strength, U(4), U(i))) for i in range(100))
    assert worst < 1e-12
    assert deviation(rotation_matrix(k, strength, U(4), U(0)) * 1.01) > 1e-3


@pytest.mark.parametrize("k", [1, 2])
def test_fewer_than_three_rows_are_left_alone(k):
    assert np.array_equal(rotation_matrix(k, 1.0, U(0), U(0)), np.eye(k))


@pytest.mark.parametrize("k", [3, 4, 5, 8])
@pytest.mark.parametrize("strength", [0.25, 0.5, 1.0])
def test_row_moments_are_those_of_the_law(k, strength):
    # Three means of 20,000 matrices against closed forms, 5.5 standard errors: false-alarm rate 4e-8 each.
    q = np.array([rotation_matrix(k, strength, U(8), U(i)) for i in range(20_000)])
    moments = Rotation(k, strength).moments()
    measured = {
        "own weight": (q[:, range(k), range(k)].mean(axis=1), moments.mean[0]),
        "p3": ((q**3).sum(axis=2).mean(axis=1), moments.p3),
        "p4": ((q**4).sum(axis=2).mean(axis=1), moments.p4),
    }
    for name, (values, expected) in measured.items():
        error = values.std() / np.sqrt(values.size)
        assert abs(values.mean() - expected) <= 5.5 * error + 1e-12, name
        assert abs(values.mean() * 1.1 - expected) > 5.5 * error, f"{name}: the check is blind"
