"""Groups of a pass: every row is in one, whoever asks, and their mixing is the sum that the module names."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from kernels.kernels_oracle import batched
from kernels.passes_oracle import cells_of, pass_of, source_of

from synthmix.kernels.groups import groups_at, mix_any_groups, mix_usual_groups, next_groups, place_donors
from synthmix.kernels.records import BATCH, USUAL
from synthmix.weights import Rotation

CELLS = {
    "one": ([1003], False),
    "even": ([60], False),
    "small": ([*range(1, 12)], False),
    "many": ([40, 3, 251, 7, 1, 90], False),
    "leaves": ([5, 6, 7, 8, 9, 11, 5], True),
    "one leaf": ([37], True),
}


def step_of(name, k, number=1):
    sizes, arranged = CELLS[name]
    cells = cells_of(sizes, arranged=arranged)
    return pass_of(source_of(cells, Rotation(k)), cells, number)[0], sizes


def collected(step, slots, room=BATCH):
    """Return (unit, members) of the groups whose slots lie in a range."""
    found = []
    for k in step.group_sizes:
        units, members = np.zeros(room, np.int64), np.zeros(room * k, np.int64)
        cursor = np.zeros(2, np.int64)
        while filled := next_groups(
            step.order, step.starts, step.shifts, step.group_size, k, *slots, cursor, units, members
        ):
            rows = members.reshape(-1, k, BATCH).transpose(0, 2, 1).reshape(-1, k)
            found += [(int(units[g]), rows[g].tolist()) for g in range(filled)]
    return found


def asked(step):
    """Return (unit, own number, members) of every row, from the walk row by row."""
    n, sizes = step.n, np.diff(step.starts)
    cell = np.repeat(np.arange(sizes.size), sizes)
    place = np.arange(n) - np.repeat(step.starts[:-1], sizes)
    row = np.arange(n) if step.order.size == 0 else step.order
    units, own, count = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    members = np.full((max(step.group_sizes), n), -1)
    groups_at(step.order, step.starts, step.shifts, step.group_size, cell, place, units, own, count, members)
    return {int(row[r]): (int(units[r]), int(own[r]), members[: count[r], r].tolist()) for r in range(n)}


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("k", [3, 5, 6])
def test_every_row_is_a_member_once_and_both_walks_agree(name, k):
    step, sizes = step_of(name, k)
    groups, rows = collected(step, (0, step.n)), asked(step)
    members = [row for _, group in groups for row in group]
    assert sorted(members) == list(range(sum(sizes)))
    assert len({unit for unit, _ in groups}) == len(groups)
    for unit, group in groups:
        for i, row in enumerate(group):
            assert rows[row] == (unit, i, group)
    cells = cells_of(sizes, arranged=CELLS[name][1])
    cell = cells.where()[0]
    assert all(len(set(cell[group].tolist())) == 1 for _, group in groups)
    lengths = sorted(len(group) for _, group in groups)
    expected = []
    for size in sizes:  # size // k groups of equal size, the first ones with one row more
        count = max(1, size // k)
        expected += [size // count + (g < size % count) for g in range(count)]
    assert lengths == sorted(expected)
    assert set(lengths) == set(step.group_sizes)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("room", [BATCH, 3 * BATCH])
def test_ranges_of_slots_partition_the_groups(name, room):
    step, _ = step_of(name, 3)
    whole = sorted(collected(step, (0, step.n), room))
    assert whole == sorted(collected(step, (0, step.n), 10 * BATCH))
    rng = np.random.default_rng(4)
    for parts in (1, 2, 7, step.n):
        edges = [0, *np.sort(rng.integers(0, step.n + 1, parts - 1)).tolist(), step.n]
        pieces = [collected(step, slots, room) for slots in itertools.pairwise(edges)]
        assert sorted(group for piece in pieces for group in piece) == whole
    assert sorted(collected(step, (1, step.n), room)) == whole[1:]  # the group of slot 0 is not asked for


def test_passes_have_other_groups_and_leaves_have_no_shifts():
    together = [{frozenset(group) for _, group in collected(step_of("one", 5, e)[0], (0, 1003))} for e in (1, 2)]
    assert len(together[0] & together[1]) < 3
    step, _ = step_of("leaves", 5)
    assert step.shifts.size == 0
    first = dict(collected(step, (0, step.n)))
    assert first[0] == step.order[:5].tolist()
    assert step_of("many", 5)[0].shifts.shape == (6, 10)


def groups_for(k, filled, n, seed, targets_below=None):
    """Return flat batches of members, targets and matrices, and the same as (groups, ...) arrays."""
    rng, room = np.random.default_rng(seed), -(-filled // BATCH) * BATCH
    members = np.zeros((room, k, 1), np.int64)
    members[:filled, :, 0] = rng.permutation(n)[: filled * k].reshape(filled, k)
    targets = np.full((room, k, 1), -1)
    targets[:filled, :, 0] = rng.permutation(filled * k).reshape(filled, k)
    if targets_below is not None:
        targets[targets >= targets_below] = -1
    q = rng.normal(size=(room, k, k))
    return (members[:filled, :, 0], targets[:filled, :, 0], q[:filled]), [batched(a) for a in (members, targets, q)]


def naive_mix(source, members, targets, q, out):
    kind = source.dtype.type
    for g in range(members.shape[0]):
        x = source[members[g]]
        for i in range(members.shape[1]):
            total = x[0]
            for j in range(1, members.shape[1]):
                total = total + kind(q[g, i, j]) * (x[j] - x[0])
            if targets[g, i] >= 0:
                out[targets[g, i]] = total


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("p", [1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 33])
@pytest.mark.parametrize("k", [3, 4, 5, 6, 7, 11])
def test_rows_of_groups_equal_naive_numpy(k, p, kind):
    filled = 21
    source = (np.random.default_rng(p).normal(size=(filled * k, p)) * 100).astype(kind)
    for below in (None, 40):
        naive, flat = groups_for(k, filled, len(source), k, below)
        out, expected = np.full((filled * k, p), -7, kind), np.full((filled * k, p), -7, kind)
        naive_mix(source, *naive, expected)
        for mix in [mix_any_groups] + ([mix_usual_groups] if k <= USUAL else []):
            out[:] = -7
            mix(source, k, filled, *flat, out)
            assert np.array_equal(out, expected)
    other = np.full((filled * k, p), -7, kind)  # another order of the sum, or the plain one, gives other bits
    naive_mix(source, naive[0][:, ::-1], naive[1][:, ::-1], naive[2][:, ::-1, ::-1], other)
    assert not np.array_equal(other, expected)


@pytest.mark.parametrize("k", [1, 2])
def test_rows_of_tiny_groups_are_copies(k):
    source = np.random.default_rng(0).normal(size=(30, 5)) * 1e300
    naive, flat = groups_for(k, 10, 30, 3)
    out = np.zeros((10 * k, 5))
    mix_any_groups(source, k, 10, *flat, out)
    for rows, targets in zip(*naive[:2], strict=True):
        assert np.array_equal(out[targets], source[rows])
    assert not np.array_equal(out, source[: 10 * k])


def test_donors_are_written_to_the_targets_of_their_rows():
    k, filled = 4, 20
    (members, targets, _), flat = groups_for(k, filled, 200, 1, 50)
    chosen = np.argsort(np.random.default_rng(2).random((32, k, 1)), axis=1)
    donors, expected = np.full(filled * k, -1), np.full(filled * k, -1)
    place_donors(k, filled, flat[0], flat[1], batched(chosen), donors)
    for g in range(filled):
        for i in range(k):
            if targets[g, i] >= 0:
                expected[targets[g, i]] = members[g, chosen[g, i, 0]]
    assert np.array_equal(donors, expected)
    assert (donors == -1).sum() == filled * k - 50
