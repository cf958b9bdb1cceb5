"""Mixed rows against naive numpy in the documented order of operations, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from kernels.passes_oracle import cells_of, pass_of, source_of

from synthmix.kernels.intrinsics import STREAMED
from synthmix.kernels.mix import CACHED, larger_first, mix_pairs, mix_several
from synthmix.kernels.two_points import BLOCK, mix_two_points, mix_two_points_by_columns
from synthmix.mixing.blocks import plan_block
from synthmix.weights import Beta, EpBeta, Uniform

KINDS = [np.float64, np.float32]
N, M = 90, 47
NOBODY = np.empty(0, np.int64)
THROUGH = False  # the caches


def source_for(p, kind, offset=0.0):
    return (np.random.default_rng(p).normal(size=(N, p)) + offset).astype(kind)


def plan_for(k, seed=0):
    """Return parents and weights (k, M) whose sums are one; some rows are copies and some weights are equal."""
    rng = np.random.default_rng(seed)
    parents, weights = rng.integers(0, N, (k, M)), rng.normal(size=(k, M))
    weights[-1] = 1.0 - weights[:-1].sum(axis=0)
    weights[:, :5] = 0.0
    weights[np.arange(5) % k, np.arange(5)] = 1.0
    weights[:, 5:8] = 1.0 / k
    return parents, weights


def pairs(source, parents, weights, *, past=False, soon=NOBODY):
    out = np.full((parents.shape[1], source.shape[1]), np.nan, source.dtype)
    plan = parents.ravel().copy(), weights.ravel().copy()
    larger_first(source, *plan)
    mix_pairs(source, *plan, np.asarray(soon), past, out)
    return out


def several(source, parents, weights, *, centred=True, soon=NOBODY):
    out = np.full((parents.shape[1], source.shape[1]), np.nan, source.dtype)
    mix_several(source, parents.ravel(), weights.ravel(), parents.shape[0], np.asarray(soon), centred, out)
    return out


def mixed(source, parents, weights):
    return (pairs if parents.shape[0] == 2 else several)(source, parents, weights)


def naive_several(source, parents, weights, *, centred):
    kind, rows = source.dtype.type, []
    for i in range(parents.shape[1]):
        base = int(np.argmax(weights[:, i])) if centred else 0
        total = x = source[parents[base, i]]
        for j in range(parents.shape[0]):
            if j != base:
                total = total + kind(weights[j, i]) * (source[parents[j, i]] - x)
        rows.append(total)
    return np.array(rows, kind)


def naive_pairs(source, parents, weights):
    first = weights[0] >= weights[1]
    base, other = np.where(first, parents[0], parents[1]), np.where(first, parents[1], parents[0])
    w = np.where(first, weights[1], weights[0]).astype(source.dtype)[:, np.newaxis]
    return source[base] + w * (source[other] - source[base])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("p", range(1, 34))
def test_pairs_equal_naive_numpy(p, kind):
    source, (parents, weights) = source_for(p, kind), plan_for(2, p)
    expected = naive_pairs(source, parents, weights)
    for soon in (NOBODY, [3], [N - 1, 40]):  # what is asked for early changes nothing
        assert np.array_equal(pairs(source, parents, weights, soon=soon), expected)
    if source.shape[1] * source.itemsize % STREAMED == 0:
        assert np.array_equal(pairs(source, parents, weights, past=True), expected)
    plain = weights[0].astype(kind)[:, np.newaxis] * source[parents[0]]
    plain += weights[1].astype(kind)[:, np.newaxis] * source[parents[1]]
    assert not np.array_equal(plain, expected)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("p", range(1, 34))
@pytest.mark.parametrize("k", [3, 5, 11])
def test_several_equal_naive_numpy(k, p, kind):
    source, (parents, weights) = source_for(p, kind), plan_for(k, p)
    results = []
    for centred in (True, False):
        expected = naive_several(source, parents, weights, centred=centred)
        for soon in (NOBODY, [5], [N - 1] * k):
            assert np.array_equal(several(source, parents, weights, centred=centred, soon=soon), expected)
        results.append(expected)
    assert not np.array_equal(*results)  # the base matters to the last bits


def test_the_larger_weight_comes_first_and_equal_ones_stay():
    source, (parents, weights) = source_for(3, np.float64), plan_for(2, 4)
    first, sorted_weights = parents.ravel().copy(), weights.ravel().copy()
    larger_first(source, first, sorted_weights)
    swapped = weights[0] < weights[1]
    assert 0 < swapped.sum() < M
    assert (weights[0, 5:8] == weights[1, 5:8]).all()
    assert np.array_equal(first.reshape(2, M), np.where(swapped, parents[::-1], parents))
    assert np.array_equal(sorted_weights.reshape(2, M), np.where(swapped, weights[::-1], weights))


def test_the_naive_order_notices_a_fused_product():
    source, (parents, weights) = source_for(9, np.float64), plan_for(2, 1)
    wide = naive_pairs(source.astype(np.longdouble), parents, weights.astype(np.longdouble)).astype(np.float64)
    assert not np.array_equal(wide, naive_pairs(source, parents, weights))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("k", [2, 3, 7])
def test_copies_are_bit_exact_and_equal_values_stay_equal(k, kind):
    source, (parents, weights) = source_for(6, kind, 1e6), plan_for(k)
    source[:, 2], source[:, 3] = kind(0.1), kind(1e-40 if kind == np.float32 else 5e-324)
    out = mixed(source, parents, weights)
    own = parents[np.arange(5) % k, np.arange(5)]
    assert np.array_equal(out[:5], source[own])
    assert (out[:, 2] == source[0, 2]).all()
    assert (out[:, 3] == source[0, 3]).all()
    plain = sum(weights[j].astype(kind)[:, np.newaxis] * source[parents[j]] for j in range(k))
    assert not (plain[:, 2] == source[0, 2]).all()


@pytest.mark.parametrize("k", [2, 4])
def test_a_large_offset_costs_no_digits(k):
    (parents, weights), whole = plan_for(k), np.random.default_rng(0).integers(-1000, 1000, (N, 4)).astype(float)
    near = mixed(whole, parents, weights)
    far = mixed(whole + 2.0**50, parents, weights) - 2.0**50
    assert np.abs(far - near).max() <= 0.125 * k  # the spacing of doubles there is a quarter; one rounding for each sum
    plain = sum(weights[j][:, np.newaxis] * (whole + 2.0**50)[parents[j]] for j in range(k)) - 2.0**50
    assert np.abs(plain - near).max() > 0.125 * k


def pair_plan(n, p, kind, scheme, law=None):
    """Return what kernels for pairs of one cell take first, of it last the source; then the pass and the law."""
    cells = cells_of([n])
    source = source_of(cells, law or EpBeta(), scheme, p=p, dtype=kind)
    step, data = pass_of(source, cells)
    distance = int(step.shifts[0, 1]) if scheme == "cyclic" else 0
    table = data.u, data.q, data.guide, int(data.offsets[1]) - 2
    return (step.seed, step.first_row, step.turn, step.keys, distance, *table, source.latent), step, data


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scheme", ["anchor", "cyclic"])
@pytest.mark.parametrize("law", [Uniform(), EpBeta(), Beta()])
@pytest.mark.parametrize("n", [2, 5, 300, 3 * BLOCK + 77])
def test_two_points_at_once_equal_plan_and_mixing(n, law, scheme, kind):
    plan, step, data = pair_plan(n, 5, kind, scheme, law)
    expected = mixed(plan[-1], *plan_block(step, data, 0, n))
    for a, b in [(0, n), (n - 1, n), (n // 3, n // 3), (n // 3, n), (0, min(n, BLOCK + 1)), (1, min(n, 2 * BLOCK))]:
        out = np.full((b - a, 5), np.nan, kind)
        mix_two_points(*plan, a, THROUGH, out)
        assert np.array_equal(out, expected[a:b])
    assert n < 300 or not np.array_equal(expected[: n // 2], expected[n - n // 2 :])


@pytest.mark.parametrize("past", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("start", "stop"), [(0, 0), (7, 8), (0, 2 * BLOCK), (3, 2 * BLOCK + 4), (11, 5 * BLOCK + 1)])
def test_pairs_by_columns_are_the_same_rows(start, stop, kind, past):
    plan, _, _ = pair_plan(6 * BLOCK, 5, kind, "cyclic")
    rows, at = np.empty((stop - start, 5), kind), 3
    mix_two_points(*plan, start, THROUGH, rows)
    columns = np.full((5, at + stop - start + 2), -7.0)
    mix_two_points_by_columns(*plan, start, stop, at, past, columns)
    assert np.array_equal(columns[:, at:-2], rows.T)
    assert (np.delete(columns, np.s_[at:-2], axis=1) == -7).all()
    assert stop - start < 2 or not np.array_equal(columns[:, at], columns[:, at + 1])


@pytest.mark.parametrize("scheme", ["anchor", "cyclic"])
def test_pairs_of_a_large_source_are_asked_for_ahead_and_stay_the_same(scheme):
    n, p = 2 * BLOCK + 50, 1100
    plan, step, data = pair_plan(n, p, np.float64, scheme)
    assert plan[-1].nbytes > CACHED
    out = np.full((n, p), np.nan)
    mix_two_points(*plan, 0, THROUGH, out)
    assert np.array_equal(out, pairs(plan[-1], *plan_block(step, data, 0, n)))
