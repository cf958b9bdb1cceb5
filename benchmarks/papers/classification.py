"""What the classification experiments share: tables, training of a stack of networks, and scores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import load_digits, load_iris
from torch import Tensor, nn
from torch.nn.functional import log_softmax, one_hot

from benchmarks.papers.cells import Metrics
from benchmarks.papers.data import halves, regression_table
from benchmarks.papers.stacked import generators_of, mlp, rows_of, shuffled, train
from synthmix.torch import LawOnDevice, calibration_error

BATCH = 100
RATE = 1e-3
HIDDEN = (128, 128)


@dataclass(frozen=True)
class Task:
    """One table, split once for each seed: rows (members, n, d), classes (members, n)."""

    x_train: Tensor
    y_train: Tensor
    x_valid: Tensor
    y_valid: Tensor
    x_test: Tensor
    y_test: Tensor
    classes: int
    seeds: tuple[int, ...]

    @property
    def labels(self) -> Tensor:
        """One-hot training labels, (members, n, classes)."""
        return one_hot(self.y_train, self.classes).to(self.x_train.dtype)


@dataclass
class Batch:
    """Rows of a step with their partners, (members, b, ...), and a generator for weights."""

    x_i: Tensor
    y_i: Tensor
    x_j: Tensor
    y_j: Tensor
    generator: torch.Generator


def load_task(name: str, seeds: tuple[int, ...], *, validation: bool = False) -> Task:
    """Return "digits", "iris" or "abalone" (rings in three classes, <= 8, 9-10, >= 11), half of it for training.

    With `validation` a fifth of the training half is set aside.
    """
    if name == "abalone":
        x, rings = regression_table("abalone")
        y = np.digitize(rings, [8.5, 10.5])
    else:
        found = load_digits() if name == "digits" else load_iris()
        x, y = found.data, found.target
    rows = y.size // 2
    x_train, y_train, x_test, y_test = halves(x, y.astype(np.int64), seeds, train_rows=rows)
    kept = rows - rows // 5 if validation else rows
    return Task(
        x_train[:, :kept],
        y_train[:, :kept],
        x_train[:, kept:],
        y_train[:, kept:],
        x_test,
        y_test,
        int(y.max()) + 1,
        seeds,
    )


def batches(task: Task, epochs: int, *, partners: str, purpose: int = 2) -> list[Callable[[], Batch]]:
    """Return one function for each step that gives its batch: every row once an epoch.

    Partners come "table": from the whole table, "batch": by a permutation of the batch.
    """
    generators = generators_of(task.seeds, purpose)
    drawer = torch.Generator().manual_seed(purpose)
    labels, n = task.labels, task.x_train.shape[1]
    steps = []
    for _ in range(epochs):
        order = shuffled(generators, n)
        for low in range(0, n, BATCH):
            steps.append((order[:, low : low + BATCH], len(steps)))

    def make(index: Tensor) -> Batch:
        width = index.shape[1]
        if partners == "batch":
            other = torch.gather(index, 1, shuffled(generators, width))
        else:
            other = torch.stack([torch.randint(n, (width,), generator=generator) for generator in generators])
        x_i, y_i = rows_of(task.x_train, index), rows_of(labels, index)
        return Batch(x_i, y_i, rows_of(task.x_train, other), rows_of(labels, other), drawer)

    return [lambda index=index: make(index) for index, _ in steps]  # type: ignore[misc]


def weights(law: LawOnDevice, batch: Batch) -> Tensor:
    """Return lam for each row of a batch, (members, b, 1)."""
    members, width = batch.x_i.shape[:2]
    return law.lam(members * width, generator=batch.generator).to(batch.x_i.dtype).view(members, width, 1)


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cross-entropy of each member, (members,)."""
    return -(labels * log_softmax(logits, -1)).sum(-1).mean(-1)


def fit(
    task: Task,
    loss_of: Callable[[nn.Module, Batch], Tensor],
    epochs: int,
    *,
    partners: str = "table",
    batch_norm: bool = False,
) -> nn.Sequential:
    """Train one network for each seed and return the stack."""
    net = mlp([task.x_train.shape[-1], *HIDDEN, task.classes], task.seeds, batch_norm=batch_norm)
    steps = batches(task, epochs, partners=partners)
    train(list(net.parameters()), lambda step: loss_of(net, steps[step]()), len(steps), RATE)
    return net.eval()


@torch.no_grad()
def scores(net: nn.Module, x: Tensor, y: Tensor, prefix: str = "") -> Metrics:
    """Return error in percent, NLL, and calibration error of each member.

    "ece" is the debiased one of bins of equal mass, "ece plug-in" that of 15 bins of equal width, as papers print it.
    """
    logs = log_softmax(net(x), -1)
    found: Metrics = {"error": [], "nll": [], "ece": [], "ece plug-in": []}
    for log, truth in zip(logs, y, strict=True):
        found["error"].append(100.0 * float((log.argmax(-1) != truth).float().mean()))
        found["nll"].append(float(-log.gather(-1, truth.unsqueeze(-1)).mean()))
        found["ece"].append(calibration_error(log.exp(), truth).value)
        found["ece plug-in"].append(calibration_error(log.exp(), truth, binning="equal-width").plug_in)
    return {prefix + name: values for name, values in found.items()}
