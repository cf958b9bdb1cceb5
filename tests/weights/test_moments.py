"""What moments say about rows: skewness, kurtosis, preservation, and the theorem that nothing keeps everything."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from synthmix.errors import OptionError
from synthmix.weights import (
    Beta,
    Custom,
    Dirichlet,
    EpBeta,
    Hybrid,
    Rotation,
    Sphere,
    Uniform,
    WeightMoments,
    largest_delta,
)
from synthmix.weights.moments import mixture, padded

LEAST = 1e-9


@pytest.mark.parametrize(
    ("law", "c", "largest", "skewness", "slope", "added"),
    [
        (Beta(0.1), 0.9167, 0.9416, 0.9970, 1.0088, 0.0775),
        (Beta(0.2), 0.8571, 0.8988, 0.9901, 1.0065, 0.1225),
        (Beta(0.4), 0.7778, 0.8398, 0.9719, 0.9860, 0.1611),
        (Uniform(), 0.6667, 0.7500, 0.9186, 0.9000, 0.1500),
        (Beta(2.0), 0.6000, 0.6875, 0.8607, 0.7937, 0.0952),
    ],
)
def test_reference_table_of_standard_laws(law, c, largest, skewness, slope, added):
    moments = law.moments()
    found = (moments.c, moments.expected_max, moments.skewness_factor())
    assert found == pytest.approx((c, largest, skewness), abs=5.1e-5)
    assert moments.kurtosis(0.0) == pytest.approx(added, abs=5.1e-5)
    assert moments.kurtosis(1.0) - moments.kurtosis(0.0) == pytest.approx(slope, abs=5.1e-5)


@pytest.mark.parametrize(("a", "b"), [(0.3, 0.3), (2.0, 5.0), (1e-8, 1e-8), (0.01, 70.0)])
def test_covariance_factor_of_beta(a, b):
    s = a + b
    assert Beta(a, b).moments().c == pytest.approx(1 - 2 * a * b / (s * (s + 1)), abs=1e-14)
    q2 = a * (a + 1) * b * (b + 1) / (s * (s + 1) * (s + 2) * (s + 3))
    assert Beta(a, b).moments().squares[0, 1] == pytest.approx(q2, abs=1e-14)


def test_expected_maximum_of_beta_to_ten_digits():
    assert Beta(0.1).moments().expected_max == pytest.approx(0.9415756949, abs=1e-10)


DISTRIBUTIONS = {
    "skewed": (np.array([-1.0, 0.5, 3.0]), np.array([0.5, 0.4, 0.1])),
    "heavy": (np.array([-4.0, 0.0, 4.0, 5.0]), np.array([0.05, 0.8, 0.1, 0.05])),
}


def _standardised(values, share):
    centred = values - share @ values
    m2, m3, m4 = (share @ centred**r for r in (2, 3, 4))
    return m2, m3 / m2**1.5, m4 / m2**2 - 3.0


@pytest.mark.parametrize("name", DISTRIBUTIONS)
@pytest.mark.parametrize("rows", [[[0.9, 0.1], [1.3, -0.3]], [[0.7, 0.5, -0.2], [1.1, -0.4, 0.3], [0.2, 0.2, 0.6]]])
def test_maps_of_skewness_and_kurtosis_by_enumeration(name, rows):
    values, share = DISTRIBUTIONS[name]
    law = Custom(rows)
    parents = list(itertools.product(range(len(values)), repeat=law.k))
    mixed = np.array([np.dot(w, values[list(ids)]) for w in rows for ids in parents])
    chance = np.array([np.prod(share[list(ids)]) / len(rows) for _ in rows for ids in parents])
    before, after = _standardised(values, share), _standardised(mixed, chance)
    moments = law.moments()
    assert after[0] == pytest.approx(moments.c * before[0], rel=1e-12)
    assert after[1] == pytest.approx(moments.skewness_factor() * before[1], rel=1e-11)
    assert after[2] == pytest.approx(moments.kurtosis(before[2]), rel=1e-11)
    off = Custom(1 / law.k + 1.01 * (np.array(rows) - 1 / law.k)).moments()
    assert after[2] != pytest.approx(off.kurtosis(before[2]), rel=1e-5)


def test_many_generations_repeat_one():
    moments = EpBeta().moments()
    value = 0.4
    for generation in range(5):
        assert moments.kurtosis(0.4, generation) == pytest.approx(value, rel=1e-12)
        value = moments.kurtosis(value)
    path = [moments.kurtosis(0.0, g) for g in (1, 2, 5, 10)]
    assert path == pytest.approx([0.415, 0.858, 2.380, 5.704], abs=5.1e-4)
    assert Sphere(3).moments().skewness_factor(7) == pytest.approx((7 / 9) ** 7)


@pytest.mark.parametrize("generations", [-1, 1.5, True])
def test_generations_are_counted(generations):
    with pytest.raises(OptionError, match="is not a number of syntheses"):
        EpBeta().moments().kurtosis(0.0, generations)


@pytest.mark.parametrize(
    ("law", "kept"),
    [
        (Uniform(), {"mean"}),
        (Beta(0.2), {"mean"}),
        (Dirichlet(4), {"mean"}),
        (EpBeta(), {"mean", "covariance", "skewness"}),
        (Sphere(3), {"mean", "covariance"}),
        (Rotation(5, 0.25), {"mean", "covariance"}),
        (Hybrid(), {"mean", "covariance"}),
        (Custom([[1.0, 0.0], [0.0, 1.0]]), {"mean", "covariance", "skewness", "kurtosis"}),
    ],
)
def test_what_each_law_says_it_keeps(law, kept):
    moments = law.moments()
    found = {name: moments.preserves(name) for name in ("mean", "covariance", "skewness", "kurtosis")}
    assert {name for name, answer in found.items() if answer} == kept
    assert all(answer.reason and answer.name == name for name, answer in found.items())


def test_hybrid_keeps_its_target_and_moves_towards_it():
    for target, share, rate, skewness in ((1.0, 0.2718, 0.8873, 0.9014), (3.0, 0.4654, 0.9357, 0.9276)):
        law = Hybrid(kurtosis=target)
        moments = law.moments()
        assert (law.share, moments.p4, moments.skewness_factor()) == pytest.approx((share, rate, skewness), abs=5.1e-5)
        assert moments.preserves("kurtosis", kurtosis=target)
        assert not moments.preserves("kurtosis", kurtosis=1.01 * target)
        assert not moments.preserves("kurtosis")
        assert target - moments.kurtosis(0.0, 12) == pytest.approx(target * moments.p4**12, rel=1e-10)


def test_unknown_property():
    with pytest.raises(OptionError, match="'varince' is unknown; did you mean"):
        Uniform().moments().preserves("varince")
    with pytest.raises(OptionError, match="'spread' is unknown; choose from 'mean'"):
        Uniform().moments().preserves("spread")


def _laws():
    """Any law of the package, with parameters anywhere in their ranges."""
    rows = st.integers(2, 4).flatmap(
        lambda k: st.lists(st.lists(st.floats(-2, 2), min_size=k - 1, max_size=k - 1), min_size=1, max_size=4)
    )
    small, unit = st.floats(1e-3, 20), st.floats(0.001, 0.999)
    return st.one_of(
        st.builds(Beta, small, small),
        st.builds(lambda eps, part: EpBeta(part * largest_delta(eps, eps), eps), st.floats(0.01, 4), unit),
        st.builds(Dirichlet, st.integers(2, 9), small),
        st.builds(Sphere, st.integers(3, 40)),
        st.builds(Sphere, st.integers(3, 20), st.floats(0.75, 0.999)),
        st.builds(Rotation, st.integers(3, 12), st.floats(0.01, 1)),
        st.builds(Hybrid, st.floats(0.1, 50), st.floats(0.001, 0.06), k=st.integers(3, 8)),
        st.builds(lambda rows: Custom([[*row, 1 - sum(row)] for row in rows]), rows),
    )


@given(_laws())
def test_no_law_keeps_skewness_and_kurtosis_unless_it_copies(law):
    """Oracle: where E sum w^2 = 1 and E sum w^3 = 1, E sum w^4 >= 1 and the kurtosis grows."""
    moments = law.moments()
    copies = moments.sum_w2_constant and abs(moments.p4 - 1.0) < LEAST
    keeps = [bool(moments.preserves(name)) for name in ("covariance", "skewness", "kurtosis")]
    assert copies or not all(keeps)
    if keeps[0] and keeps[1]:
        assert moments.p4 >= 1.0 - 1e-7
        assert max(1.0, moments.p4) - 1e-7 <= moments.B
        assert moments.kurtosis(-1.9) >= -1.9 - 1e-6


def _least_fourth_moment(w, kurtosis, *, keep_skewness=True):
    """Return the least standardised fourth moment over all laws on the rows `w`, by linear programming.

    Covariance is kept, skewness too unless told otherwise; the source has excess kurtosis `kurtosis`.
    """
    p2, p3, p4 = (np.sum(w**r, axis=1) for r in (2, 3, 4))
    equal = [np.ones(len(w)), p2, p3] if keep_skewness else [np.ones(len(w)), p2]
    found = optimize.linprog(p4 * kurtosis + 3 * p2**2, A_eq=np.array(equal), b_eq=np.ones(len(equal)))
    assert found.status == 0
    return found.fun


@given(st.lists(st.lists(st.floats(-3, 3), min_size=2, max_size=2), max_size=12), st.floats(-2, 20))
def test_no_law_on_any_rows_keeps_covariance_skewness_and_kurtosis(rows, kurtosis):
    # Two-point rows on both sides of sum w^2 = 1 make sure that there are laws that keep covariance and skewness.
    w = np.array([[*row, 1 - sum(row)] for row in [*rows, [0.6, 0.4], [1.2, -0.2]]])
    assert _least_fourth_moment(w, kurtosis) > kurtosis + 3.0 - 1e-6


def test_giving_up_skewness_kurtosis_can_be_lowered():
    """The same programme without the skewness: three-point rows on the sphere have sum w^4 < 1."""
    t = np.linspace(0.1, 6.0, 40)
    sphere = (1 + 2 * np.cos(t[:, None] + 2 * np.pi * np.arange(3) / 3)) / 3
    w = np.concatenate([sphere, [[0.6, 0.4, 0.0], [1.2, -0.2, 0.0]]])
    assert _least_fourth_moment(w, 3.0, keep_skewness=False) < 3.0 + 3.0 - 0.5
    assert _least_fourth_moment(w, 3.0) > 3.0 + 3.0


def test_the_property_would_catch_a_law_that_claims_too_much():
    true = EpBeta().moments()
    lying = WeightMoments(true.mean, true.second, np.diag([0.5, 0.5]), 1.0, true.expected_max, 0.9)
    assert all(lying.preserves(name) for name in ("mean", "covariance", "skewness", "kurtosis"))
    assert not lying.sum_w2_constant


def test_arrays_cannot_be_changed():
    moments = EpBeta().moments()
    with pytest.raises(ValueError, match="read-only"):
        moments.second[0, 0] = 2.0


def test_mixture_and_padding():
    two, three = Custom([[0.9, 0.1], [1.3, -0.3]]), Custom([[0.2, 0.2, 0.6]])
    both = mixture(2 / 3, padded(two.moments(), 3), three.moments())
    rows = Custom([[0.9, 0.1, 0.0], [1.3, -0.3, 0.0], [0.2, 0.2, 0.6]]).moments()
    for name in ("mean", "second", "squares", "p3", "expected_max", "expected_squared_donor"):
        np.testing.assert_allclose(getattr(both, name), getattr(rows, name), atol=1e-15)
    assert not both.sum_w2_constant
    assert both.p4 == both.A


def test_displacement_from_the_donor_by_enumeration():
    law = Custom([[0.9, 0.1], [0.3, 0.7]])
    squares = [(1 - 0.9) ** 2 + 0.1**2, 0.3**2 + (1 - 0.7) ** 2]
    assert law.moments().displacement == pytest.approx(np.sqrt(np.mean(squares)), abs=1e-14)
