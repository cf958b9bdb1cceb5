"""Laws against every draw there is: small tables and few weights, so that expectations are finite sums."""

from itertools import permutations, product

import numpy as np
import pytest
from scipy import stats
from scipy.special import xlogy

from synthmix.collapse import laws
from synthmix.errors import OptionError
from synthmix.weights import Custom

REAL = np.array([[0.3, -1.0], [2.0, 0.4], [-0.7, 1.9]])


def squared(x):
    """Return m_aabb, m_aa m_bb and m_ab^2 of tables (..., n, 2), divisor n."""
    y = x - x.mean(axis=-2, keepdims=True)
    a, b = y[..., 0], y[..., 1]
    return np.stack([(a**2 * b**2).mean(-1), (a**2).mean(-1) * (b**2).mean(-1), (a * b).mean(-1) ** 2], axis=-1)


def every_mixture(table, weights):
    """Return all tables of as many rows that independent parents and these weights make, equally likely."""
    n = len(table)
    rows = np.array([w * table[i] + v * table[j] for w, v in weights for i in range(n) for j in range(n)])
    return rows[np.array(list(product(range(len(rows)), repeat=n)))]


@pytest.mark.parametrize("weights", [[[1.2, -0.2], [0.6, 0.4]], [[0.9, 0.1], [0.5, 0.5]]])
def test_products_of_two_columns_are_those_of_all_draws(weights):
    moments = Custom(weights=weights).moments()
    start = squared(REAL)
    path = laws.pair_path(moments, 3, 1, tuple(start))
    made = every_mixture(REAL, weights)
    assert len(made) == (2 * 9) ** 3
    np.testing.assert_allclose(path[1], squared(made).mean(axis=0), rtol=1e-12)
    other = laws.pair_path(Custom(weights=[[1.2, -0.2]]).moments(), 3, 1, tuple(start))  # the control
    assert np.abs(other[1] / path[1] - 1.0).max() > 0.02


def test_products_of_two_columns_over_two_generations_are_those_of_all_draws():
    weights = [[1.3, -0.3], [0.7, 0.3]]
    real = REAL[:2]
    first = every_mixture(real, weights)
    second = np.array([squared(every_mixture(table, weights)).mean(axis=0) for table in first])
    path = laws.pair_path(Custom(weights=weights).moments(), 2, 2, tuple(squared(real)))
    np.testing.assert_allclose(path[1], squared(first).mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(path[2], second.mean(axis=0), rtol=1e-12)


# --- rows turned towards a partner ---


def every_turn(table, delta, *, signed):
    """Return all tables that a circle in random order makes."""
    n, mean, cosine = len(table), table.mean(), 1.0 - delta
    y, sine = table - mean, np.sqrt(1.0 - cosine**2)
    signs = [np.array(s) for s in product((1.0, -1.0), repeat=n)] if signed else [np.ones(n)]
    made = []
    for order in permutations(range(n)):
        partner = np.empty(n, int)
        partner[list(order)] = np.roll(order, 1)
        made += [mean + cosine * y + sine * sign * y[partner] for sign in signs]
    return made


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("delta", [0.05, 0.4])
def test_turns_towards_a_partner_are_those_of_all_draws(delta, signed):
    real = np.array([0.3, -1.0, 2.6])
    unit = real.var(ddof=1)
    spread = laws.two_point_rotation_path(delta, 3, 2, signed=signed)
    centre = laws.two_point_rotation_mean_path(delta, 3, 2, signed=signed)
    tables = [real]
    for generation in (1, 2):
        tables = [new for table in tables for new in every_turn(table, delta, signed=signed)]
        made = np.array(tables)
        assert made.var(axis=1, ddof=1).mean() / unit == pytest.approx(spread[generation], rel=1e-12)
        shift = (made.mean(axis=1) - real.mean()) ** 2 / unit
        assert shift.mean() == pytest.approx(centre[generation], rel=1e-12, abs=1e-28)
        if not signed:
            assert shift.max() < 1e-28  # the mean stays in every draw
    other = laws.two_point_rotation_path(delta, 3, 2, signed=not signed)
    assert abs(other[2] - spread[2]) > 0.02  # the control


def test_printed_factor_of_turns():
    assert laws.two_point_rotation_path(0.05, 15, 1)[1] == pytest.approx(0.9576, abs=5e-5)
    with pytest.raises(OptionError, match=r"delta=1\.5 is no share"):
        laws.two_point_rotation_path(1.5, 15, 1)


# --- resampled levels ---


def entropies(share, n, generations):
    """Return E H in nats of generations 0, 1, ...: each level is a chain of binomial counts that is summed up."""
    counts = np.arange(n + 1)
    step = stats.binom.pmf(counts[None, :], n, counts[:, None] / n)
    part = -xlogy(counts / n, counts / n)
    found = []
    for _ in range(generations + 1):
        found.append(sum(float(part[round(n * p)]) for p in share))
        part = step @ part
    return np.array(found)


@pytest.mark.parametrize("share", [(0.5, 0.5), (0.2, 0.3, 0.5), (0.25, 0.25, 0.25, 0.25)])
def test_entropy_falls_as_in_all_draws(share):
    n, generations = 400, 4
    path = laws.entropy_path(len(share), n, generations)
    known = entropies(share, n, generations)
    np.testing.assert_allclose(path, known - known[0], rtol=0.015, atol=1e-14)  # of first order: g / n is 0.01
    assert laws.entropy_path(len(share) + 1, n, generations)[-1] < 1.2 * path[-1]  # the control
