"""The order of a pass: a bijection that shuffles inside windows of 256, against plain Python integers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from synthmix.kernels.draws import words_of_unit
from synthmix.kernels.philox import SHUFFLE
from synthmix.kernels.windows import WINDOW, positions_of, rows_at

MASK = 2**32 - 1
LARGE = [2**16 - 1, 2**16, 100_003, 2**18 + 1]


def keys_of(seed):
    return words_of_unit(seed, 1, SHUFFLE)


def rows(n, turn, keys, start=0, m=None):
    found = np.full(n - start if m is None else m, -7, np.int64)
    rows_at(start, n, turn, keys, found)
    return found


def positions(asked, n, turn, keys, start, stop):
    at = np.full(len(asked), -7, np.int64)
    positions_of(np.asarray(asked, np.int64), n, turn, keys, start, stop, at)
    return at


def scrambled(word):
    word = ((word ^ (word >> 16)) * 0x85EBCA6B) & MASK
    word = ((word ^ (word >> 13)) * 0xC2B2AE35) & MASK
    return word ^ (word >> 16)


def naive_row(t, n, turn, keys, rounds=3):
    """Return the source row of position t, as the module says it in words."""
    window, point = divmod(t, 256)
    first, second = scrambled(window ^ int(keys[0])), scrambled(window ^ int(keys[1]))
    while True:
        for key in (first, first >> 16, second)[:rounds]:
            point = (point * (key % 256 | 1) + (key >> 8) % 256) % 256
            point ^= point >> 4
        if 256 * window + point < n:
            return (256 * window + point + turn) % n


def is_bijection(images):
    return np.array_equal(np.sort(images), np.arange(images.size))


def test_every_size_gives_a_bijection_and_its_inverse():
    for n in [*range(1, 1101), *LARGE]:
        keys, turn = keys_of(n), n * 7 // 11
        images = rows(n, turn, keys)
        assert is_bijection(images), n
        assert np.array_equal(positions(images, n, turn, keys, 0, n), np.arange(n)), n
    assert not is_bijection(np.array([0, 0, 1]))
    broken = positions(rows(1000, 5, keys_of(1)), 1000, 5, keys_of(2), 0, 1000)
    assert not np.array_equal(broken, np.arange(1000))  # other keys do not undo it


@pytest.mark.parametrize("n", [1, 2, 16, 100, 255, 256, 257, 700, 1024])
def test_rows_are_those_of_python_integers(n):
    for seed, turn in [(1, 0), (2, n - 1), (3, n // 2)]:
        keys = keys_of(seed)
        expected = [naive_row(t, n, turn, keys) for t in range(n)]
        assert rows(n, turn, keys).tolist() == expected
        assert n < 16 or expected != [naive_row(t, n, turn, keys, rounds=2) for t in range(n)]


def test_rows_far_beyond_are_those_of_python_integers():
    n = 2**31 - 2
    turn, keys = n - 12_345, keys_of(9)
    for start in (0, 2**20 + 5, 2**31 - 900, n - 300):
        found = rows(n, turn, keys, start, 300)
        assert found.tolist() == [naive_row(t, n, turn, keys) for t in range(start, start + 300)]
        assert np.array_equal(positions(found, n, turn, keys, start, start + 300), np.arange(300))


@pytest.mark.parametrize("n", [5, 256, 300, 1000, 2**16 + 3])
def test_slices_equal_the_whole_and_positions_are_cut(n):
    keys, turn = keys_of(n + 1), n // 3
    whole, rng = rows(n, turn, keys), np.random.default_rng(n)
    cuts = [(0, n), (n - 1, n), (n // 2, n // 2), *np.sort(rng.integers(0, n + 1, (30, 2))).tolist()]
    for a, b in cuts:
        assert np.array_equal(rows(n, turn, keys, a, b - a), whole[a:b])
        at = positions(whole, n, turn, keys, a, b)
        inside = (np.arange(n) >= a) & (np.arange(n) < b)
        assert np.array_equal(at, np.where(inside, np.arange(n) - a, -1))
    assert not np.array_equal(rows(n, turn, keys, 0, n - 1), whole[1:])


@pytest.mark.parametrize("n", [300, 1000, 5000])
def test_a_row_stays_in_its_window(n):
    images = rows(n, 77, keys_of(4))
    assert np.array_equal((images - 77) % n // WINDOW, np.arange(n) // WINDOW)
    assert not np.array_equal((images - 76) % n // WINDOW, np.arange(n) // WINDOW)


def test_keys_and_windows_give_other_orders():
    base = rows(4 * WINDOW, 0, keys_of(1)).reshape(4, WINDOW) % WINDOW
    other = rows(4 * WINDOW, 0, keys_of(2)).reshape(4, WINDOW) % WINDOW
    orders = [*base, *other]
    for a in range(8):
        assert (orders[a] == np.arange(WINDOW)).mean() < 0.05
        for b in range(a):
            assert (orders[a] == orders[b]).mean() < 0.05


@pytest.mark.parametrize(("n", "position"), [(256, 0), (256, 77), (1024, 700), (1024, 1023)])
def test_every_place_of_a_window_is_equally_likely(n, position):
    # 256 places, 51,200 keys, 4 settings: false-alarm rate 1e-6 each.
    images = np.array([rows(n, 0, keys_of(seed), position, 1)[0] for seed in range(51_200)]) % WINDOW
    counts = np.bincount(images, minlength=WINDOW)
    assert stats.chisquare(counts).pvalue > 1e-6
    skewed = np.bincount(np.where(images < 20, images // 2, images), minlength=WINDOW)
    assert stats.chisquare(skewed).pvalue < 1e-6
