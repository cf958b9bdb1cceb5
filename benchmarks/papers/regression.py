"""Regression with uncertainty: one stack of networks trained by each method of the ProbMix family, and its controls.

Rows of all members stand in one axis, row by row (see :mod:`benchmarks.papers.stacked`), so that the losses of the
library see an ordinary batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from benchmarks.papers.data import Split
from benchmarks.papers.stacked import StackedLinear, generators_of, mlp, train
from synthmix.families import Gaussian
from synthmix.torch import LawOnDevice, MProbMix, ProbMixLoss

LAYER = "net.relu1"
NEIGHBOURS = 5
_ROWS = 32  # at a time, where many samples of each are held
_GAUSSIAN = Gaussian()

# Method -> (how it mixes, whether partners are near).
METHODS: dict[str, tuple[str, bool]] = {
    "ERM": ("none", False),
    "latent noise": ("latent none", False),
    "Mix": ("input", False),
    "LocMix": ("input", True),
    "M-Mix": ("manifold", False),
    "ProbMix": ("density", False),
    "LocProbMix": ("density", True),
    "M-ProbMix": ("latent log-linear", False),
    "LocM-ProbMix": ("latent log-linear", True),
    "M-ProbMix, linear pool": ("latent linear", False),
    "loss mixing": ("losses", False),
}


@dataclass(frozen=True)
class Setting:
    """How networks are trained."""

    widths: tuple[int, ...]
    epochs: int
    lr: float
    a: float
    samples: int = 64


class Predictive(nn.Module):
    """Rows to mean and variance of a normal law."""

    def __init__(self, widths: tuple[int, ...], seeds: tuple[int, ...]) -> None:
        super().__init__()
        self.net = mlp(widths, seeds)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        found = self.net(x)
        return found[:, 0], softplus(found[:, 1]) + 1e-6


def flat(stack: Tensor) -> Tensor:
    """Return (members, rows, ...) with the rows of all members in one axis, row by row."""
    return stack.transpose(0, 1).flatten(0, 1)


def apart(rows: Tensor, members: int) -> Tensor:
    """Return rows of all members, (rows * members,), as (members, rows)."""
    return rows.view(-1, members).T


def partners_of(x: Tensor, generators: list[torch.Generator], *, near: bool) -> Callable[[], Tensor]:
    """Return a function that draws a partner for each training row, (members, n): any row, or one of the nearest."""
    n = x.shape[1]
    if not near:
        return lambda: torch.stack([torch.randint(n, (n,), generator=generator) for generator in generators])
    distance = torch.cdist(x, x)
    distance.diagonal(dim1=1, dim2=2).fill_(math.inf)
    table = distance.topk(NEIGHBOURS, largest=False).indices

    def draw() -> Tensor:
        which = torch.stack([torch.randint(NEIGHBOURS, (n,), generator=generator) for generator in generators])
        return table.gather(2, which.unsqueeze(2)).squeeze(2)

    return draw


@dataclass
class Trained:
    """A trained stack."""

    model: Any
    latent: bool
    members: int

    def nll(self, x: Tensor, y: Tensor, samples: int, seed: int = 11) -> Tensor:
        """Return the NLL of each row, (members, rows), in units of the standardised target."""
        if not self.latent:
            return apart(-_GAUSSIAN.log_density(flat(y), self.model(flat(x))), self.members)
        generator = torch.Generator().manual_seed(seed)
        parts = zip(x.split(_ROWS, 1), y.split(_ROWS, 1), strict=True)
        found = [self.model.nll(flat(a), flat(b), n_samples=samples, generator=generator) for a, b in parts]
        return apart(torch.cat(found), self.members)

    def mean(self, x: Tensor, samples: int, seed: int = 11) -> Tensor:
        """Return the predictive mean of each row, (members, rows)."""
        if not self.latent:
            return apart(self.model(flat(x))[0], self.members)
        generator = torch.Generator().manual_seed(seed)
        parts = x.split(_ROWS, 1)
        found = [self.model(flat(part), n_samples=samples, generator=generator)[0].mean(0) for part in parts]
        return apart(torch.cat(found), self.members)


def fit(method: str, data: Split, seeds: tuple[int, ...], setting: Setting) -> Trained:
    """Train one network for each seed by a method; the parameters of the lowest validation NLL are kept."""
    how, near = METHODS[method]
    widths = (data.x_train.shape[-1], *setting.widths, 2)
    module = Predictive(widths, seeds)
    latent = how.startswith("latent")
    model: nn.Module = module
    if latent:
        head = StackedLinear(setting.widths[0], setting.widths[0], generators_of(seeds, 3))
        fusion = how.removeprefix("latent ")
        model = MProbMix(module, LAYER, fusion=fusion, variance=head)  # type: ignore[arg-type]
    elif how == "manifold":
        model = MProbMix(module, LAYER, variance=0.0)
    trained = Trained(model, latent, len(seeds))
    step = Step(model, module, how, data, seeds, setting.a, near=near)
    train(
        list(model.parameters()),
        lambda _: apart(step(), len(seeds)).mean(1),
        setting.epochs,
        setting.lr,
        validate=lambda: (
            Trained(module if how == "manifold" else model, latent, len(seeds))
            .nll(data.x_valid, data.y_valid, setting.samples)
            .mean(1)
        ),
    )
    return Trained(module, latent=False, members=len(seeds)) if how == "manifold" else trained


class Step:
    """The loss of one full-batch step, for each row."""

    def __init__(
        self,
        model: Any,
        module: nn.Module,
        how: str,
        data: Split,
        seeds: tuple[int, ...],
        a: float,
        *,
        near: bool,
    ) -> None:
        self.model, self.module, self.how = model, module, how
        self.x, self.y = data.x_train, data.y_train
        self.rows, self.labels = flat(self.x), flat(self.y)
        self.draw = partners_of(self.x, generators_of(seeds, 4), near=near)
        self.law = LawOnDevice(a)
        self.generator = torch.Generator().manual_seed(5)
        self.loss = ProbMixLoss(_GAUSSIAN, reduction="none")

    def __call__(self) -> Tensor:
        if self.how == "none":
            return -_GAUSSIAN.log_density(self.labels, self.module(self.rows))
        if self.how == "latent none":
            return self.model.nll(self.rows, self.labels, n_samples=1, generator=self.generator)
        other = self.draw()
        x_j = flat(self.x.gather(1, other.unsqueeze(2).expand_as(self.x)))
        y_j = flat(self.y.gather(1, other))
        lam = self.law.lam(self.rows.shape[0], generator=self.generator).to(self.rows.dtype)
        return self.mixed(x_j, y_j, lam)

    def mixed(self, x_j: Tensor, y_j: Tensor, lam: Tensor) -> Tensor:
        """Return the loss of rows with partners."""
        if self.how in ("input", "losses"):
            wide = lam.unsqueeze(1)
            law = self.module(wide * self.rows + (1.0 - wide) * x_j)
            if self.how == "input":
                return -_GAUSSIAN.log_density(lam * self.labels + (1.0 - lam) * y_j, law)
            own, partner = (-_GAUSSIAN.log_density(y, law) for y in (self.labels, y_j))
            return lam * own + (1.0 - lam) * partner
        if self.how == "density":
            n = self.rows.shape[0]
            mean, variance = self.module(torch.cat([self.rows, x_j]))
            return self.loss((mean[:n], variance[:n]), (mean[n:], variance[n:]), self.labels, y_j, lam)
        return self.model.nll(
            self.rows,
            self.labels,
            n_samples=1,
            partner=x_j,
            y_partner=y_j,
            lam=lam,
            generator=self.generator,
        )
