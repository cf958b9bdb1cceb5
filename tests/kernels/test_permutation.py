"""The keyed permutation is a bijection for every n, can be inverted, and looks uniform."""

from collections import Counter

import numpy as np
import pytest
from scipy import stats

from synthmix.kernels.permutation import inverse_permutation, permutation, round_keys
from synthmix.kernels.philox import ARRANGE, SHUFFLE

U = np.uint64


def is_bijection(images):
    return np.array_equal(np.sort(images), np.arange(images.size))


def test_bijection_for_every_n_up_to_5000():
    for n in range(1, 5001):
        keys = round_keys(U(n), U(3), SHUFFLE)
        assert is_bijection(permutation(n, keys, U(0))), n
    assert not is_bijection(np.array([0, 0, 1]))


@pytest.mark.parametrize("power", range(3, 21))
@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_bijection_and_inverse_near_powers_of_two(power, shift):
    n = 2**power + shift
    keys = round_keys(U(99), U(power), ARRANGE)
    images = permutation(n, keys, U(17))
    assert is_bijection(images)
    assert np.array_equal(inverse_permutation(n, keys, U(17))[images], np.arange(n))


def test_keys_and_tweaks_give_other_permutations():
    keys, others = round_keys(U(1), U(0), SHUFFLE), round_keys(U(1), U(1), SHUFFLE)
    base = permutation(1000, keys, U(0))
    for other in (permutation(1000, others, U(0)), permutation(1000, keys, U(1))):
        assert (base == other).mean() < 0.02


def test_all_orders_of_four_are_equally_likely():
    # 24 cells, 24,000 draws; false-alarm rate 1e-6.
    draws = [tuple(permutation(4, round_keys(U(5), U(i), SHUFFLE), U(0))) for i in range(24_000)]
    counts = Counter(draws)
    assert len(counts) == 24
    assert stats.chisquare(list(counts.values())).pvalue > 1e-6
    skewed = [*list(counts.values())[1:], next(iter(counts.values())) * 1.3]
    assert stats.chisquare(np.array(skewed) / sum(skewed) * 24_000).pvalue < 1e-6


@pytest.mark.parametrize("n", [12, 257])
def test_neighbours_land_anywhere(n):
    # The difference of the images of 0 and 1 is uniform on 1 .. n - 1; false-alarm rate 1e-6 each.
    gaps = []
    for i in range(8000):
        images = permutation(n, round_keys(U(i), U(0), SHUFFLE), U(0))
        gaps.append((images[1] - images[0]) % n)
    assert stats.chisquare(np.bincount(gaps, minlength=n)[1:]).pvalue > 1e-6
