"""The row law of group rotations, and the expected largest weight on the sphere."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, special
from weights.weights_oracle import (
    failed_checks,
    fields_of,
    fixed_first_nodes,
    full_sphere_nodes,
    haar,
    jacobi,
    one_per_cent_off,
    planes,
    sphere_nodes,
    statistics,
    wrong_fields,
)

from synthmix.weights import Rotation, Sphere
from synthmix.weights.largest_weight import certainly_largest, expected_max_given_first
from synthmix.weights.sphere_moments import normal_maximum

PLANES = {  # p_3 / p_4 of the reference, simulated there to about .0005
    3: [(0.826, 0.768), (0.653, 0.537), (0.556, 0.407), (0.625, 0.500)],
    4: [(0.807, 0.751), (0.626, 0.536), (0.538, 0.458), (0.600, 0.536)],
    5: [(0.788, 0.727), (0.565, 0.470), (0.400, 0.328), (0.415, 0.382)],
    8: [(0.767, 0.704), (0.518, 0.430), (0.318, 0.271), (0.297, 0.287)],
    16: [(0.748, 0.680), (0.469, 0.375), (0.220, 0.174), (0.156, 0.157)],
}


def cosine_of(k, strength):
    return 1 - strength if k % 2 else 1 - strength * (k - 1) / (k - 2)


@pytest.mark.parametrize("k", PLANES)
@pytest.mark.parametrize("column", range(4))
def test_reference_table_of_partial_rotations(k, column):
    strength = (0.1, 0.25, 0.5, 0.75)[column]
    moments = Rotation(k, strength).moments()
    assert (moments.p3, moments.p4) == pytest.approx(PLANES[k][column], abs=1e-3)
    assert moments.mean[0] == pytest.approx(1 - strength * (1 - 1 / k), abs=1e-13)


@pytest.mark.parametrize("strength", [0.01, 0.1, 0.3, 0.5, 0.9])
def test_three_rows_are_a_circulant_with_a_fixed_angle(strength):
    t = np.arccos(1 - strength)
    own = (1 + 2 * np.cos(t)) / 3
    sides = [(1 - np.cos(t) + sign * np.sqrt(3) * np.sin(t)) / 3 for sign in (-1, 1)]
    w = np.array([[own, sides[0], sides[1]], [own, sides[1], sides[0]]])
    moments = Rotation(3, strength).moments()
    truth = fields_of(w, np.array([0.5, 0.5]))
    assert wrong_fields(moments, truth, 1e-13) == []
    assert wrong_fields(Rotation(3, 0.99 * strength).moments(), truth) == list(truth)
    assert moments.p3 == pytest.approx((7 + 2 * np.cos(3 * t)) / 9, abs=1e-14)
    assert moments.p4 == pytest.approx((19 + 8 * np.cos(3 * t)) / 27, abs=1e-14)
    assert moments.expected_max == pytest.approx(w.max(), abs=1e-14)


def test_three_rows_fully_rotated_are_a_circulant_with_a_uniform_angle():
    t = 2 * np.pi * np.arange(360) / 360
    w = (1 + 2 * np.cos(t[:, None] + 2 * np.pi * np.arange(3) / 3)) / 3
    moments = Rotation(3).moments()
    assert wrong_fields(moments, fields_of(w, np.full(360, 1 / 360)), 1e-13) == []
    assert moments.expected_max == pytest.approx(1 / 3 + np.sqrt(3) / np.pi, abs=1e-14)


@pytest.mark.parametrize("k", [4, 6, 8])
@pytest.mark.parametrize("strength", [0.1, 0.4, 0.8])
def test_even_groups_against_the_law_given_the_axis(k, strength):
    """Average over the fixed axis v = (v_i, v_j), and given v over the row of the skew part, entry by entry."""
    ct = cosine_of(k, strength)
    st2, z = 1 - ct**2, 1 - 1 / k
    # v_i = sqrt(z) x ; v_j is -1/(k-1) of it plus an independent direction in the plane that is left.
    nodes, share = sphere_nodes(k - 1, 5)
    h = np.sqrt(z) * nodes
    vi = h[:, 0]
    vj = -vi / (k - 1) + np.sqrt(1 - 1 / (k - 1) ** 2) * h[:, 1]
    own = 1 / k + vi**2 + ct * (z - vi**2)
    base = (1 / k + vi * vj) * (1 - ct)
    room = (z - vi**2) * (z - vj**2) - (1 / k + vi * vj) ** 2
    s2, s4 = room / (k - 3), 3 * room**2 / ((k - 3) * (k - 1))
    p3 = share @ (own**3 + (k - 1) * (base**3 + 3 * base * st2 * s2))
    p4 = share @ (own**4 + (k - 1) * (base**4 + 6 * base**2 * st2 * s2 + st2**2 * s4))
    moments = Rotation(k, strength).moments()
    assert (moments.p3, moments.p4) == pytest.approx((p3, p4), abs=1e-12)
    assert Rotation(k, 0.99 * strength).moments().p3 != pytest.approx(p3, abs=1e-5)


@pytest.mark.parametrize(("k", "strength"), [(4, 0.3), (5, 0.6), (6, 0.5), (7, 0.2)])
def test_all_moments_against_nodes(k, strength):
    if k % 2:
        w, share = fixed_first_nodes(k, 1 - strength * (1 - 1 / k))
    else:
        u, p = jacobi(20, 0.5, (k - 2) / 2)  # the square of a coordinate of a unit vector in k-1 dimensions
        ct = cosine_of(k, strength)
        parts = [fixed_first_nodes(k, 1 / k + (1 - 1 / k) * (ct + (1 - ct) * square)) for square in u]
        w = np.concatenate([part[0] for part in parts])
        share = np.concatenate([weight * part[1] for weight, part in zip(p, parts, strict=True)])
    truth = fields_of(w, share)
    assert wrong_fields(Rotation(k, strength).moments(), truth) == []
    assert wrong_fields(Rotation(k, 0.99 * strength).moments(), truth) == list(truth)


@pytest.mark.parametrize(("k", "strength"), [(4, 0.4), (4, 0.9), (5, 0.7), (6, 0.6), (7, 0.2), (4, 1.0), (5, 1.0)])
def test_moments_against_matrices_from_a_qr_decomposition(k, strength):
    """Matrices are independent; rows of one are not, so a replicate is the mean of a statistic over its rows.

    False-alarm rate 1e-7 for each of six statistics and seven settings.
    """
    rng = np.random.default_rng(61)
    q = haar(k, 40_000, rng) if strength == 1.0 else planes(k, cosine_of(k, strength), 40_000, rng)
    np.testing.assert_allclose(q @ q.transpose(0, 2, 1), np.broadcast_to(np.eye(k), q.shape), atol=1e-12)
    np.testing.assert_allclose(q.sum(axis=2), 1.0, atol=1e-12)
    moments = Rotation(k, strength).moments()

    def by_matrix(rows):
        return {name: values.mean(axis=1) for name, values in statistics(rows).items()}

    assert failed_checks(moments, by_matrix(q)) == []
    off = by_matrix(one_per_cent_off(q))
    assert {"c", "p3", "p4", "B", "expected_max"} <= set(failed_checks(moments, off))
    squares = {"p4": q[:, 0, 0] ** 4 + np.sum(q[:, 0, 1:] ** 4, axis=1)}
    assert failed_checks(moments, squares) == []


@pytest.mark.parametrize(("k", "strength"), [(4, 0.4), (5, 0.7)])
def test_matrix_of_moments_against_a_sample(k, strength):
    """False-alarm rate 1e-7 for each of 2 k^2 entries."""
    q = planes(k, cosine_of(k, strength), 60_000, np.random.default_rng(62))[:, 0, :]
    moments = Rotation(k, strength).moments()
    for power, declared in ((1, moments.second), (2, moments.squares)):
        products = q[:, :, None] ** power * q[:, None, :] ** power
        error = np.abs(products.mean(axis=0) - declared)
        allowed = 5.33 * products.std(axis=0) / np.sqrt(len(q)) + 1e-12
        assert np.all(error <= allowed)
        off = one_per_cent_off(q)
        shifted = (off[:, :, None] ** power * off[:, None, :] ** power).mean(axis=0)
        assert np.any(np.abs(shifted - declared) > allowed)


@pytest.mark.parametrize("k", [3, 4, 5, 8, 16, 32, 64])
def test_full_rotation_has_the_row_law_of_the_sphere(k):
    rotation, sphere = Rotation(k).moments(), Sphere(k).moments()
    assert wrong_fields(rotation, {name: getattr(sphere, name) for name in ("mean", "second", "squares", "p3")}) == []
    assert rotation.p3 == pytest.approx((3 * k - 2) / k**2, abs=1e-14)


SPHERE = {  # E p_3 and E p_4 of the reference, printed to four digits
    3: (0.7778, 0.7037),
    4: (0.6250, 0.5500),
    5: (0.5200, 0.4560),
    6: (0.4444, 0.3915),
    8: (0.3438, 0.3073),
    12: (0.2361, 0.2165),
    16: (0.1797, 0.1676),
    32: (0.0918, 0.0884),
    64: (0.0464, 0.0455),
}


@pytest.mark.parametrize("k", SPHERE)
def test_reference_table_of_the_sphere(k):
    moments = Sphere(k).moments()
    assert (moments.p3, moments.p4) == pytest.approx(SPHERE[k], abs=5.1e-5)


@pytest.mark.parametrize(
    ("k", "delta", "p3", "p4"),
    [
        (3, 0.05, 0.864625, 0.8195),
        (4, 0.05, 0.862222, 0.819340),
        (8, 0.05, 0.859459, 0.817569),
        (3, 0.1, 0.757, 0.676),
    ],
)
def test_reference_values_of_the_sphere_with_a_fixed_top(k, delta, p3, p4):
    moments = Sphere(k, top=1 - delta).moments()
    assert (moments.p3, moments.p4) == pytest.approx((p3, p4), abs=1e-12 if k == 3 else 5.1e-7)
    assert moments.label_noise == pytest.approx(delta, abs=1e-15)


@pytest.mark.parametrize("k", [4, 5, 6, 9, 16, 33, 64, 100])
def test_largest_weight_given_the_first_averages_to_the_normal_order_statistic(k):
    """Over the whole sphere E max w is also 1/k + sqrt(1-1/k) E max g / E chi, from a normal vector g."""
    inner = np.arccos([np.sqrt((k - r) / (r * (k - 1.0))) for r in range(2, k)])
    angles = np.concatenate([[0.0], inner, np.linspace(inner[-1], np.pi, 9)[1:]])
    x, weight = np.polynomial.legendre.leggauss(24)
    s = 0.25 * np.pi * (x + 1.0)
    span = np.diff(angles)[:, None]
    theta = angles[:-1, None] + span * np.sin(s) ** 2
    density = np.sin(theta) ** (k - 3) * span * np.sin(2 * s) * weight
    first = 1 / k + (1 - 1 / k) * np.cos(theta)
    average = np.sum(density * expected_max_given_first(k, first)) / np.sum(density)
    assert average == pytest.approx(Sphere(k).moments().expected_max, abs=1e-10)
    assert average != pytest.approx(np.sum(density * first) / np.sum(density), abs=1e-2)


def test_largest_weight_of_four_given_the_first():
    """The other three are on a circle: their largest is b + r sqrt(2/3) cos(angle), angle uniform on (0, pi/3)."""
    for first in (0.26, 0.4, 0.55, 0.62, 0.7):
        b = (1 - first) / 3
        reach = np.sqrt((1 - first**2 - 3 * b * b) * 2 / 3)
        kink = np.arccos(np.clip((first - b) / reach, 0.5, 1.0))
        free, _ = integrate.quad(lambda t, b=b, reach=reach: b + reach * np.cos(t), 0.0, kink, epsabs=1e-14)
        truth = (free + first * (np.pi / 3 - kink)) * 3 / np.pi
        found = expected_max_given_first(4, np.array([first]))[0]
        assert found == pytest.approx(truth, abs=1e-13)
        assert found != pytest.approx(1.01 * truth, abs=1e-3)


def test_largest_weight_of_five_given_the_first():
    """The other four are a tetrahedron's vertices seen from a uniform direction: integrate over 24 small triangles."""

    def triangle(phi, first, b, reach):
        low = np.sqrt(np.cos(phi) ** 2 / (2 + np.cos(phi) ** 2))  # least cosine to the nearest vertex
        meet = np.clip((first - b) / reach, low, 1.0)
        return first * (meet - low) + b * (1 - meet) + reach * (1 - meet**2) / 2

    for first in (0.2, 0.35, 0.5, 0.6, 0.69):
        b = (1 - first) / 4
        reach = np.sqrt((1 - first**2 - 4 * b * b) * 0.75)
        total, _ = integrate.quad(triangle, 0, np.pi / 3, args=(first, b, reach), epsabs=1e-13, limit=400)
        found = expected_max_given_first(5, np.array([first]))[0]
        assert found == pytest.approx(total * 24 / (4 * np.pi), abs=1e-10)


