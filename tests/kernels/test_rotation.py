"""Every rotation is orthogonal and fixes the ones; entries have the declared moments; neighbours do not matter."""

from __future__ import annotations

import math

import numpy as np
import pytest
from kernels.kernels_oracle import NumpyNumbers, unbatched, words_of_units

from synthmix.kernels.formulas import rotation
from synthmix.kernels.philox import ROTATION
from synthmix.kernels.records import BATCH, USUAL
from synthmix.kernels.rotation import any_rotations, usual_rotations, words_of_rotation
from synthmix.kernels.unrolled import words_needed
from synthmix.weights import Rotation

SEED = np.uint64(2**64 - 5)
SIZES = [*range(3, 13), 17, 24, 32, 39, 40]


def any_of(units, k, strength=1.0):
    q = np.full(units.size * k * k, np.nan)
    any_rotations(SEED, units, units.size // BATCH, k, strength, q)
    return unbatched(q, k, k)


def usual_of(units, k):
    q = np.full(units.size * k * k, np.nan)
    usual_rotations(SEED, units, units.size // BATCH, k, q)
    return unbatched(q, k, k)


def formula_of(units, k):
    words = words_of_units(SEED, units, ROTATION, words_of_rotation(k) // 4)
    return np.array(rotation(NumpyNumbers(), words, k)).transpose(2, 0, 1)


def units_of(batches, first=0):
    return first + np.arange(batches * BATCH, dtype=np.int64)


@pytest.mark.parametrize("k", range(3, USUAL + 1))
def test_usual_rotations_equal_the_formula_bit_for_bit(k):
    units = np.concatenate([units_of(20), units_of(2, 2**40), units_of(1)[::-1]])
    expected = formula_of(units, k)
    assert np.array_equal(usual_of(units, k), expected)
    assert not np.array_equal(usual_of(units + 1, k), expected)


@pytest.mark.parametrize("k", range(3, 13))
def test_any_rotations_equal_the_formula(k):
    units = np.concatenate([units_of(8), units_of(2, 2**40)])
    expected = formula_of(units, k)
    assert np.abs(any_of(units, k) - expected).max() < 1e-14
    assert np.abs(any_of(units + 1, k) - expected).max() > 0.1


def test_words_of_a_rotation_are_counted_alike():
    for k in range(3, 65):
        assert words_of_rotation(k) == -(-words_needed(k) // 4) * 4


@pytest.mark.parametrize("k", SIZES)
@pytest.mark.parametrize("strength", [1.0, 0.25, 0.1])
def test_orthogonal_and_fixes_the_ones(k, strength):
    makers = [lambda units: any_of(units, k, strength)]
    if k <= USUAL and strength == 1.0:
        makers.append(lambda units: usual_of(units, k))
    for make in makers:
        q = make(units_of(10 if k > USUAL else 1000))  # thousands, so that some directions are near the axis
        for matrix in (q, q.transpose(0, 2, 1)):
            assert np.abs(matrix @ matrix.transpose(0, 2, 1) - np.eye(k)).max() < 1e-13
            assert np.abs(matrix.sum(axis=2) - 1).max() < 1e-13
        wrong = q * (1 + 1e-12)
        assert np.abs(wrong @ wrong.transpose(0, 2, 1) - np.eye(k)).max() > 1e-13


@pytest.mark.parametrize("k", SIZES)
@pytest.mark.parametrize("strength", [0.1, 0.25, 0.7])
def test_below_full_strength_the_trace_is_constant(k, strength):
    q = any_of(units_of(4), k, strength)
    expected = 1 - strength * (1 - 1 / k)
    assert np.abs(np.einsum("gii->g", q) / k - expected).max() < 1e-13
    if k % 2:  # then every diagonal entry is
        assert np.abs(np.einsum("gii->gi", q) - expected).max() < 1e-13
    assert np.abs(np.einsum("gii->g", any_of(units_of(4), k, strength * 0.99)) / k - expected).min() > 1e-4


@pytest.mark.parametrize("k", [3, 4, 5, 6, 8])
def test_the_mean_of_full_rotations_is_the_average(k):
    # k^2 means of 16,000 entries whose standard deviation is at most sqrt(1/k): 5.8 standard errors, below 5e-7 for
    # the five k together.
    units = units_of(1000, 10**6)
    bound = 5.8 / math.sqrt(k * units.size)
    for q in [any_of(units, k)] + ([usual_of(units, k)] if k <= USUAL else []):
        assert np.abs(q.mean(axis=0) - 1 / k).max() < bound
    partial = any_of(units, k, 0.5)
    assert np.abs(partial.mean(axis=0) - 1 / k).max() > 3 * bound


@pytest.mark.parametrize("k", [3, 4, 5, 8])
@pytest.mark.parametrize("strength", [0.25, 0.5, 1.0])
def test_row_moments_are_those_of_the_law(k, strength):
    # Three means of 20,000 matrices against closed forms, 5.5 standard errors: false-alarm rate 4e-8 each.
    q = any_of(units_of(1250), k, strength)
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


@pytest.mark.parametrize("k", [3, 4, 6, 7])
def test_a_group_is_the_same_in_any_batch(k):
    units, rng = units_of(6, 50), np.random.default_rng(k)
    order = rng.permutation(units.size)
    makers = [lambda named: any_of(named, k), lambda named: any_of(named, k, 0.3)]
    makers += [lambda named: usual_of(named, k)] if k <= USUAL else []
    for make in makers:
        whole = make(units)
        assert np.array_equal(make(units[order]), whole[order])
        assert np.array_equal(make(np.repeat(units[7:8], BATCH)), np.repeat(whole[7:8], BATCH, axis=0))
    assert np.unique(makers[0](units).reshape(units.size, -1), axis=0).shape[0] == units.size
