"""The papers' benchmark: stacked networks are separate ones, runs go on where they stopped, pages show what is kept."""

from __future__ import annotations

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from benchmarks.papers import page, probmix  # noqa: E402 - after torch is known to be there
from benchmarks.papers.cells import Cell, keep, kept, run_cells  # noqa: E402
from benchmarks.papers.data import split  # noqa: E402
from benchmarks.papers.regression import METHODS, Setting, apart, fit, flat  # noqa: E402
from benchmarks.papers.stacked import StackedBatchNorm, mlp, train  # noqa: E402
from benchmarks.papers.statistics import find, paired, summary  # noqa: E402


def data(seeds: tuple[int, ...]):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    return split(x, x[:, 0] + 0.1 * rng.normal(size=60), seeds)


def test_members_of_a_stack_are_trained_as_if_alone():
    seeds = (3, 4, 5)
    parts = data(seeds)

    def trained(members: tuple[int, ...]) -> torch.Tensor:
        mine = [seeds.index(seed) for seed in members]
        x, y = parts.x_train[mine], parts.y_train[mine]
        net = mlp((3, 8, 1), members)
        train(list(net.parameters()), lambda _: (net(x)[..., 0] - y).square().mean(1), 30, 0.01)
        return net(parts.x_test[mine])

    together = trained(seeds)
    for place, seed in enumerate(seeds):
        torch.testing.assert_close(together[place : place + 1], trained((seed,)), rtol=1e-4, atol=1e-5)
    assert not torch.allclose(together[0], together[1])


def test_rows_of_all_members_may_stand_in_one_axis():
    stack = torch.randn(4, 7, 3, generator=torch.Generator().manual_seed(0))
    net = mlp((3, 5, 1), (0, 1, 2, 3))
    torch.testing.assert_close(apart(net(flat(stack))[:, 0], 4), net(stack)[..., 0])


def test_the_best_parameters_of_each_member_are_kept():
    net = mlp((1, 1), (0, 1))
    seen = []

    def validate() -> torch.Tensor:
        seen.append([weight.detach().clone() for weight in net.parameters()])
        return torch.tensor([[3.0, 1.0], [1.0, 2.0], [2.0, 3.0]])[len(seen) - 1]

    train(list(net.parameters()), lambda _: net(torch.ones(2, 1, 1)).sum((1, 2)), 15, 0.1, validate=validate, every=5)
    for found, first, second in zip(net.parameters(), seen[1], seen[0], strict=True):
        torch.testing.assert_close(found[0], first[0])
        torch.testing.assert_close(found[1], second[1])


def test_batch_normalisation_of_a_stack_is_that_of_torch():
    x = torch.randn(2, 50, 4, generator=torch.Generator().manual_seed(1))
    mine = StackedBatchNorm(2, 4)
    for member in range(2):
        theirs = torch.nn.BatchNorm1d(4)
        torch.testing.assert_close(mine(x)[member], theirs(x[member]), rtol=1e-5, atol=1e-6)
    fresh = StackedBatchNorm(2, 4)
    fresh(x)
    theirs = torch.nn.BatchNorm1d(4)
    theirs(x[0])
    torch.testing.assert_close(fresh.variance[0, 0], theirs.running_var)


@pytest.mark.parametrize("method", list(METHODS))
def test_every_method_of_regression_runs(method):
    seeds = (0, 1)
    trained = fit(method, data(seeds), seeds, Setting((8, 4), epochs=5, lr=0.01, a=0.5, samples=4))
    found = trained.nll(data(seeds).x_test, data(seeds).y_test, 4)
    assert found.shape == (2, 6)
    assert bool(torch.isfinite(found).all())


def test_a_run_goes_on_where_it_was_stopped(tmp_path):
    calls = []

    def compute(cell: Cell) -> dict[str, list[float]]:
        calls.append(cell.method)
        if cell.method == "b" and len(calls) < 3:
            raise RuntimeError("stopped")
        return {"error": [float(len(cell.method))]}

    cells = [(Cell("p", "t", method, {"a": 1.0}, (0,)), compute) for method in ("a", "b")]
    with pytest.raises(RuntimeError, match="stopped"):
        run_cells(cells, tmp_path)
    assert [result["method"] for result in kept([cell for cell, _ in cells], tmp_path)] == ["a"]
    calls.append("pause")
    results = run_cells(cells, tmp_path)
    assert calls == ["a", "b", "pause", "b"], "what is kept is not computed again"
    assert [result["metrics"] for result in results] == [{"error": [1.0]}, {"error": [1.0]}]
    assert not list(tmp_path.glob("*.part"))


def test_another_question_is_another_cell():
    one = Cell("p", "t", "m", {"a": 1.0}, (0, 1))
    assert one.key == Cell("p", "t", "m", {"a": 1.0}, (0, 1)).key
    assert len({one.key, Cell("p", "t", "m", {"a": 0.5}, (0, 1)).key, Cell("p", "t", "m", {"a": 1.0}, (0,)).key}) == 3


def test_summaries():
    assert summary([1.0, 2.0, 6.0])["median"] == 2.0
    assert summary([1.0, 2.0, 6.0])["se"] == pytest.approx(np.std([1, 2, 6], ddof=1) / np.sqrt(3))
    assert paired([1.0, 2.0], [0.5, 1.0])["mean"] == 0.75
    with pytest.raises(LookupError, match="0 results"):
        find([], "t", "m")


def test_loss_mixing_inflates_a_learned_variance_and_label_mixing_shrinks_it():
    fitted = {}
    for method in ("ERM", "Mix", "loss mixing"):
        cell = Cell("probmix", "noise", method, {"a": 1.0, "epochs": 300}, (0,))
        fitted[method] = probmix.run_noise(cell)["fitted variance"][0]
    assert fitted["Mix"] < fitted["ERM"] < 0.2 * fitted["loss mixing"]


def test_a_page_is_made_of_what_is_kept(tmp_path, monkeypatch):
    results = [
        {
            "paper": "multimix", "task": "digits", "method": method, "settings": {"partners": partners},
            "seeds": [0, 1],
            "metrics": {"error": [1.0, shift], "nll": [0.1, 0.2], "ece": [0.1, 0.1]}, "seconds": 1.0,
            "machine": {"torch": "2", "numpy": "2"},
        }
        for partners in ("table", "batch")
        for method, shift in (("ERM", 2.0), ("mixup", 3.0))
    ]  # fmt: skip
    keep(results, tmp_path / "multimix.json")
    assert json.loads((tmp_path / "multimix.json").read_text())["results"] == results
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    page.write_page(tmp_path)
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "| ERM | 1.50±0.50 | -0.50±0.50 | 0.150±0.050 | 0.100±0.000 |" in text
    assert "## MixupE" not in text
