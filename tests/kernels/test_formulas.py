"""The formulas of directions and rotations on numpy arrays: their law, exactly where quadrature is exact."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from kernels.kernels_oracle import NumpyNumbers

from synthmix.kernels.formulas import circle, direction, haar, lift, rotation

NUMBERS = NumpyNumbers()


def random_words(count, size, seed):
    return list(np.random.default_rng(seed).integers(0, 2**32, (count, size), dtype=np.uint32))


def to_words(u):
    return np.clip(np.rint(np.asarray(u) * 2.0**32 - 0.5), 0, 2**32 - 1).astype(np.uint32)


class WithoutRoots(NumpyNumbers):
    """A wrong construction: spacings as radii, scaled to length one all the same."""

    def __init__(self, s):
        self.left = (s + 1) // 2  # roots that are radii; the one after them belongs to the length

    def sqrt(self, x):
        self.left -= 1
        return x if self.left >= 0 else np.sqrt(x)


def quadrature(s):
    """Return words and weights that integrate polynomials over a direction in s = 2, 4 or 6 dimensions.

    Angles are evenly spaced; cuts are Gauss-Legendre nodes, for two of them in the triangle where the first is larger.
    """
    turns = (np.arange(8) + 0.5) / 8
    x, w = np.polynomial.legendre.leggauss(8)
    x, w = (x + 1) / 2, w / 2
    axes = [x] * (s // 2 - 1) + [turns] * (s // 2)
    weights = [w] * (s // 2 - 1) + [np.full(8, 1 / 8)] * (s // 2)
    nodes = [axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")]
    weight = np.prod([axis.ravel() for axis in np.meshgrid(*weights, indexing="ij")], axis=0)
    if s == 6:
        weight = 2 * weight * nodes[0]
        nodes[1] = nodes[0] * nodes[1]
    return [to_words(node) for node in nodes], weight


def moments_of(x, weight):
    """Return the largest errors of the moments of orders 1 to 4 against those of the uniform sphere."""
    s = len(x)
    pairs = list(combinations(range(s), 2))
    return {
        "first": max(abs(weight @ a) for a in x),
        "second": max(abs(weight @ a**2 - 1 / s) for a in x),
        "products": max(abs(weight @ (x[a] * x[b])) for a, b in pairs),
        "fourth": max(abs(weight @ a**4 - 3 / (s * (s + 2))) for a in x),
        "squares": max(abs(weight @ (x[a] * x[b]) ** 2 - 1 / (s * (s + 2))) for a, b in pairs),
        "skew": max(abs(weight @ (x[a] ** 3 * x[b])) for a, b in pairs),
    }


def test_sines_and_cosines_are_close_and_symmetric():
    turn = np.concatenate([(np.arange(200_000) + 0.5) / 200_000, 0.5 + np.geomspace(1e-12, 0.5, 1000)])
    cosine, sine = circle(turn)
    angle = [2 * math.pi * (t - 0.5) for t in turn]
    assert np.abs(cosine - [math.cos(a) for a in angle]).max() < 1.2e-10
    assert np.abs(sine - [math.sin(a) for a in angle]).max() < 1.2e-10
    assert np.abs(circle(turn + 1e-9)[1] - [math.sin(a) for a in angle]).max() > 1.2e-10


@pytest.mark.parametrize("s", [2, 4, 6])
def test_even_directions_have_the_moments_of_the_sphere_exactly(s):
    words, weight = quadrature(s)
    x = direction(NUMBERS, words, s)
    assert weight.sum() == pytest.approx(1.0, abs=1e-14)
    assert max(moments_of(x, weight).values()) < 1e-8  # cosines have an error of 1.2e-10, nodes one of 2**-33
    if s > 2:  # with two dimensions there is no radius
        wrong = direction(WithoutRoots(s), words, s)
        assert moments_of(wrong, weight)["fourth"] > 1e-3


@pytest.mark.parametrize("s", [2, 3, 4, 5])
def test_directions_have_the_moments_of_the_sphere(s):
    # At most 2 * 5 + 4 * 10 means of 400,000 draws of numbers whose size is at most 1 and whose spread is at most
    # 1 / sqrt(s); 5.8 standard errors: false-alarm rate below 4e-7 for each s.
    size = 400_000
    x = direction(NUMBERS, random_words(s + 1, size, s), s)
    weight, bound = np.full(size, 1 / size), 5.8 / math.sqrt(s * size)
    assert max(moments_of(x, weight).values()) < bound
    if s > 2:
        wrong = direction(WithoutRoots(s), random_words(s + 1, size, s), s)
        assert max(moments_of(wrong, weight).values()) > 3 * bound


@pytest.mark.parametrize("s", [1, 2, 3, 4, 5, 8, 11, 30])
def test_directions_have_length_one(s):
    words = random_words(max(s + s % 2 - 1, 1), 2000, s)
    extremes = [np.array([0, 0, 2**32 - 1, 2**32 - 1, 2**31], np.uint32)] * len(words)
    for drawn in (words, extremes):
        x = np.array(direction(NUMBERS, drawn, s))
        assert np.abs((x**2).sum(axis=0) - 1).max() < 1e-14
    assert s == 1 or np.abs((x * (1 + 1e-13)) ** 2).sum(axis=0).max() > 1 + 1e-14


def test_lift_is_the_helmert_basis():
    for s in (1, 2, 5, 11):
        basis = np.zeros((s, s + 1))
        for a in range(1, s + 1):
            basis[a - 1, :a] = 1 / math.sqrt(a * (a + 1))
            basis[a - 1, a] = -a / math.sqrt(a * (a + 1))
        assert np.abs(basis @ basis.T - np.eye(s)).max() < 1e-14
        x = np.random.default_rng(s).normal(size=s)
        assert np.array(lift(list(x))) == pytest.approx(x @ basis, abs=1e-14)
        assert np.array(lift(list(x[::-1]))) != pytest.approx(x @ basis, abs=1e-3) or s == 1


@pytest.mark.parametrize("k", [2, 3, 4, 6, 9, 12])
def test_rotations_are_orthogonal_and_fix_the_ones(k):
    words = random_words(sum(s + s % 2 for s in range(1, k)), 500, k)
    q = np.array(rotation(NUMBERS, words, k)).transpose(2, 0, 1)
    assert np.abs(q @ q.transpose(0, 2, 1) - np.eye(k)).max() < 1e-13
    assert np.abs(q.sum(axis=1) - 1).max() < 1e-13
    assert np.abs(q.sum(axis=2) - 1).max() < 1e-13
    o = np.array(haar(NUMBERS, words, k - 1)).transpose(2, 0, 1)
    assert np.abs(o.sum(axis=2) - 1).max() > 0.1  # what is not lifted does not fix them
    assert np.abs(np.trace(q, axis1=1, axis2=2) - np.trace(o, axis1=1, axis2=2) - 1).max() < 1e-13


@pytest.mark.parametrize("k", [3, 4, 6])
def test_rotations_are_orthogonal_where_a_direction_is_the_first_axis(k):
    near = np.array([2**31 + a for a in (0, 1, -1, 5, -100, 10_000, 10**6, 10**8)] + [0, 2**32 - 1], np.uint32)
    q = np.array(rotation(NUMBERS, [near] * sum(s + s % 2 for s in range(1, k)), k)).transpose(2, 0, 1)
    assert np.abs(q @ q.transpose(0, 2, 1) - np.eye(k)).max() < 1e-13
    # Near the axis x and the mirror's image of the axis differ by far more than rounding: one of the two must be used.
    x = np.array(direction(NUMBERS, [near], 2))
    normal = x - np.array([[1.0], [0.0]])
    image = np.array([[1.0], [0.0]]) - normal * (2 * normal[0] / (normal**2).sum(axis=0))
    assert np.abs(image - x).max() > 1e-9


@pytest.mark.parametrize("k", [3, 4, 5])
def test_rotations_are_haar(k):
    # The trace t of a Haar matrix of k - 1 > 1 rows has E t = 0, E t^2 = 1, E t^4 = 3, its square has mean trace 1,
    # and half of the determinants are -1. Five means of 100,000, 5.8 standard errors: false-alarm rate 4e-8 each k.
    size = 100_000
    o = np.array(haar(NUMBERS, random_words(sum(s + s % 2 for s in range(1, k)), size, k + 50), k - 1))
    t = np.einsum("iig->g", o)
    found = {
        "t": (t, 0.0),
        "t2": (t**2, 1.0),
        "t4": (t**4, 3.0),
        "square": (np.einsum("ijg,jig->g", o, o), 1.0),
        "determinant": (np.linalg.det(o.transpose(2, 0, 1)), 0.0),
    }
    for name, (values, expected) in found.items():
        assert abs(values.mean() - expected) < 5.8 * values.std() / math.sqrt(size), name
    proper = t[found["determinant"][0] > 0] ** 2  # without reflections the square of the trace is no longer right
    assert k != 3 or abs(proper.mean() - 1.0) > 5.8 * proper.std() / math.sqrt(proper.size)
