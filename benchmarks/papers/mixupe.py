"""MixupE against mixup with as many settings tried, and against what else a clean forward pass could be spent on."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import vmap

from benchmarks.papers.cells import Cell, Metrics
from benchmarks.papers.classification import Batch, Task, cross_entropy, fit, load_task, scores, weights
from synthmix.torch import LawOnDevice, logit_slope, mixupe_loss, one_sided_mean

SEEDS = tuple(range(12))
EPOCHS = 25
TABLES = ("digits", "abalone", "iris")
LAWS = (0.1, 0.2, 0.5, 1.0, 2.0)
STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
Loss = Callable[[nn.Module, Batch], Tensor]


def cells(*, quick: bool = False) -> list[tuple[Cell, Callable[[Cell], Metrics]]]:
    """Return what is to be computed: fixed settings at a = 1, and tuned ones with 25 settings for each method."""
    seeds = SEEDS[:2] if quick else SEEDS
    epochs = 1 if quick else EPOCHS
    found = []
    for table in TABLES[:1] if quick else TABLES:
        fixed: list[tuple[str, dict[str, Any]]] = [("ERM", {}), ("mixup", {}), ("mixup + clean half", {})]
        fixed += [("MixupE", {"eta": eta, "term": term}) for term in ("cheap", "accurate") for eta in STRENGTHS]
        fixed += [("ERM + R", {"eta": eta}) for eta in (0.1, 1.0)]
        fixed += [(name, {"batch_norm": True}) for name in ("mixup", "mixup, clean pass, eta 0", "mixup + clean half")]
        for method, settings in fixed:
            asked = {"a": 1.0, "epochs": epochs, **settings}
            found.append((Cell("mixupe", table, method, asked, seeds), run))
        many = {"epochs": epochs, "settings": 25}
        found += [(Cell("mixupe", table, method, many, seeds), tuned) for method in ("mixup, tuned", "MixupE, tuned")]
    return found


def run(cell: Cell) -> Metrics:
    """Train and score one method with given settings."""
    task = load_task(cell.task, cell.seeds)
    net = fit(
        task,
        loss_of(cell.method, cell.settings),
        cell.settings["epochs"],
        batch_norm=cell.settings.get("batch_norm", False),
    )
    return scores(net, task.x_test, task.y_test)


def tuned(cell: Cell) -> Metrics:
    """Try 25 settings on validation rows, for each member, and score the best: laws by strengths, or laws by starts."""
    seeds = cell.seeds
    best: Metrics = {}
    lowest = [float("inf")] * len(seeds)
    for a, other in product(LAWS, range(5)):
        if cell.method == "MixupE, tuned":
            task = load_task(cell.task, seeds, validation=True)
            loss = loss_of("MixupE", {"a": a, "eta": STRENGTHS[other], "term": "cheap"})
        else:  # the same split from another start
            task = load_task(cell.task, seeds, validation=True)
            task = Task(**{**vars(task), "seeds": tuple(seed + 1000 * other for seed in seeds)})
            loss = loss_of("mixup", {"a": a})
        net = fit(task, loss, cell.settings["epochs"])
        valid = scores(net, task.x_valid, task.y_valid)["error"]
        test = scores(net, task.x_test, task.y_test)
        for member, error in enumerate(valid):
            if error < lowest[member]:
                lowest[member] = error
                for name, values in test.items():
                    best.setdefault(name, [0.0] * len(seeds))[member] = values[member]
    return best


def loss_of(method: str, settings: dict[str, Any]) -> Loss:
    """Return the loss of a method."""
    law = LawOnDevice(settings["a"])
    coef = one_sided_mean(settings["a"])

    def mixed(net: nn.Module, batch: Batch) -> Tensor:
        lam = weights(law, batch)
        x = lam * batch.x_i + (1.0 - lam) * batch.x_j
        return cross_entropy(net(x), lam * batch.y_i + (1.0 - lam) * batch.y_j)

    def clean(net: nn.Module, batch: Batch) -> Tensor:
        return cross_entropy(net(batch.x_i), batch.y_i)

    def strengthened(net: nn.Module, batch: Batch) -> Tensor:
        plain = clean(net, batch) if method == "ERM + R" else mixed(net, batch)
        logits, slope = _logits(net, batch.x_i, accurate=settings.get("term") == "accurate")

        def one(loss: Tensor, f: Tensor, y: Tensor, tangent: Tensor) -> Tensor:
            given = None if settings.get("term") != "accurate" else tangent
            return mixupe_loss(loss, f, y, coef=coef, eta=settings["eta"], slope=given)

        return vmap(one)(plain, logits, batch.y_i, slope)

    def with_pass(net: nn.Module, batch: Batch) -> Tensor:
        return mixed(net, batch) + 0.0 * net(batch.x_i).sum(dim=(-2, -1))

    def half(net: nn.Module, batch: Batch) -> Tensor:
        return 0.5 * (mixed(net, batch) + clean(net, batch))

    losses: dict[str, Loss] = {
        "ERM": clean,
        "mixup": mixed,
        "MixupE": strengthened,
        "ERM + R": strengthened,
        "mixup, clean pass, eta 0": with_pass,
        "mixup + clean half": half,
    }
    return losses[method]


def _logits(net: nn.Module, x: Tensor, *, accurate: bool) -> tuple[Tensor, Tensor]:
    """Return the logits of clean rows and, for the accurate term, their slope towards the mean row, which is zero."""
    if not accurate:
        logits = net(x)
        return logits, torch.zeros_like(logits)
    members, width, columns = x.shape

    def flat(rows: Tensor) -> Tensor:
        return net(rows.view(members, width, columns)).flatten(0, 1)

    logits, slope = logit_slope(flat, x.flatten(0, 1), torch.zeros(columns, dtype=x.dtype))
    return logits.view(members, width, -1), slope.view(members, width, -1)
