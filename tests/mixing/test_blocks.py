"""Plans of blocks, scheme by scheme and law by law: structure exactly, weights against naive loops."""

from __future__ import annotations

import math

import numpy as np
import pytest
from kernels.kernels_oracle import fill_bounded
from kernels.passes_oracle import PAIRINGS, cells_of, pass_of, source_of

from synthmix.kernels.draws import units_of
from synthmix.kernels.philox import ROW, WEIGHTS, fill_words
from synthmix.mixing.blocks import BLOCK, donors_of, locate, plan_block, running_from
from synthmix.weights import Beta, Custom, Dirichlet, EpBeta, Hybrid, Sphere, Uniform

ONE = [300]
MANY = [1, 2, 3, 4, 40, 250, 5, 17]
TABLE = Custom(weights=[[0.5, 0.5, 0.0], [1.2, -0.1, -0.1], [0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])
LAWS = {
    "uniform": Uniform(),
    "beta": Beta(),
    "epbeta": EpBeta(),
    "dirichlet": Dirichlet(),
    "dirichlet-6": Dirichlet(k=6),
    "sphere": Sphere(5),
    "sphere-top": Sphere(4, top=0.9),
    "hybrid": Hybrid(kurtosis=1.0),
    "rows": TABLE,
    "wide": Sphere(11),
}


def plan_of(sizes, law, scheme, number=1, start=0, m=None):
    cells = cells_of(sizes)
    step, data = pass_of(source_of(cells, law, scheme), cells, number)
    m = step.n - start if m is None else m
    return step, *plan_block(step, data, start, m), locate(step, start, m)


def members(sizes):
    cells = cells_of(sizes)
    return [set(cells.order[a:b].tolist()) for a, b in zip(cells.starts[:-1], cells.starts[1:], strict=True)]


@pytest.mark.parametrize("scheme", PAIRINGS)
@pytest.mark.parametrize("sizes", [ONE, MANY, [64, 64]])
@pytest.mark.parametrize("law", ["uniform", "dirichlet", "sphere", "wide"])
def test_parents_lie_in_the_cell_of_the_row(scheme, sizes, law):
    _, parents, weights, lie = plan_of(sizes, LAWS[law], scheme)
    own, inside, k = parents[0], members(sizes), parents.shape[0]
    for i in range(parents.shape[1]):
        assert set(parents[:, i].tolist()) <= inside[lie.cell[i]]
        if lie.size[i] < k:
            assert weights[:, i].tolist() == [1.0] + [0.0] * (k - 1)
        elif scheme != "iid":
            assert len(set(parents[:, i].tolist())) == k
    if scheme == "iid" and k > 2:
        assert any(len(set(parents[:, i].tolist())) < k for i in np.flatnonzero(lie.size >= k))
    if scheme in ("anchor", "cyclic"):
        assert np.array_equal(np.sort(own), np.arange(own.size))
        assert len(set(lie.cell.tolist())) == len(sizes)
    elif sizes == ONE:
        assert not np.array_equal(np.sort(own), np.arange(own.size))


@pytest.mark.parametrize("scheme", PAIRINGS)
@pytest.mark.parametrize("sizes", [ONE, MANY])
def test_first_parents_stand_where_the_pass_says(scheme, sizes):
    _, parents, _, lie = plan_of(sizes, Uniform(), scheme)
    cells = cells_of(sizes)
    row = cells.order[cells.starts[lie.cell] + lie.place]
    assert np.array_equal(np.sort(row), np.arange(sum(sizes)))
    same = parents[0] == row
    assert same.all() == (scheme in ("anchor", "cyclic"))
    assert same[lie.size < 2].all()


@pytest.mark.parametrize("sizes", [ONE, MANY, [64, 64]])
@pytest.mark.parametrize("law", ["uniform", "dirichlet", "sphere"])
def test_every_row_has_every_role_once_in_a_cyclic_pass(sizes, law):
    _, parents, _, lie = plan_of(sizes, LAWS[law], "cyclic")
    full = np.flatnonzero(lie.size >= parents.shape[0])
    present = np.sort(parents[0, full])
    at = []
    for role in parents:
        assert np.array_equal(np.sort(role[full]), present)
        at.append(full[np.argsort(role[full])])  # the output row in which each source row has the role
    for a in range(len(at)):
        assert not any((at[a] == at[b]).any() for b in range(a))
    _, anchored, _, _ = plan_of(sizes, LAWS[law], "anchor")
    assert not np.array_equal(np.sort(anchored[1, full]), np.sort(anchored[0, full]))


def naive_unit(high, low):
    return ((int(high) >> 5) * 2**26 + (int(low) >> 6)) / 2**53


def naive_share(table_u, table_q, x):
    """Return the quantile function of one table at x."""
    j = max(a for a in range(len(table_u) - 1) if table_u[a] <= x)
    width = table_u[j + 1] - table_u[j]
    return table_q[j] + ((x - table_u[j]) / width * (table_q[j + 1] - table_q[j]) if width > 0 else 0.0)


def words_of(step, purpose, number, m):
    words = np.empty((4, m), np.uint32)
    fill_words(step.seed, step.first_row, purpose, np.uint64(number), words)
    return words


@pytest.mark.parametrize("law", ["uniform", "beta", "epbeta", "dirichlet", "dirichlet-6"])
def test_weights_of_tables_equal_naive_python(law):
    step, _, weights, _ = plan_of(ONE, LAWS[law], "anchor")
    data, m = LAWS[law].kernel_data(), weights.shape[1]
    first, later = words_of(step, ROW, 0, m), [words_of(step, WEIGHTS, block, m) for block in range(2)]
    expected, rest = np.zeros_like(weights), np.ones(m)
    for j in range(data.k - 1):
        a, b = data.offsets[j], data.offsets[j + 1]
        pair = first[2:] if j == 0 else later[(j - 1) // 2][2 * ((j - 1) % 2) :]
        share = np.array([naive_share(data.u[a:b], data.q[a:b], naive_unit(*pair[:2, i])) for i in range(m)])
        expected[j] = rest * share
        rest = rest * (1.0 - share)
    expected[-1] = rest
    assert np.array_equal(weights, expected)
    assert np.unique(weights[0]).size > m - 3
    assert np.abs(weights.sum(axis=0) - 1).max() < 1e-15 * data.k
    assert (
        data.k == 2 or abs(np.corrcoef(weights[0], weights[1] / (1 - weights[0]))[0, 1]) < 0.35
    )  # words are not shared


@pytest.mark.parametrize("k", [3, 4, 5, 6, 11, 40])
@pytest.mark.parametrize("top", [None, 0.9])
def test_sums_and_squares_of_the_sphere_are_one(k, top):
    law = Sphere(k) if top is None else Sphere(k, top=top)
    _, _, weights, _ = plan_of([1000], law, "anchor")
    assert np.abs(weights.sum(axis=0) - 1).max() < 1e-13
    assert np.abs((weights**2).sum(axis=0) - 1).max() < 1e-13
    assert top is None or (weights[0] == top).all()
    assert top is not None or np.unique(weights[0]).size > 990
    assert np.abs((weights * 1.01).sum(axis=0) - 1).max() > 1e-13


@pytest.mark.parametrize("k", [3, 4, 5, 8])
def test_sphere_has_its_declared_moments(k):
    # k first moments and k^2 products of 20,000 weights of size at most 1 and spread below 1/2: 5.8 standard errors,
    # false-alarm rate below 6e-7 for each k.
    _, _, weights, _ = plan_of([20_000], Sphere(k), "anchor")
    moments, bound = Sphere(k).moments(), 5.8 * 0.5 / math.sqrt(20_000)
    assert np.abs(weights.mean(axis=1) - moments.mean).max() < bound
    assert np.abs(weights @ weights.T / 20_000 - moments.second).max() < bound
    assert np.abs((weights**2) @ (weights**2).T / 20_000 - moments.squares).max() < bound
    assert np.abs((weights**4).mean(axis=1) - Sphere(2 * k).moments().squares.diagonal()[:k]).max() > bound


def test_hybrid_takes_each_part_as_its_own_number_says():
    law = LAWS["hybrid"]
    step, _, weights, _ = plan_of([3000], law, "anchor")
    choice = words_of(step, WEIGHTS, 0x7FFFFFFF, 3000)
    two = units_of(choice[0], choice[1]) < law.share
    data, first = law.kernel_data(), words_of(step, ROW, 0, 3000)
    share = [naive_share(data.u, data.q, naive_unit(*first[2:, i])) for i in np.flatnonzero(two)[:300]]
    assert weights[0, two][:300].tolist() == share
    assert np.array_equal(weights[1, two], 1.0 - weights[0, two])
    assert (weights[2:, two] == 0).all()
    assert (weights[0, ~two] == 1 - law.delta).all()
    assert np.abs((weights[:, ~two] ** 2).sum(axis=0) - 1).max() < 1e-13
    assert abs(two.mean() - law.share) < 5.5 * math.sqrt(0.25 / 3000)  # false-alarm rate 4e-8
    _, _, sphere, _ = plan_of([3000], Sphere(law.k, top=1 - law.delta), "anchor")
    assert np.array_equal(weights[:, ~two], sphere[:, ~two])
    assert not np.array_equal(weights, sphere)


def test_rows_of_a_table_are_drawn_as_they_are():
    step, _, weights, _ = plan_of([2000], TABLE, "anchor")
    chosen = np.empty(2000, np.int64)
    fill_bounded(step.seed, step.first_row, WEIGHTS, np.uint64(0), np.uint64(4), chosen)
    assert np.array_equal(weights.T, np.array(TABLE.rows)[chosen])
    assert np.bincount(chosen).min() > 400  # 4.9 standard errors below 500: false-alarm rate 2e-7 each
    assert not np.array_equal(weights.T, np.array(TABLE.rows)[3 - chosen])


@pytest.mark.parametrize("scheme", PAIRINGS)
@pytest.mark.parametrize("law", ["uniform", "dirichlet", "sphere", "hybrid", "rows", "wide"])
@pytest.mark.parametrize("sizes", [[2 * BLOCK + 100], [5000, 3, 3289]])
def test_slices_equal_the_whole(scheme, law, sizes):
    cells = cells_of(sizes)
    step, data = pass_of(source_of(cells, LAWS[law], scheme), cells)
    parents, weights = plan_block(step, data, 0, step.n)
    cuts = [(0, 1), (BLOCK - 1, BLOCK + 1), (BLOCK, 2 * BLOCK), (17, 50), (2 * BLOCK, step.n), (step.n - 1, step.n)]
    for a, b in cuts:
        part, share = plan_block(step, data, a, b - a)
        assert np.array_equal(part, parents[:, a:b])
        assert np.array_equal(share, weights[:, a:b])
    assert not np.array_equal(plan_block(step, data, 1, 50)[0], parents[:, :50])


@pytest.mark.parametrize("scheme", PAIRINGS)
@pytest.mark.parametrize("n", [300, 1000])
def test_what_runs_along_with_the_rows_is_near_them(scheme, n):
    step, parents, _, _ = plan_of([n], LAWS["dirichlet"], scheme, start=40)
    running = running_from(step, 40, parents.shape[0])
    assert running.size == (1 if scheme == "anchor" else parents.shape[0] if scheme == "cyclic" else 0)
    for j, first in enumerate(running):
        away = (parents[j] - first - np.arange(n - 40)) % n
        assert (np.minimum(away, n - away) < 256).all()
    many, _, _, _ = plan_of(MANY, LAWS["dirichlet"], scheme)
    assert running_from(many, 40, 3).size == 0


@pytest.mark.parametrize("donor", ["largest", "squared"])
@pytest.mark.parametrize("law", ["uniform", "sphere", "rows"])
def test_donors_are_parents(donor, law):
    cells = cells_of(MANY)
    step, data = pass_of(source_of(cells, LAWS[law], donor=donor), cells)
    parents, weights = plan_block(step, data, 0, step.n)
    donors = donors_of(step, 0, parents, weights)
    assert (parents == donors).any(axis=0).all()
    lonely = locate(step, 0, step.n).size < data.k
    assert np.array_equal(donors[lonely], parents[0, lonely])
    assert np.array_equal(donors_of(step, 30, parents[:, 30:90], weights[:, 30:90]), donors[30:90])
    largest = parents[weights.argmax(axis=0), np.arange(step.n)]
    assert np.array_equal(donors, largest) == (donor == "largest")


def test_passes_and_rows_have_their_own_numbers():
    _, parents, weights, _ = plan_of(ONE, LAWS["dirichlet"], "anchor", number=1)
    _, others, shares, _ = plan_of(ONE, LAWS["dirichlet"], "anchor", number=2)
    assert (parents == others).mean() < 0.05
    assert not np.isin(weights, shares).any()
