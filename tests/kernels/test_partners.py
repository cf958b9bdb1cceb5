"""Places of parents against exact integers; words that would favour some places are rejected."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from kernels.kernels_oracle import fill_bounded
from scipy import stats

from synthmix.kernels.partners import draw_later, draw_places, run_along, step_over, to_rows
from synthmix.kernels.philox import ROW, fill_words

SEED = np.uint64(2**63 + 1)
AGAIN = 0x40000000


def places(words, size, first=0, number=1, without=0):
    words = np.asarray(words, np.uint32)
    drawn = np.full(words.size, -7, np.int64)
    draw_places(SEED, first, number, words, np.broadcast_to(np.int64(size), words.shape).copy(), without, drawn)
    return drawn


def naive_place(word, n, row, number):
    """Return the place in exact arithmetic: what is left of the words comes from a draw of its own."""
    if (word * n) % 2**32 >= 2**32 % n:
        return word * n >> 32
    one = np.empty(1, np.int64)
    fill_bounded(SEED, row, ROW, np.uint64(number + AGAIN), np.uint64(n), one)
    return int(one[0])


def words_in_doubt(n, count=40):
    """Return words whose product with n has a small remainder modulo 2**32, rejected ones among them."""
    firsts = [-(-(j * 2**32) // n) for j in np.linspace(0, n - 1, count).astype(int).tolist()]
    return [word + step for word in firsts for step in (-1, 0, 1) if 0 <= word + step < 2**32]


@pytest.mark.parametrize("n", [1, 2, 3, 5, 1000, 3 * 2**20 + 1, 2**31 + 1, 3 * 2**30, 2**32 - 1])
def test_places_are_those_of_exact_integers(n):
    words = words_in_doubt(n) + np.random.default_rng(n).integers(0, 2**32, 100).tolist()
    expected = [naive_place(word, n, 50 + i, 1) for i, word in enumerate(words)]
    assert places(words, n, first=50).tolist() == expected
    rejected = [(word * n) % 2**32 < 2**32 % n for word in words]
    power = n & (n - 1) == 0
    assert any(rejected) != power
    naive = [word * n >> 32 for word in words]
    assert power or naive != expected  # without rejection other places come out
    assert power or places(words, n, first=51).tolist() != expected  # the row counts


@pytest.mark.parametrize("n", [3, 7, 12, 100])
def test_accepted_words_are_shared_evenly_among_the_places(n):
    edges = [-(-(j * 2**32) // n) for j in range(n + 1)]  # words from edges[j] on have place j
    first = [sum((word * n) % 2**32 < 2**32 % n for word in (edge, edge + 1)) for edge in edges[:-1]]
    shares = {Fraction(edges[j + 1] - edges[j] - first[j]) for j in range(n)}
    assert len(shares) == 1  # the words that are accepted
    assert len({edges[j + 1] - edges[j] for j in range(n)}) > 1  # all words
    inside = [edges[j] + 2 for j in range(n)] + [edges[j + 1] - 1 for j in range(n)]
    assert places(inside, n).tolist() == [*range(n), *range(n)]


def test_rejected_words_are_drawn_anew_evenly():
    # 7 places, 70,000 rows whose word 0 is rejected: false-alarm rate 1e-6.
    drawn = places(np.zeros(70_000), 7, first=10**10)
    assert stats.chisquare(np.bincount(drawn, minlength=7)).pvalue > 1e-6
    assert np.bincount(drawn * 0, minlength=7).max() == 70_000  # what word 0 would have given


@pytest.mark.parametrize("size", [1, 2, 9])
def test_places_without_one_are_one_fewer(size):
    words = np.random.default_rng(1).integers(0, 2**32, 500)
    drawn = places(words, size, without=1)
    assert set(drawn.tolist()) == set(range(max(size - 1, 1)))
    assert np.array_equal(drawn, places(words, max(size - 1, 1)))


def test_compiled_and_plain_twin_agree():
    words = np.array(words_in_doubt(1000, 5), np.uint32)
    size, plain = np.full(words.size, 1000), np.empty(words.size, np.int64)
    draw_places.py_func(SEED, 3, 1, words, size, 0, plain)
    assert np.array_equal(plain, places(words, 1000, first=3))


def test_stepping_over_gives_every_pair_of_places_once():
    for size in range(2, 8):
        taken, drawn = (axis.ravel() for axis in np.meshgrid(np.arange(size), np.arange(size - 1), indexing="ij"))
        moved = drawn.copy()
        step_over(np.full(moved.size, size), taken, moved)
        found = set(zip(taken.tolist(), moved.tolist(), strict=True))
        assert found == {(a, b) for a in range(size) for b in range(size) if a != b}
        assert set(zip(taken.tolist(), drawn.tolist(), strict=True)) != found
    alone = np.zeros(1, np.int64)
    step_over(np.ones(1, np.int64), np.zeros(1, np.int64), alone)
    assert alone[0] == 0


def test_later_parents_differ_and_are_the_first_fresh_draws():
    m, k, first = 400, 5, 2**32 - 50
    size = np.random.default_rng(2).integers(1, 9, m)
    parents = np.zeros((k, m), np.int64)
    parents[0] = np.arange(m) % size
    parents[1] = (parents[0] + 1) % size
    for j in range(2, k):
        draw_later(SEED, first, j, size, parents)
    repeats = 0
    for i in range(m):
        taken = parents[:2, i].tolist()
        for j in range(2, k):
            if size[i] <= j:
                assert parents[j, i] == 0
                continue
            number, one = j, np.empty(1, np.int64)
            while True:
                fill_bounded(SEED, first + i, ROW, np.uint64(number), np.uint64(size[i]), one)
                if one[0] not in taken:
                    break
                number, repeats = number + 2**16, repeats + 1
            assert parents[j, i] == one[0]
            taken.append(int(one[0]))
    assert repeats > 100


def test_running_along_a_cell():
    shifts = np.array([[0, 2, 3], [0, 1, 4]])
    cell, size, place = np.array([0, 1, 1, 0]), np.array([4, 6, 6, 4]), np.array([3, 5, 0, 0])
    parents = np.empty((3, 4), np.int64)
    run_along(shifts, cell, size, place, parents)
    assert parents.T.tolist() == [[3, 1, 2], [5, 0, 3], [0, 1, 4], [0, 2, 3]]
    to_rows(np.arange(10) * 7, np.array([0, 4, 10]), cell, parents)
    assert parents.T.tolist() == [[21, 7, 14], [63, 28, 49], [28, 35, 56], [0, 14, 21]]


def test_words_of_rows_are_spread_evenly_over_a_cell():
    # Places 0 .. 9 of words that rows really have, 50,000 rows: false-alarm rate 1e-6.
    words = np.empty((4, 50_000), np.uint32)
    fill_words(SEED, 0, ROW, np.uint64(0), words)
    counts = np.bincount(places(words[1], 10), minlength=10)
    assert stats.chisquare(counts).pvalue > 1e-6
    assert stats.chisquare(np.bincount(places(words[1] // 16 * 15, 10), minlength=10)).pvalue < 1e-6
