"""Donors of rows and of groups: the stated probabilities, and permutations of the members."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from kernels.kernels_oracle import batched, fill_uniform, unbatched
from scipy.optimize import linear_sum_assignment

from synthmix.kernels.compile import kernel
from synthmix.kernels.donors import best_donors, random_donors, round_doubly_stochastic, squared_donors
from synthmix.kernels.philox import DONOR
from synthmix.kernels.records import BATCH
from synthmix.kernels.rotation import any_rotations

U = np.uint64


@kernel
def rounded(p, k, seed, first, units, counts):
    matrix = np.empty_like(p)
    for i in range(first, first + units):
        matrix[:] = p
        round_doubly_stochastic(matrix, k, seed, np.uint64(i))
        counts += matrix


def rotations(k, count, strength=1.0, seed=1):
    q = np.empty(count * k * k)
    any_rotations(U(seed), np.arange(count), count // BATCH, k, strength, q)
    return unbatched(q, k, k)


def best(q):
    chosen = np.full(q.shape[0] * q.shape[1], -1)
    best_donors(batched(q), q.shape[1], q.shape[0], chosen)
    return unbatched(chosen, q.shape[1], 1)[:, :, 0]


def drawn(q, units, seed=3, filled=None):
    chosen = np.full(q.shape[0] * q.shape[1], -1)
    random_donors(batched(q), q.shape[1], q.shape[0] if filled is None else filled, U(seed), units, chosen)
    return unbatched(chosen, q.shape[1], 1)[:, :, 0]


def totals(q, donor):
    return np.take_along_axis(q, donor[:, :, np.newaxis], axis=2).sum(axis=(1, 2))


def are_permutations(donor):
    return np.array_equal(np.sort(donor, axis=1), np.broadcast_to(np.arange(donor.shape[1]), donor.shape))


def assert_best(q):
    donor = best(q)
    assert are_permutations(donor)
    truth = [matrix[linear_sum_assignment(-matrix)].sum() for matrix in q]
    assert np.abs(totals(q, donor) - truth).max() < 1e-12
    return truth


@pytest.mark.parametrize("k", range(3, 10))
def test_best_donors_of_rotations_are_an_optimal_assignment(k):
    q = rotations(k, 2000)
    truth = assert_best(q)
    greedy = q.argmax(axis=2)  # the largest entry of each row is often no permutation; the identity is not the best
    assert are_permutations(greedy) == (k == 3)  # three rows are a circulant
    assert np.abs(np.einsum("gii->g", q) - truth).max() > 0.1
    if k <= 5:
        orders = list(permutations(range(k)))
        full = [max(matrix[range(k), order].sum() for order in orders) for matrix in q[:100]]
        assert np.abs(np.array(full) - truth[:100]).max() < 1e-12


@pytest.mark.parametrize("k", [3, 4, 6, 9])
def test_best_donors_with_ties_and_partial_rotations(k):
    rng = np.random.default_rng(k)
    assert_best(rng.integers(0, 3, (320, k, k)).astype(float))
    assert_best(np.zeros((BATCH, k, k)))
    assert_best(-rng.integers(0, 2, (320, k, k)).astype(float))
    assert_best(rotations(k, 320, 0.2))
    assert (best(np.broadcast_to(np.eye(k), (BATCH, k, k)).copy()) == np.arange(k)).all()


@pytest.mark.parametrize("k", [3, 4, 5, 8])
@pytest.mark.parametrize("strength", [0.2, 1.0])
def test_random_donors_have_squared_probabilities(k, strength):
    # 20,000 draws, k^2 frequencies, 5.5 standard errors, and 9 more for rare entries, whose counts are Poisson:
    # false-alarm rate below 5e-6 in all.
    q, size = rotations(k, BATCH, strength, 2)[3], 20_000
    donor = drawn(np.broadcast_to(q, (size, k, k)), np.arange(size))
    assert are_permutations(donor)
    frequency = np.array([np.bincount(donor[:, i], minlength=k) for i in range(k)]) / size
    allowed = 5.5 * np.sqrt(q**2 * (1 - q**2) / size) + 9 / size
    assert (np.abs(frequency - q**2) <= allowed).all()
    wrong = np.abs(q) / np.abs(q).sum(axis=1, keepdims=True)
    assert not (np.abs(frequency - wrong) <= allowed).all()


def test_one_cycle_is_rounded_by_one_uniform():
    # Two rows: a cycle of four entries. It goes up exactly when the first uniform says so, with probability p.
    for p in (0.1, 0.5, 0.9):
        u = np.empty(1)
        for unit in range(200):
            matrix = np.array([[p, 1 - p], [1 - p, p]])
            counts = np.zeros((2, 2))
            fill_uniform(U(9), unit, DONOR, U(0), u)
            rounded(matrix, 2, U(9), unit, 1, counts)
            assert counts.tolist() in ([[1, 0], [0, 1]], [[0, 1], [1, 0]])
            assert (counts[0, 0] == 1) == (u[0] < p)


@pytest.mark.parametrize("k", [3, 4, 6])
def test_rounding_has_the_right_expectation(k):
    # k^2 frequencies of 40,000 roundings, 5.5 standard errors, and 9 more for rare entries, whose counts are Poisson:
    # false-alarm rate below 5e-6 in all.
    p, counts = rotations(k, BATCH, seed=5)[0] ** 2, np.zeros((k, k))
    rounded(p, k, U(4), 0, 40_000, counts)
    assert np.array_equal(counts.sum(axis=0), np.full(k, 40_000))
    assert np.array_equal(counts.sum(axis=1), np.full(k, 40_000))
    allowed = 5.5 * np.sqrt(p * (1 - p) / 40_000) + 9 / 40_000
    assert (np.abs(counts / 40_000 - p) <= allowed).all()
    assert not (np.abs(counts / 40_000 - p.T) <= allowed).all()


@pytest.mark.parametrize("k", [64, 128, 256])
def test_donors_of_large_groups_are_permutations(k):
    # Rounding errors of the row sums leave lone fractional entries behind in groups as large as these.
    q = rotations(k, BATCH, 0.5, 6)
    count = 3 if k == 256 else BATCH
    assert are_permutations(drawn(q, np.arange(BATCH), 6, count)[:count])


def test_a_group_has_the_same_donors_in_any_batch():
    q, units = rotations(5, 64), np.arange(100, 164)
    order = np.random.default_rng(0).permutation(64)
    whole = drawn(q, units)
    assert np.array_equal(drawn(q[order], units[order]), whole[order])
    assert np.array_equal(drawn(q, units, filled=17)[:17], whole[:17])
    assert (drawn(q, units, filled=17)[17:] == -1).all()
    assert not np.array_equal(drawn(q, units + 1), whole)
    assert np.array_equal(best(q[order]), best(q)[order])


def test_donors_of_single_rows_have_squared_probabilities():
    # Three weights, 50,000 rows, 5.5 standard errors: false-alarm rate 2e-7; and row by row by the uniform itself.
    size, w = 50_000, np.array([0.9, -0.3, 0.4])
    parents, weights = np.empty((3, size), np.int64), np.broadcast_to(w[:, np.newaxis], (3, size)).copy()
    parents[:] = np.array([[10], [20], [30]])
    donors, u = np.empty(size, np.int64), np.empty(size)
    squared_donors(parents, weights, U(8), 2**32 - 100, donors)
    fill_uniform(U(8), 2**32 - 100, DONOR, U(0), u)
    share = w**2 / (w**2).sum()
    assert np.array_equal(donors, 10 * (1 + np.searchsorted(np.cumsum(share)[:2], u, side="right")))
    frequency = np.array([(donors == parent).mean() for parent in (10, 20, 30)])
    assert (np.abs(frequency - share) < 5.5 * np.sqrt(share * (1 - share) / size)).all()
    assert np.abs(frequency - np.abs(w) / np.abs(w).sum()).max() > 5.5 * math.sqrt(0.25 / size)
