"""Many small networks at once: one member for each seed or split, as an additional leading dimension.

Members share nothing but the clock. Adam works number by number, and the loss is the sum over members, so each member
is trained as it would be alone; a matrix product of a stack costs little more than one.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn


class StackedLinear(nn.Module):
    """One linear layer for each member: (..., members, rows, width_in) to (..., members, rows, width_out).

    Rows of all members may also come in one axis, row by row: row ``members * b + s`` belongs to member s.
    """

    def __init__(self, width_in: int, width_out: int, generators: Sequence[torch.Generator]) -> None:
        super().__init__()
        bound = 1.0 / math.sqrt(width_in)  # torch's own start of nn.Linear

        def start(*shape: int) -> nn.Parameter:
            drawn = [torch.rand(shape, generator=generator) for generator in generators]
            return nn.Parameter((2.0 * torch.stack(drawn) - 1.0) * bound)

        self.weight, self.bias = start(width_in, width_out), start(1, width_out)

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() > 2:
            return x @ self.weight + self.bias
        apart = x.view(-1, self.weight.shape[0], x.shape[-1]).transpose(0, 1)
        return (apart @ self.weight + self.bias).transpose(0, 1).reshape(x.shape[0], -1)


class StackedBatchNorm(nn.Module):
    """Batch normalisation of each member: batch statistics in training, their running mean in evaluation."""

    def __init__(self, members: int, width: int, momentum: float = 0.1) -> None:
        super().__init__()
        self.momentum = momentum
        self.scale, self.shift = (
            nn.Parameter(torch.ones(members, 1, width)),
            nn.Parameter(torch.zeros(members, 1, width)),
        )
        self.register_buffer("mean", torch.zeros(members, 1, width))
        self.register_buffer("variance", torch.ones(members, 1, width))

    def forward(self, x: Tensor) -> Tensor:
        mean, variance = self.mean, self.variance
        if self.training:
            mean, variance = x.mean(dim=-2, keepdim=True), x.var(dim=-2, keepdim=True, unbiased=False)
            rows = x.shape[-2]
            with torch.no_grad():
                self.mean.lerp_(mean, self.momentum)
                self.variance.lerp_(variance * rows / max(rows - 1, 1), self.momentum)
        return (x - mean) / torch.sqrt(variance + 1e-5) * self.scale + self.shift


def generators_of(seeds: Sequence[int], purpose: int) -> list[torch.Generator]:
    """Return one generator for each seed; different purposes of a seed have nothing in common."""
    return [torch.Generator().manual_seed(1_000_003 * purpose + seed) for seed in seeds]


def mlp(widths: Sequence[int], seeds: Sequence[int], *, purpose: int = 1, batch_norm: bool = False) -> nn.Sequential:
    """Return layers "layer1", "relu1", "layer2", ... of the given widths; the last layer has no activation."""
    generators = generators_of(seeds, purpose)
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for i, (width_in, width_out) in enumerate(pairwise(widths), start=1):
        layers[f"layer{i}"] = StackedLinear(width_in, width_out, generators)
        if i < len(widths) - 1:
            if batch_norm:
                layers[f"norm{i}"] = StackedBatchNorm(len(seeds), width_out)
            layers[f"relu{i}"] = nn.ReLU()
    return nn.Sequential(layers)


def rows_of(stack: Tensor, index: Tensor) -> Tensor:
    """Return rows `index` (members, b) of a stack (members, n, ...) of tables."""
    member = torch.arange(stack.shape[0], device=stack.device).unsqueeze(1)
    return stack[member, index]


def shuffled(members: Sequence[torch.Generator], n: int) -> Tensor:
    """Return one random order of n rows for each member, (members, n)."""
    return torch.stack([torch.randperm(n, generator=generator) for generator in members])


def train(
    parameters: Sequence[nn.Parameter],
    loss_of: Callable[[int], Tensor],
    steps: int,
    lr: float,
    *,
    validate: Callable[[], Tensor] | None = None,
    every: int = 5,
) -> None:
    """Minimise the losses ``loss_of(step)``, shape (members,), by Adam.

    With `validate`, each member ends with the parameters of its lowest validation loss, looked at every `every` steps.
    """
    optimiser = torch.optim.Adam(parameters, lr=lr)
    best: Tensor | None = None
    kept = [parameter.detach().clone() for parameter in parameters]
    for step in range(steps):
        optimiser.zero_grad(set_to_none=True)
        loss_of(step).sum().backward()
        optimiser.step()
        if validate is None or (step + 1) % every:
            continue
        with torch.no_grad():
            found = torch.nan_to_num(validate(), nan=math.inf)
            better = found < best if best is not None else torch.ones_like(found, dtype=torch.bool)
            best = found if best is None else torch.minimum(best, found)
            for mine, parameter in zip(kept, parameters, strict=True):
                mine.copy_(torch.where(better.view(-1, *[1] * (parameter.dim() - 1)), parameter, mine))
    if validate is not None:
        with torch.no_grad():
            for mine, parameter in zip(kept, parameters, strict=True):
                parameter.copy_(mine)
