"""ProbMix and M-ProbMix: toy regression, four tables, rings, and the noise that mixing labels takes away."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from benchmarks.papers.cells import Cell, Metrics
from benchmarks.papers.data import Split, regression_table, split
from benchmarks.papers.regression import METHODS, Setting, apart, fit, flat
from benchmarks.papers.rings import RING_METHODS, run_rings

TOY = Setting((128, 64), epochs=500, lr=0.01, a=0.5)
TABLE = Setting((128, 32), epochs=1000, lr=0.005, a=0.5)
NOISE = Setting((8,), epochs=1500, lr=0.01, a=1.0)
TABLES = ("energy", "yacht", "concrete", "red wine")
REGRESSION = tuple(name for name in METHODS if name != "loss mixing")


def cells(*, quick: bool = False) -> list[tuple[Cell, Callable[[Cell], Metrics]]]:
    """Return what is to be computed."""
    toy_seeds, table_seeds, ring_seeds = (tuple(range(2 if quick else n)) for n in (40, 20, 20))
    share = 50 if quick else 1
    found: list[tuple[Cell, Callable[[Cell], Metrics]]] = []
    for a in (0.1, 0.5, 1.0):
        names = REGRESSION if a == 0.5 else tuple(name for name in REGRESSION if name not in ("ERM", "latent noise"))
        settings = {"a": a, "epochs": TOY.epochs // share, "samples": 512}
        found += [(Cell("probmix", "toy", name, settings, toy_seeds), run_toy) for name in names]
    for table in TABLES:
        settings = {"a": 0.5, "epochs": TABLE.epochs // share, "samples": 512}
        found += [(Cell("probmix", table, name, settings, table_seeds), run_table) for name in REGRESSION[:-1]]
    settings = {"a": 0.5, "epochs": TOY.epochs // share, "samples": 64}
    found += [(Cell("probmix", "rings", name, settings, ring_seeds), run_rings) for name in RING_METHODS]
    settings = {"a": 1.0, "epochs": NOISE.epochs // share}
    names = ("ERM", "Mix", "ProbMix", "loss mixing")
    found += [(Cell("probmix", "noise", name, settings, ring_seeds[:5]), run_noise) for name in names]
    return found


def run_toy(cell: Cell) -> Metrics:
    """y = x^3 + N(0, 9), trained on x in (-4, 4), tested there and on x in (4, 6)."""
    parts = [_toy(seed) for seed in cell.seeds]
    data = Split(*(torch.stack(same) for same in zip(*(part[0] for part in parts), strict=True)))
    inside, outside = (
        tuple(torch.stack(same) for same in zip(*(part[i] for part in parts), strict=True)) for i in (1, 2)
    )
    setting = Setting(TOY.widths, cell.settings["epochs"], TOY.lr, cell.settings["a"])
    trained = fit(cell.method, data, cell.seeds, setting)
    with torch.no_grad():
        found: Metrics = {"ID NLL": _list(trained.nll(*inside, 512).mean(1))}
        for samples in (1, 64, 512) if trained.latent else (1,):
            name = f"OOD NLL, {samples} samples" if trained.latent and samples < 512 else "OOD NLL"
            found[name] = _list(trained.nll(*outside, samples).mean(1))
        error = (trained.mean(outside[0], 64) - outside[1]).square().mean(1) * data.y_scale[:, 0] ** 2
        found["OOD MSE"] = _list(error)
    return found


def _toy(seed: int) -> tuple[tuple[Tensor, ...], tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    rng = np.random.default_rng(seed)

    def draw(n: int, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
        x = rng.uniform(low, high, n)
        return x, x**3 + 3.0 * rng.standard_normal(n)

    x, y = draw(100, -4.0, 4.0)
    tests = draw(200, -4.0, 4.0), draw(200, 4.0, 6.0)
    train, valid = slice(0, 80), slice(80, 100)
    location = x[train].mean(), y[train].mean()
    scale = x[train].std(), y[train].std()

    def standard(x: np.ndarray, y: np.ndarray) -> tuple[Tensor, Tensor]:
        a, b = (x - location[0]) / scale[0], (y - location[1]) / scale[1]
        return torch.tensor(a[:, None], dtype=torch.float32), torch.tensor(b, dtype=torch.float32)

    own, held = standard(x[train], y[train]), standard(x[valid], y[valid])
    parts = (*own, *held, *held, torch.tensor([scale[1]], dtype=torch.float32))
    return parts, standard(*tests[0]), standard(*tests[1])


def run_table(cell: Cell) -> Metrics:
    """NLL and RMSE in raw units on the test tenth of each split."""
    data = split(*regression_table(cell.task), cell.seeds)
    setting = Setting(TABLE.widths, cell.settings["epochs"], TABLE.lr, cell.settings["a"])
    trained = fit(cell.method, data, cell.seeds, setting)
    with torch.no_grad():
        nll = trained.nll(data.x_test, data.y_test, 512).mean(1) + torch.log(data.y_scale[:, 0])
        error = (trained.mean(data.x_test, 64) - data.y_test).square().mean(1).sqrt() * data.y_scale[:, 0]
    return {"NLL": _list(nll), "RMSE": _list(error)}


def run_noise(cell: Cell) -> Metrics:
    """y = x + N(0, .01): the variance that is fitted, against .01, c times .01, and that of loss mixing."""
    parts = []
    for seed in cell.seeds:
        rng = np.random.default_rng(seed)
        x = rng.standard_normal(2000)
        parts.append((x[:, None], x + 0.1 * rng.standard_normal(2000)))
    x, y = (torch.tensor(np.stack(same), dtype=torch.float32) for same in zip(*parts, strict=True))
    scale = torch.ones(len(cell.seeds), 1)
    data = Split(x, y, x, y, x, y, scale)
    setting = Setting(NOISE.widths, cell.settings["epochs"], NOISE.lr, cell.settings["a"])
    trained = fit(cell.method, data, cell.seeds, setting)
    with torch.no_grad():
        variance = apart(trained.model(flat(x))[1], len(cell.seeds))
    return {"fitted variance": _list(variance.median(1).values)}


def _list(values: Tensor) -> list[float]:
    return [float(value) for value in values]
