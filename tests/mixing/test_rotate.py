"""Rotated passes: by groups and row by row give the bits of the sum that the documentation names."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from kernels.passes_oracle import cells_of, pass_of, source_of

from synthmix.kernels.records import BATCH
from synthmix.mixing.blocks import locate
from synthmix.mixing.rotate import mix_by_groups, plan_groups, rotations
from synthmix.weights import Rotation

CELLS = {
    "one": ([1003], False),
    "small": ([*range(1, 12)], False),
    "many": ([40, 3, 251, 7, 1, 90], False),
    "leaves": ([5, 6, 7, 8, 9, 11, 5, 300], True),
}
CASES = [("one", 5, 1.0), ("one", 3, 0.25), ("small", 5, 1.0), ("many", 4, 1.0), ("many", 9, 0.1), ("leaves", 5, 1.0)]


def pass_over(name, k, strength, *, kind=np.float64, p=5, donor="largest"):
    sizes, arranged = CELLS[name]
    cells = cells_of(sizes, arranged=arranged)
    source = source_of(cells, Rotation(k, strength), p=p, dtype=kind, donor=donor)
    return pass_of(source, cells)[0], source.latent


def naive_rows(latent, parents, weights):
    """Return x_0 + sum q (x_j - x_0) for every row, added in order."""
    x = latent[parents]
    total = x[0].copy()
    for j in range(1, parents.shape[0]):
        total = total + weights[j].astype(latent.dtype)[:, np.newaxis] * (x[j] - x[0])
    return total


def mixed(step, strength, latent, start, stop, edges, *, donors=True):
    out = np.full((stop - start, latent.shape[1]), np.nan, latent.dtype)
    given = np.full(stop - start if donors else 0, -1)
    for slots in itertools.pairwise(edges):
        mix_by_groups(step, strength, latent, slots, start, out, given)
    return out, given


@pytest.mark.parametrize("k", [1, 2])
def test_two_rows_are_left_alone(k):
    step, _ = pass_over("one", 5, 1.0)
    q = rotations(step, 1.0, k, np.arange(2 * BATCH)).reshape(2, k, k, BATCH)
    assert np.array_equal(q, np.broadcast_to(np.eye(k)[:, :, np.newaxis], q.shape))
    assert not np.array_equal(rotations(step, 1.0, 3, np.arange(BATCH)).reshape(3, 3, BATCH)[..., 0], np.eye(3))


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "k", "strength"), CASES)
def test_both_walks_equal_naive_numpy(name, k, strength, kind):
    step, latent = pass_over(name, k, strength, kind=kind)
    parents, weights, donors = plan_groups(step, strength, locate(step, 0, step.n), donors=True)
    expected, rng = naive_rows(latent, parents, weights), np.random.default_rng(1)
    for a, b in [(0, step.n), (0, 1), (3, 60), (step.n - 20, step.n)]:
        edges = [0, *np.sort(rng.integers(0, step.n + 1, 4)).tolist(), step.n]
        out, given = mixed(step, strength, latent, a, b, edges)
        assert np.array_equal(out, expected[a:b])
        assert np.array_equal(given, donors[a:b])
        part = plan_groups(step, strength, locate(step, a, b - a), donors=True)
        for found, whole in zip(part, (parents, weights, donors), strict=True):
            assert np.array_equal(found, whole[..., a:b])
    assert np.array_equal(mixed(step, strength, latent, 0, step.n, [0, step.n], donors=False)[0], expected)
    incomplete, _ = mixed(step, strength, latent, 0, step.n, [0, step.n - 60])
    assert np.isnan(incomplete).any()
    turned = naive_rows(latent, parents[::-1], weights[::-1])
    assert not np.array_equal(turned, expected)


@pytest.mark.parametrize(("name", "k", "strength"), CASES)
def test_a_pass_keeps_sums_and_products(name, k, strength):
    step, latent = pass_over(name, k, strength)
    rows, _ = mixed(step, strength, latent, 0, step.n, [0, step.n])
    size = np.abs(latent.T @ latent).max()
    assert np.abs(rows.T @ rows - latent.T @ latent).max() < 1e-11 * size
    assert np.abs(rows.sum(axis=0) - latent.sum(axis=0)).max() < 1e-11 * size
    assert np.abs((rows**3).sum(axis=0) - (latent**3).sum(axis=0)).max() > 1e-3  # third moments are not kept


@pytest.mark.parametrize("donor", ["largest", "squared"])
@pytest.mark.parametrize(("name", "k", "strength"), CASES)
def test_donors_are_a_permutation_of_the_members(name, k, strength, donor):
    step, latent = pass_over(name, k, strength, donor=donor)
    _, donors = mixed(step, strength, latent, 0, step.n, [0, step.n])
    assert np.array_equal(np.sort(donors), np.arange(step.n))
    parents, weights, chosen = plan_groups(step, strength, locate(step, 0, step.n), donors=True)
    assert np.array_equal(chosen, donors)
    taken = (parents == donors) & (weights != 0)
    assert (taken.any(axis=0)).all()
    assert plan_groups(step, strength, locate(step, 0, step.n), donors=False)[2].size == 0
    if donor == "largest":  # the sum of the donors' weights is at least that of the rows' own
        lie = locate(step, 0, step.n)
        row = lie.place if step.order.size == 0 else step.order[step.starts[lie.cell] + lie.place]
        own = weights[(parents == row) & (weights != 0)].sum()
        assert weights[taken].sum() >= own - 1e-9


def test_small_cells_are_copied_and_weights_are_rotations():
    step, _ = pass_over("small", 5, 1.0)
    lie = locate(step, 0, step.n)
    parents, weights, _ = plan_groups(step, 1.0, lie, donors=False)
    row = step.order[step.starts[lie.cell] + lie.place]
    tiny = lie.size < 3
    assert tiny.sum() == 3
    assert np.array_equal(parents[0, tiny], row[tiny])
    assert (weights[0, tiny] == 1).all()
    assert (weights[1:, tiny] == 0).all()
    assert np.abs(weights.sum(axis=0) - 1).max() < 1e-13
    assert np.abs((weights**2).sum(axis=0) - 1).max() < 1e-11
    assert (weights[0, ~tiny] != 1).all()
    assert step.group_sizes == (1, 2, 3, 4, 5, 6, 7, 8, 9)
