"""Multi-mix: K interpolations of a pair against fresh pairs, at equal steps, equal pairs and equal compute."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from benchmarks.papers.cells import Cell, Metrics
from benchmarks.papers.classification import Batch, cross_entropy, fit, load_task, scores, weights
from synthmix.torch import LawOnDevice, multi_mix, spread_lam

SEEDS = tuple(range(12))
EPOCHS = 25
POINTS = 5
Loss = Callable[[nn.Module, Batch], Tensor]


def cells(*, quick: bool = False) -> list[tuple[Cell, Callable[[Cell], Metrics]]]:
    """Return what is to be computed: every method with partners from the table and from the batch."""
    seeds = SEEDS[:2] if quick else SEEDS
    epochs = 2 if quick else EPOCHS
    found = []
    for partners in ("table", "batch"):
        for method in METHODS:
            settings = {"partners": partners, "a": 1.0, "epochs": epochs}
            found.append((Cell("multimix", "digits", method, settings, seeds), run))
    return found


def run(cell: Cell) -> Metrics:
    """Train and score one method."""
    task = load_task("digits", cell.seeds)
    loss, longer = METHODS[cell.method]
    net = fit(task, loss(cell.settings["a"]), longer * cell.settings["epochs"], partners=cell.settings["partners"])
    return scores(net, task.x_test, task.y_test)


def erm(_: float) -> Loss:
    """Return the plain loss."""
    return lambda net, batch: cross_entropy(net(batch.x_i), batch.y_i)


def mixup(a: float) -> Loss:
    """Return the loss of mixup with one weight for each row."""
    law = LawOnDevice(a)

    def loss(net: nn.Module, batch: Batch) -> Tensor:
        lam = weights(law, batch)
        x = lam * batch.x_i + (1.0 - lam) * batch.x_j
        return cross_entropy(net(x), lam * batch.y_i + (1.0 - lam) * batch.y_j)

    return loss


def several(spread: str) -> Callable[[float], Loss]:
    """Return multi-mix with K weights for each pair."""

    def make(a: float) -> Loss:
        law = LawOnDevice(a)

        def loss(net: nn.Module, batch: Batch) -> Tensor:
            members, width = batch.x_i.shape[:2]
            lam = spread_lam(law, POINTS, members * width, spread=spread, generator=batch.generator)  # type: ignore[arg-type]
            flat = (part.flatten(0, 1) for part in (batch.x_i, batch.x_j, batch.y_i, batch.y_j))
            x, y = multi_mix(*flat, lam.to(batch.x_i.dtype), labels="values")
            x, y = (rows.view(POINTS, members, width, -1).transpose(0, 1).flatten(1, 2) for rows in (x, y))
            return cross_entropy(net(x), y)

        return loss

    return make


def fresh_pairs(a: float) -> Loss:
    """Return mixup of each row with K partners, one weight for each of the K: as many forward rows as multi-mix."""
    law = LawOnDevice(a)

    def loss(net: nn.Module, batch: Batch) -> Tensor:
        width = batch.x_i.shape[1]
        parts = []
        for _ in range(POINTS):
            turn = torch.randperm(width, generator=batch.generator)
            lam = weights(law, batch)
            x = lam * batch.x_i + (1.0 - lam) * batch.x_j[:, turn]
            parts.append((x, lam * batch.y_i + (1.0 - lam) * batch.y_j[:, turn]))
        x, y = (torch.cat(rows, dim=1) for rows in zip(*parts, strict=True))
        return cross_entropy(net(x), y)

    return loss


# Method -> its loss for Beta(a, a), and how many times the epochs it gets.
METHODS: dict[str, tuple[Callable[[float], Loss], int]] = {
    "ERM": (erm, 1),
    "mixup": (mixup, 1),
    "multi-mix K=5": (several("independent"), 1),
    "multi-mix K=5 stratified": (several("stratified"), 1),
    "multi-mix K=5 antithetic": (several("antithetic"), 1),
    "mixup, 5 fresh pairings a step": (fresh_pairs, 1),
    "mixup, 5 times the epochs": (mixup, POINTS),
    "ERM, 5 times the epochs": (erm, POINTS),
}
