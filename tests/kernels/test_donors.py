"""Donors of groups are permutations with the stated law."""

from itertools import permutations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from synthmix.kernels.donors import donors_of_group
from synthmix.kernels.records import LARGEST, SQUARED
from synthmix.kernels.rotation import rotation_matrix

U = np.uint64


@pytest.mark.parametrize("k", [3, 4, 5, 9])
def test_assignment_is_the_best_permutation(k):
    for i in range(100):
        q = rotation_matrix(k, 1.0, U(1), U(i))
        donor = donors_of_group(q, LARGEST, U(1), U(i))
        rows, columns = linear_sum_assignment(-q)
        assert q[range(k), donor].sum() == pytest.approx(q[rows, columns].sum(), abs=1e-12)
        if k <= 5:
            best = max(q[range(k), list(order)].sum() for order in permutations(range(k)))
            assert q[range(k), donor].sum() == pytest.approx(best, abs=1e-12)


def test_assignment_beats_the_identity_somewhere():
    q = rotation_matrix(5, 1.0, U(1), U(2))
    assert q[range(5), donors_of_group(q, LARGEST, U(1), U(2))].sum() > np.trace(q)


@pytest.mark.parametrize("k", [3, 4, 5, 8])
@pytest.mark.parametrize("strength", [0.2, 1.0])
def test_squared_rule_draws_permutations_with_squared_probabilities(k, strength):
    # 20,000 draws, k^2 frequencies, 5.5 standard errors: false-alarm rate below 3e-6 in all.
    q = rotation_matrix(k, strength, U(2), U(0))
    counts = np.zeros((k, k))
    for i in range(20_000):
        donor = donors_of_group(q, SQUARED, U(3), U(i))
        assert len(set(donor.tolist())) == k
        counts[range(k), donor] += 1
    frequency, expected = counts / 20_000, q**2
    error = np.sqrt(expected * (1 - expected) / 20_000) + 1e-9
    assert (np.abs(frequency - expected) <= 5.5 * error).all()
    wrong = np.abs(q) / np.abs(q).sum(axis=1, keepdims=True)
    assert not (np.abs(frequency - wrong) <= 5.5 * error).all()


@pytest.mark.parametrize("k", [64, 128, 256])
def test_donors_of_large_groups_are_permutations(k):
    # Rounding errors of the row sums leave lone fractional entries behind in groups as large as these.
    for i in range(3 if k == 256 else 25):
        q = rotation_matrix(k, 0.5, U(6), U(i))
        assert len(set(donors_of_group(q, SQUARED, U(6), U(i)).tolist())) == k
