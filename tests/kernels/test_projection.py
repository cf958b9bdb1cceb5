"""The parts of a split, each against a plain computation."""

import numpy as np
import pytest

from synthmix.kernels.compile import kernel
from synthmix.kernels.intrinsics import dot
from synthmix.kernels.projection import _normal, _ordered, name_of, row_of, select


@kernel
def dots(weights, array, out):
    for i in range(out.size):
        out[i] = dot(weights, array, i)


@kernel
def keys_of(values, out):
    for i in range(values.size):
        out[i] = _ordered(values[i], np.int64(i))


@kernel
def names_and_back(rows, key, names, back):
    for i in range(rows.size):
        names[i] = name_of(rows[i], key)
        back[i] = row_of(names[i], key)


@kernel
def deviates(words, out):
    for i in range(words.size):
        out[i] = _normal(words[i])


def in_eights(weights, array):
    """The sum that `dot` promises: eight partial sums, then halves onto each other."""
    total = np.zeros((len(array), 8), array.dtype)
    for c in range(0, array.shape[1] - 7, 8):
        total += weights[c : c + 8] * array[:, c : c + 8]
    for half in (4, 2, 1):
        total = total[:, :half] + total[:, half:]
    return total[:, 0]


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("columns", [0, 1, 7, 8, 9, 24, 101])
def test_dot_adds_in_the_promised_order(kind, columns):
    rng = np.random.default_rng(0)
    weights, array = rng.normal(size=columns).astype(kind), rng.normal(size=(500, columns)).astype(kind)
    out = np.empty(500, kind)
    dots(weights, array, out)
    assert np.array_equal(out, in_eights(weights, array))
    whole = columns // 8 * 8
    if columns == 101:  # another order gives other bits
        assert not np.array_equal(out, np.add.accumulate(weights[:whole] * array[:, :whole], axis=1)[:, -1])


def test_keys_have_the_order_of_values_then_of_names():
    values = np.array([3.0, -1e-30, 0.0, -2.5, 1e30, 3.0, 0.0, -2.5, 1e-42, -np.inf, np.inf])
    keys = np.empty(values.size, np.int64)
    keys_of(values, keys)
    assert np.array_equal(np.argsort(keys), np.argsort(values, kind="stable"))
    assert np.array_equal(keys & 0xFFFFFFFF, np.arange(values.size))


def test_names_are_a_bijection():
    rng = np.random.default_rng(1)
    rows = np.concatenate([np.arange(50_000), 2**32 - 1 - np.arange(50_000)]).astype(np.uint64)
    names, back = np.empty_like(rows), np.empty_like(rows)
    for key in rng.integers(0, 2**32, 5).astype(np.uint64):
        names_and_back(rows, key, names, back)
        assert np.array_equal(back, rows)
        assert np.unique(names).size == rows.size
        assert names.max() < 2**32
        assert not np.array_equal(names, rows)


def test_deviates_are_nearly_normal():
    sums = np.arange(1021)  # of four bytes; the law is that of the sum
    words = sum(np.clip(sums - 255 * j, 0, 255).astype(np.uint64) << np.uint64(8 * j) for j in range(4))
    z = np.empty(sums.size)
    deviates(words, z)
    two = np.convolve(np.full(256, 1 / 256), np.full(256, 1 / 256))
    law = np.convolve(two, two)
    mean = law @ z
    variance, fourth = law @ (z - mean) ** 2, law @ (z - mean) ** 4
    assert abs(mean) < 0.004
    assert abs(variance - 1) < 0.001
    assert abs(fourth / variance**2 - 3) < 0.001
    assert np.abs(z).min() > 0.003
    assert (np.diff(z) > 0).all()
    uncorrected = sums - mean
    assert abs(law @ (uncorrected - 510) ** 4 / (law @ (uncorrected - 510) ** 2) ** 2 - 3) > 0.2


@pytest.mark.parametrize("size", [2, 3, 4, 5, 17, 1000])
@pytest.mark.parametrize("arrangement", ["random", "up", "down", "organ"])
def test_selection_is_a_partition(size, arrangement):
    rng = np.random.default_rng(2)
    places = {
        "random": rng.permutation(size),
        "up": np.arange(size),
        "down": np.arange(size)[::-1],
        "organ": np.argsort(np.abs(np.arange(size) - size // 2), kind="stable"),
    }[arrangement]
    for middle in {0, 1, size // 3, size // 2, size - 1, size}:
        keys = np.concatenate([[-7], places * 3, [-5]]).astype(np.int64)
        select(keys, 1, size + 1, middle + 1)
        assert keys[0] == -7
        assert keys[-1] == -5
        assert set(keys[1 : middle + 1]) == set(range(0, 3 * middle, 3))
        assert set(keys[1:-1]) == set(range(0, 3 * size, 3))
