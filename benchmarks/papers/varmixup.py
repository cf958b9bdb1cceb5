"""VarMixup against mixup, mixup of reconstructions, and each with a clean half."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor, nn

from benchmarks.papers.cells import Cell, Metrics
from benchmarks.papers.classification import Batch, Task, cross_entropy, fit, load_task, scores, weights
from synthmix.torch import MMDVAE, LawOnDevice, mixup_reconstructions, var_mixup

SEEDS = tuple(range(10))
EPOCHS = 60
LATENT = {"digits": 16, "abalone": 5}
METHODS = (
    "ERM",
    "mixup",
    "mixup + clean half",
    "Mixup-R",
    "VarMixup, MMD",
    "VarMixup, KL",
    "VarMixup, MMD, log-linear",
    "VarMixup, MMD + clean half",
)


def cells(*, quick: bool = False) -> list[tuple[Cell, Callable[[Cell], Metrics]]]:
    """Return what is to be computed."""
    seeds = SEEDS[:2] if quick else SEEDS
    epochs = 2 if quick else EPOCHS
    tables = ("digits",) if quick else ("digits", "abalone")
    return [
        (Cell("varmixup", table, method, {"a": 1.0, "epochs": epochs, "latent": LATENT[table]}, seeds), run)
        for table in tables
        for method in METHODS
    ]


def run(cell: Cell) -> Metrics:
    """Train and score one method; for those with an autoencoder also how well that one reconstructs."""
    task = load_task(cell.task, cell.seeds)
    vaes: list[MMDVAE] = []
    if "Var" in cell.method or cell.method == "Mixup-R":
        kind = "kl" if "KL" in cell.method else "mmd"
        vaes = autoencoders(cell.task, cell.seeds, kind, cell.settings["latent"], cell.settings["epochs"])
    net = fit(task, loss_of(cell.method, cell.settings["a"], vaes), cell.settings["epochs"])
    noise = torch.randn(task.x_test.shape, generator=torch.Generator().manual_seed(7))
    found = scores(net, task.x_test, task.y_test)
    found["error under noise"] = scores(net, task.x_test + noise, task.y_test)["error"]
    return {**found, **reconstruction(vaes, task)}


@lru_cache(maxsize=4)
def autoencoders(table: str, seeds: tuple[int, ...], kind: str, latent: int, epochs: int) -> list[MMDVAE]:
    """Return one autoencoder for each split, fitted to its training rows."""
    task = load_task(table, seeds)
    return [
        MMDVAE(latent, (128,), regulariser=kind, epochs=epochs).fit(x, random_state=seed)  # type: ignore[arg-type]
        for x, seed in zip(task.x_train, seeds, strict=True)
    ]


@torch.no_grad()
def reconstruction(vaes: list[MMDVAE], task: Task) -> Metrics:
    """Return mean squared errors of reconstructions, in training and in test rows, and the mean posterior variance."""
    found: Metrics = {}
    for vae, x_train, x_test in zip(vaes, task.x_train, task.x_test, strict=False):
        for name, x in (("reconstruction train", x_train), ("reconstruction test", x_test)):
            mean, variance = vae.encode(x)
            found.setdefault(name, []).append(float((vae.decode(mean) - x).square().mean()))
        found.setdefault("posterior variance", []).append(float(variance.mean()))
    return found


def loss_of(method: str, a: float, vaes: list[MMDVAE]) -> Callable[[nn.Module, Batch], Tensor]:
    """Return the loss of a method."""
    law = LawOnDevice(a)

    def mixed(batch: Batch) -> tuple[Tensor, Tensor]:
        lam = weights(law, batch)
        if not vaes:
            return lam * batch.x_i + (1.0 - lam) * batch.x_j, lam * batch.y_i + (1.0 - lam) * batch.y_j
        rows = zip(vaes, batch.x_i, batch.x_j, batch.y_i, batch.y_j, lam.squeeze(-1), strict=True)
        if method == "Mixup-R":
            parts = [mixup_reconstructions(*member) for member in rows]
        else:
            fusion = "log-linear" if "log-linear" in method else "mean"
            parts = [var_mixup(*member, fusion=fusion, generator=batch.generator) for member in rows]  # type: ignore[arg-type]
        x, y = (torch.stack(same) for same in zip(*parts, strict=True))
        return x, y

    def loss(net: nn.Module, batch: Batch) -> Tensor:
        if method == "ERM":
            return cross_entropy(net(batch.x_i), batch.y_i)
        with torch.no_grad():
            x, y = mixed(batch)
        found = cross_entropy(net(x), y)
        if "clean half" in method:
            found = 0.5 * (found + cross_entropy(net(batch.x_i), batch.y_i))
        return found

    return loss
