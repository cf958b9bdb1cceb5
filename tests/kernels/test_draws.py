"""Words as arrays are those of the kernels, unit by unit; integers and ties made of them."""

from __future__ import annotations

import numpy as np
import pytest
from kernels.kernels_oracle import fill_uniform, philox_block

from synthmix.kernels.draws import below, random_keys, tie_keys, units_of, words_of, words_of_unit
from synthmix.kernels.philox import SHUFFLE, STORE, TIES, WEIGHTS

SEED = 2**63 + 20240601


def block(unit, purpose, number, seed=SEED):
    counter = np.array([unit % 2**32, unit >> 32, int(purpose), number], np.uint64)
    return philox_block(counter, np.array([seed % 2**32, seed >> 32], np.uint64)).tolist()


def test_words_are_those_of_each_unit():
    start = 2**32 - 3
    words = words_of(SEED, start, 6, WEIGHTS, 2**31 + 5)
    assert words.T.tolist() == [block(start + i, WEIGHTS, 2**31 + 5) for i in range(6)]
    assert words.T.tolist() != [block(start + i, WEIGHTS, 2**31 + 4) for i in range(6)]
    assert words_of(SEED, 0, 0, WEIGHTS, 0).shape == (4, 0)


def test_units_are_those_of_the_kernels():
    words, u = words_of(SEED, 9, 500, WEIGHTS, 2), np.empty(500)
    fill_uniform(np.uint64(SEED), 9, WEIGHTS, np.uint64(2), u)
    assert np.array_equal(units_of(words[0], words[1]), u)
    assert [((int(a) >> 5) * 2**26 + (int(b) >> 6)) / 2**53 for a, b in words[:2].T] == u.tolist()
    assert not np.array_equal(units_of(words[1], words[0]), u)
    top = np.full(1, 2**32 - 1, np.uint32)
    assert units_of(top, top)[0] == 1 - 2.0**-53


def test_words_of_a_unit_are_its_first_block():
    words = words_of_unit(SEED, 5, SHUFFLE)
    assert words.tolist() == block(5, SHUFFLE, 0)
    assert words.dtype == np.uint32
    assert not np.isin(words, words_of_unit(SEED, 6, SHUFFLE)).any()


@pytest.mark.parametrize("n", [1, 2, 1000, 2**32 - 1])
def test_integers_are_the_top_of_a_product(n):
    drawn = set()
    for unit in range(50):
        a, b, _, _ = block(unit, SHUFFLE, 2)
        drawn.add(below(n, np.uint32(a), np.uint32(b)))
        assert below(n, np.uint32(a), np.uint32(b)) == (a * 2**32 + b) * n // 2**64
    assert n < 2 or len(drawn) > 1


def test_keys_are_words_of_64_bits():
    keys = random_keys(SEED, 300, STORE)
    assert keys.tolist() == [a * 2**32 + b for a, b, _, _ in (block(unit, STORE, 0) for unit in range(300))]
    assert keys.tolist() != random_keys(SEED + 1, 300, STORE).tolist()


def test_tie_keys_belong_to_row_and_column():
    rows = np.array([7, 3, 100_007, 0], dtype=np.int64)
    keys = tie_keys(SEED, rows, 4)
    for row, key in zip(rows, keys, strict=True):
        one = np.empty(1)
        fill_uniform(np.uint64(SEED), int(row), TIES, np.uint64(4), one)
        assert one[0] == key
    assert np.unique(keys).size == rows.size
    assert not np.isin(tie_keys(SEED, rows, 5), keys).any()
    assert tie_keys(SEED, rows[:0], 4).size == 0
