"""Directions of batches equal the formula bit for bit, whatever the batch."""

from __future__ import annotations

import math

import numpy as np
import pytest
from kernels.kernels_oracle import NumpyNumbers, words_of_units

from synthmix.kernels.compile import kernel
from synthmix.kernels.directions import batch_words, circle, fill_directions, lift, words_of_direction
from synthmix.kernels.formulas import direction
from synthmix.kernels.formulas import lift as lift_of
from synthmix.kernels.philox import WEIGHTS
from synthmix.kernels.records import BATCH

SEED = 2**63 + 77
SIZES = [*range(1, 13), 31, 32]


@kernel
def circles(words, cosine, sine):
    for i in range(words.size):
        cosine[i], sine[i] = circle(words[i])


@kernel
def needed(s):
    return words_of_direction(s)


def directions(words, s, first=0):
    x = np.full(BATCH * (s + 2), np.nan)
    fill_directions(words, first, s, x)
    return x[: BATCH * s].reshape(s, BATCH)


@pytest.mark.parametrize("s", SIZES)
def test_directions_equal_the_formula_bit_for_bit(s):
    count = needed(s)
    words = np.random.default_rng(s).integers(0, 2**32, (count + 3, BATCH), dtype=np.uint32)
    for first in (0, 3):
        expected = direction(NumpyNumbers(), list(words[first:]), s)
        assert np.array_equal(directions(words.ravel(), s, first), expected)
    assert not np.array_equal(directions(words.ravel(), s, 1), expected)


def test_words_of_a_direction_are_enough():
    for s in SIZES:
        pairs = (s + 1) // 2
        assert needed(s) == (1 if s == 1 else 2 * pairs - 1)
        words = list(np.random.default_rng(s).integers(0, 2**32, (needed(s), 4), dtype=np.uint32))
        base = np.array(direction(NumpyNumbers(), words, s))
        for j in range(needed(s)):  # and every one of them counts, but for the signs of one dimension
            changed = [word ^ np.uint32(2**31 + 1 if i == j else 0) for i, word in enumerate(words)]
            assert not np.array_equal(np.array(direction(NumpyNumbers(), changed, s)), base)


def test_angles_are_those_of_the_standard_library():
    words = np.concatenate([np.arange(0, 2**32, 2**15 + 1), [0, 1, 2**31 - 1, 2**31, 2**32 - 1]]).astype(np.uint32)
    cosine, sine = np.empty(words.size), np.empty(words.size)
    circles(words, cosine, sine)
    angle = [2 * math.pi * ((float(word) + 0.5) / 2**32 - 0.5) for word in words]
    assert np.abs(cosine - [math.cos(a) for a in angle]).max() < 1.2e-10
    assert np.abs(sine - [math.sin(a) for a in angle]).max() < 1.2e-10
    assert np.abs(cosine - [math.cos(a + 1e-9) for a in angle]).max() > 1.2e-10


def test_words_of_a_batch_are_those_of_its_units():
    units = np.array([5, 0, 2**33, *range(100, 100 + 2 * BATCH)], np.int64)
    for first, blocks in [(0, 1), (3, 2), (BATCH, 3)]:
        words = np.empty(4 * BATCH * blocks, np.uint32)
        batch_words(np.uint64(SEED), units, first, WEIGHTS, blocks, words)
        expected = words_of_units(SEED, units[first : first + BATCH], WEIGHTS, blocks)
        assert np.array_equal(words.reshape(-1, BATCH), expected)
        assert not np.array_equal(words.reshape(-1, BATCH), words_of_units(SEED, units[:BATCH] + 1, WEIGHTS, blocks))


@pytest.mark.parametrize("s", [1, 2, 5, 16])
def test_lift_equals_the_formula_wherever_its_numbers_stand(s):
    x = np.random.default_rng(s).normal(size=(s, BATCH))
    expected = lift_of(list(x))
    y, tail = np.full(BATCH * (s + 1), np.nan), np.empty(BATCH)
    lift(x.ravel(), 0, BATCH, s, y, 0, BATCH, tail)
    assert np.array_equal(y.reshape(s + 1, BATCH), expected)
    apart, found = np.full(BATCH * (2 * s + 1), np.nan), np.full(BATCH * (3 * s + 5), np.nan)
    apart.reshape(-1, BATCH)[1::2] = x
    lift(apart, BATCH, 2 * BATCH, s, found, 2 * BATCH, 3 * BATCH, tail)
    assert np.array_equal(found.reshape(-1, BATCH)[2::3], expected)
    assert np.isnan(found.reshape(-1, BATCH)[[0, 1]]).all()
