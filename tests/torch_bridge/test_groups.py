"""Groups of rows on a device: those of the kernels, and every source row once in each pass."""

from __future__ import annotations

import numpy as np
import pytest
from kernels.passes_oracle import cells_of, source_of

from synthmix.kernels.groups import groups_at as kernel_groups_at
from synthmix.mixing.blocks import locate as kernel_locate
from synthmix.mixing.execute import Executor
from synthmix.mixing.rotate import plan_groups as host_plan
from synthmix.weights import Rotation

torch = pytest.importorskip("torch")

from synthmix.torch.plan.groups import groups_at  # noqa: E402 - after torch is known to be there
from synthmix.torch.plan.order import locate  # noqa: E402
from synthmix.torch.plan.rotate import plan_groups  # noqa: E402
from synthmix.torch.plan.tables import PassTables  # noqa: E402

CELLS = {
    "one": ([253], False),
    "even": ([60], False),
    "small": ([*range(1, 12)], False),
    "many": ([40, 3, 51, 7, 1, 90], False),
    "leaves": ([5, 6, 7, 8, 9, 11, 5], True),
}


def made(name, k, device, donor="largest", strength=1.0):
    """Return the executor, its tables and where the rows of passes 0 to 2 lie, without the first and the last row."""
    sizes, arranged = CELLS[name]
    source = source_of(cells_of(sizes, arranged=arranged), Rotation(k, strength), donor=donor)
    executor, n = Executor(source), source.n_rows
    tables = PassTables(executor, device, 3 * n)
    passes = tables.cover(1, 3 * n - 1)
    return executor, tables.layout, passes, torch.arange(1, 3 * n - 1, device=device)


def of_passes(executor, rows):
    """Yield each pass, where its rows lie, and which of `rows` they are."""
    n, numbers = executor.source.n_rows, rows.cpu().numpy()
    for p in range(3):
        mine = numbers[numbers // n == p] - p * n
        step = executor.pass_arrays(p)
        yield step, kernel_locate(step, int(mine[0]), mine.size), numbers // n == p


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("k", [3, 5, 6])
def test_groups_are_those_of_the_kernel(name, k, device):
    executor, layout, passes, rows = made(name, k, device)
    found = [part.cpu().numpy() for part in groups_at(layout, passes, locate(layout, passes, rows))]
    for step, lie, mine in of_passes(executor, rows):
        m = lie.cell.size
        units, own, count = np.empty(m, np.int64), np.empty(m, np.int64), np.empty(m, np.int64)
        members = np.full((max(step.group_sizes), m), -1)
        kernel_groups_at(
            step.order, step.starts, step.shifts, step.group_size, lie.cell, lie.place, units, own, count, members
        )
        expected = (units + step.first_row, own, count, np.where(members < 0, members[:1], members))
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_array_equal(a[..., mine], b)


@pytest.mark.parametrize("name", CELLS)
def test_every_source_row_is_a_member_once_in_a_pass(name, device):
    _, layout, passes, _ = made(name, 5, device)
    n = layout.n
    group = groups_at(layout, passes, locate(layout, passes, torch.arange(n, 2 * n, device=device)))
    named, own, held, members = (part.cpu().numpy() for part in group)
    groups = {int(unit): tuple(members[: held[r], r]) for r, unit in enumerate(named)}
    assert sorted(row for group in groups.values() for row in group) == list(range(n))
    for r, unit in enumerate(named):  # all rows of a group tell the same, and each has a place of its own
        assert tuple(members[: held[r], r]) == groups[int(unit)]
    assert len({(int(a), int(b)) for a, b in zip(named, own, strict=True)}) == n
    groups[int(named[0])] = groups[int(named[1])]  # the check sees one wrong group
    wrong = sorted(row for group in groups.values() for row in group)
    assert wrong != list(range(n)) or named[0] == named[1]


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(("k", "strength", "donor"), [(3, 1.0, "squared"), (5, 0.25, "largest")])
def test_plans_are_those_of_the_host(name, k, strength, donor, device):
    executor, layout, passes, rows = made(name, k, device, donor, strength)
    found = plan_groups(layout, passes, locate(layout, passes, rows), strength)
    parents, weights, donors = (part.cpu().numpy() for part in found)
    for step, lie, mine in of_passes(executor, rows):
        expected = host_plan(step, strength, lie, donors=True)
        np.testing.assert_array_equal(parents[:, mine], expected[0])
        np.testing.assert_array_equal(weights[:, mine], expected[1])
        np.testing.assert_array_equal(donors[mine], expected[2])
    without = plan_groups(layout, passes, locate(layout, passes, rows), strength, donors=False)
    assert torch.equal(without[1], found[1])
    assert without[2].shape == (0,)
    other = plan_groups(layout, passes, locate(layout, passes, rows), strength * 0.9)
    assert not torch.equal(other[1], found[1])


@pytest.mark.parametrize("donor", ["largest", "squared"])
def test_plans_compile_whole(donor, device):
    _, layout, passes, rows = made("even", 3, device, donor)

    def plan(numbers):
        return plan_groups(layout, passes, locate(layout, passes, numbers), 1.0)

    compiled = torch.compile(plan, fullgraph=True, backend="aot_eager", dynamic=False)
    for a, b in zip(compiled(rows), plan(rows), strict=True):
        assert torch.equal(a, b)
