"""Three noisy rings: classification in the plane, where input mixup leaves the data."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from benchmarks.papers.cells import Cell, Metrics
from benchmarks.papers.regression import LAYER, apart, flat, partners_of
from benchmarks.papers.stacked import StackedLinear, generators_of, mlp, train
from synthmix.families import Categorical
from synthmix.torch import LawOnDevice, MProbMix, ProbMixLoss

WIDTHS, RATE, CLASSES = (128, 64), 0.01, 3
_CATEGORICAL = Categorical()

# Method -> (how it mixes, whether partners are near).
RING_METHODS: dict[str, tuple[str, bool]] = {
    "ERM": ("none", False),
    "latent noise": ("latent none", False),
    "Mix": ("input", False),
    "LocMix": ("input", True),
    "ProbMix": ("density", False),
    "LocProbMix": ("density", True),
    "LocProbMix, log-linear labels": ("density, log-linear labels", True),
    "M-ProbMix": ("latent log-linear", False),
    "LocM-ProbMix": ("latent log-linear", True),
}


class Classifier(nn.Module):
    """Points to logits."""

    def __init__(self, seeds: tuple[int, ...]) -> None:
        super().__init__()
        self.net = mlp((2, *WIDTHS, CLASSES), seeds)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.net(x)
        return found


def rings(n: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Return n points on rings of radius .5, 1.5 and 2.5 with noise of variance .09, and the number of their ring."""
    ring = rng.integers(0, CLASSES, n)
    angle = rng.uniform(0.0, 2.0 * np.pi, n)
    points = (0.5 + ring)[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1) + 0.3 * rng.standard_normal((n, 2))
    return torch.tensor(points, dtype=torch.float32), torch.tensor(ring)


def run_rings(cell: Cell) -> Metrics:
    """Accuracy in percent and NLL on 1,000 fresh points; 80 points are for training, 20 for validation."""
    made = []
    for seed in cell.seeds:
        rng = np.random.default_rng(seed)
        made.append((*rings(80, rng), *rings(20, rng), *rings(1000, rng)))
    x, y, x_valid, y_valid, x_test, y_test = (torch.stack(same) for same in zip(*made, strict=True))
    how, near = RING_METHODS[cell.method]
    module = Classifier(cell.seeds)
    model: nn.Module = module
    if how.startswith("latent"):
        head = StackedLinear(WIDTHS[0], WIDTHS[0], generators_of(cell.seeds, 3))
        model = MProbMix(module, LAYER, family="categorical", fusion=how.removeprefix("latent "), variance=head)  # type: ignore[arg-type]
    members, samples = len(cell.seeds), cell.settings["samples"]

    def nll(points: Tensor, truth: Tensor) -> Tensor:
        if isinstance(model, MProbMix):
            generator = torch.Generator().manual_seed(11)
            return apart(model.nll(flat(points), flat(truth), n_samples=samples, generator=generator), members)
        return apart(-_CATEGORICAL.log_density(flat(truth), (module(flat(points)),)), members)

    step = _loss(model, module, how, x, y, cell.seeds, cell.settings["a"], near=near)
    train(
        list(model.parameters()),
        lambda _: apart(step(), members).mean(1),
        cell.settings["epochs"],
        RATE,
        validate=lambda: nll(x_valid, y_valid).mean(1),
    )
    with torch.no_grad():
        if isinstance(model, MProbMix):
            drawn = model(flat(x_test), n_samples=samples, generator=torch.Generator().manual_seed(11))
            likely = drawn.softmax(-1).mean(0).argmax(-1)
        else:
            likely = module(flat(x_test)).argmax(-1)
        right = apart((likely == flat(y_test)).float(), members).mean(1)
        return {"accuracy": [100.0 * float(v) for v in right], "NLL": [float(v) for v in nll(x_test, y_test).mean(1)]}


def _loss(
    model: nn.Module,
    module: nn.Module,
    how: str,
    x: Tensor,
    y: Tensor,
    seeds: tuple[int, ...],
    a: float,
    *,
    near: bool,
) -> Callable[[], Tensor]:
    draw = partners_of(x, generators_of(seeds, 4), near=near)
    law, generator = LawOnDevice(a), torch.Generator().manual_seed(5)
    rows, labels = flat(x), flat(y)
    smooth = "log-linear labels" in how
    density = ProbMixLoss(
        _CATEGORICAL,
        reduction="none",
        label_fusion="log-linear" if smooth else "linear",
        smoothing=0.01 if smooth else 0.0,
    )

    def step() -> Tensor:
        if how == "none":
            return -_CATEGORICAL.log_density(labels, (module(rows),))
        other = draw()
        x_j, y_j = flat(x.gather(1, other.unsqueeze(2).expand_as(x))), flat(y.gather(1, other))
        lam = law.lam(rows.shape[0], generator=generator).to(rows.dtype)
        if how == "input":
            wide = lam.unsqueeze(1)
            soft = wide * one_hot(labels, CLASSES) + (1.0 - wide) * one_hot(y_j, CLASSES)
            return -_CATEGORICAL.log_density(soft, (module(wide * rows + (1.0 - wide) * x_j),))
        if how.startswith("density"):
            own, partner = module(torch.cat([rows, x_j])).chunk(2)
            return density(own, partner, labels, y_j, lam)
        mixing = {} if how == "latent none" else {"partner": x_j, "y_partner": y_j, "lam": lam}
        return model.nll(rows, labels, n_samples=1, generator=generator, **mixing)  # type: ignore[operator]

    return step
