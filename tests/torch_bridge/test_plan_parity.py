"""Plans on a device are those of the compiled kernels: integers equal, weights to one unit in the last place."""

from __future__ import annotations

import numpy as np
import pytest
from torch_tables import fitted, mixed, numbers

from synthmix.pairing import Cyclic, Nearest, Random, WithinClass
from synthmix.weights import Beta, Custom, Dirichlet, EpBeta, Hybrid, Rotation, Sphere, Uniform

torch = pytest.importorskip("torch")

from synthmix.torch.plan import bounded, laws, partners  # noqa: E402 - after torch is known to be there
from synthmix.torch.plan.block import plan_rows  # noqa: E402
from synthmix.torch.plan.laws import law_on  # noqa: E402
from synthmix.torch.plan.tables import PassTables  # noqa: E402

LAWS = {
    "uniform": Uniform(),
    "beta": Beta(0.3),
    "small beta": Beta(0.001),
    "epbeta": EpBeta(),
    "corrected epbeta": EpBeta(correct=True),
    "dirichlet": Dirichlet(4, 0.7),
    "wide dirichlet": Dirichlet(7),
    "sphere": Sphere(3),
    "free sphere": Sphere(6, top=None),
    "hybrid": Hybrid(k=5),
    "rows": Custom(weights=[[1.2, -0.2, 0.0], [0.6, 0.4, 0.0], [0.2, 0.3, 0.5]]),
    "jumps": Custom(quantile=[[0.0, 0.1], [0.25, 0.1], [0.25, 0.6], [1.0, 0.9]]),
    "rotation": Rotation(),
    "partial rotation": Rotation(4, 0.5),
}
PAIRINGS = {
    "anchor": Random(),
    "iid": Random("iid"),
    "distinct": Random("distinct"),
    "cyclic": Cyclic(),
    "nearest": Nearest(),
    "nearest distinct": Nearest(scheme="distinct"),
    "nearest cyclic": Nearest(scheme="cyclic"),
}


def planned(synthesizer, start, stop, device, span=None):
    """Return the plan of a range on a device, and that of the kernels, both in rows of the table."""
    executor = synthesizer._executor
    tables = PassTables(executor, device, span or stop - start)
    rows = torch.arange(start, stop, device=device)
    law = law_on(executor.source.law_arrays, device)
    found = plan_rows(tables.layout, tables.cover(start, stop), law, rows)
    names = executor.source.rows
    own = names[found.parents.cpu().numpy()].T, found.weights.cpu().numpy().T, names[found.donors.cpu().numpy()]
    return own, executor.plan(start, stop)


def assert_same(found, expected):
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_max_ulp(found[1], expected[1], maxulp=1)
    np.testing.assert_array_equal(found[2], expected[2])


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS.keys())
@pytest.mark.parametrize("pairing", PAIRINGS.values(), ids=PAIRINGS.keys())
def test_one_cell_over_several_passes(law, pairing, device):
    synthesizer = fitted(numbers(300), law, pairing)
    assert_same(*planned(synthesizer, 700, 1303, device))


@pytest.mark.parametrize("law", LAWS.values(), ids=LAWS.keys())
@pytest.mark.parametrize("inner", [PAIRINGS[name] for name in ("anchor", "iid", "nearest cyclic", "cyclic")], ids=str)
def test_classes_and_holes_make_cells(law, inner, device):
    donor = "largest" if isinstance(law, Rotation) else "squared"
    synthesizer = fitted(mixed(521), law, WithinClass(pairing=inner), donor=donor, small_cells="copy")
    assert synthesizer._executor.source.plan.cells.sizes.min() < 3, "rows that are copied are part of this test"
    assert_same(*planned(synthesizer, 500, 1100, device))


def test_donors_of_groups_by_squared_weights(device):
    synthesizer = fitted(mixed(200), Rotation(3), WithinClass(), donor="squared")
    assert_same(*planned(synthesizer, 150, 500, device))


@pytest.mark.parametrize("n", [7, 256, 257, 511, 512, 4096])
@pytest.mark.parametrize("law", [Uniform(), Dirichlet(3), Rotation(3)], ids=str)
def test_tables_of_any_size(n, law, device):
    synthesizer = fitted(numbers(n, 1), law, Random())
    assert_same(*planned(synthesizer, n - 3, 3 * n + 5, device))


@pytest.mark.parametrize("start", [2**33 + 5, 2**45 - 100])
def test_far_rows(start, device):
    synthesizer = fitted(numbers(300), Dirichlet(3), Cyclic())
    assert_same(*planned(synthesizer, start, start + 300, device))


def test_more_than_a_million_rows(device):
    synthesizer = fitted(numbers(1000), Uniform(), Random("distinct"))
    found, expected = planned(synthesizer, 123, 123 + 1_100_000, device)
    assert_same(found, expected)
    assert (found[0][:, 0] != found[0][:, 1]).all()


def test_tiny_cells_where_most_draws_repeat(device):
    """Cells of four rows, four different parents: the last one takes four tries on average."""
    table = np.column_stack([np.repeat(np.arange(64.0), 4), numbers(256, 2)])
    synthesizer = fitted(table, Dirichlet(4), WithinClass(columns="x0", pairing=Random("distinct")))
    assert set(synthesizer._executor.source.plan.cells.sizes) == {4}
    assert_same(*planned(synthesizer, 1000, 1000 + 300_000, device))


@pytest.fixture
def blind(monkeypatch):
    """Let the CPU make all tries at once, as a GPU and compiled code do."""
    for module in (partners, laws):
        monkeypatch.setattr(module, "looks", lambda _: False)


@pytest.mark.usefixtures("blind")
@pytest.mark.parametrize(("law", "scheme"), [(Dirichlet(4), "distinct"), (Sphere(5), "anchor"), (LAWS["rows"], "iid")])
def test_all_tries_at_once_give_the_same(law, scheme, monkeypatch):
    monkeypatch.setattr(bounded, "_ROOM", 2**18)  # so that rows are taken in several parts
    device = torch.device("cpu")
    synthesizer = fitted(mixed(300), law, WithinClass(pairing=Random(scheme)))
    assert_same(*planned(synthesizer, 100, 5000, device))
    assert_same(*planned(fitted(numbers(300), law, Nearest(8, scheme)), 100, 3000, device))


@pytest.mark.usefixtures("blind")
def test_too_few_tries_are_noticed(monkeypatch):
    monkeypatch.setattr(partners, "tries_for", lambda _: 2)
    synthesizer = fitted(numbers(300), Dirichlet(4), Nearest(8, "distinct"))
    found, expected = planned(synthesizer, 100, 3000, torch.device("cpu"))
    assert (found[0] != expected[0]).any()


def test_tables_of_passes_are_kept_and_wider_ranges_are_served(device):
    synthesizer = fitted(numbers(300), Uniform(), Nearest())
    tables = PassTables(synthesizer._executor, device, 300)
    first = tables.cover(0, 300)
    assert tables.cover(10, 20) is first
    assert tables.cover(299, 301) is not first
    assert first.turn.shape == (2,)
    assert tables.cover(0, 3000).turn.shape == (10,)