def test_from_which_value_the_first_weight_is_certainly_the_largest():
    for k in (3, 4, 7, 50):
        least = certainly_largest(k)
        first = np.array([least - 0.01, least, least + 0.01])
        excess = expected_max_given_first(k, first) - first
        assert excess[0] > 1e-12 or k > 7  # with many parents the chance is beyond the doubles
        assert np.all(np.abs(excess[1:]) < 1e-13)
        rest = (1 - 2 * least) / (k - 2)
        assert 2 * least**2 + (k - 2) * rest**2 == pytest.approx(1.0, abs=1e-14)


@pytest.mark.parametrize(
    ("k", "value"), [(1, 0.0), (2, 1 / np.sqrt(np.pi)), (3, 1.5 / np.sqrt(np.pi)), (5, 1.1629644736)]
)
def test_expected_maximum_of_normals(k, value):
    assert normal_maximum(k) == pytest.approx(value, abs=1e-10)
    truth, _ = integrate.quad(
        lambda x: x * k * np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi) * special.ndtr(x) ** (k - 1), -12, 12, epsabs=1e-13
    )
    assert normal_maximum(k) == pytest.approx(truth, abs=1e-12)


def test_large_groups_are_quick_and_consistent():
    moments = Rotation(255, 0.7).moments()
    assert moments.expected_max >= moments.mean[0]
    assert moments.second.sum() == pytest.approx(1.0, abs=1e-12)
    assert moments.squares.sum() == pytest.approx(1.0, abs=1e-12)


def test_nodes_of_the_oracle_lie_on_the_sphere():
    for w, share in (full_sphere_nodes(5), fixed_first_nodes(5, 0.8)):
        np.testing.assert_allclose(w.sum(axis=1), 1.0, atol=1e-14)
        np.testing.assert_allclose(np.sum(w**2, axis=1), 1.0, atol=1e-13)
        assert share.sum() == pytest.approx(1.0, abs=1e-14)
