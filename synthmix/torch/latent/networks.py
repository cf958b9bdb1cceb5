"""Small networks whose first weights come from a generator of the caller, and the loop that trains them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from synthmix.errors import InputError, OptionError

Loss = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Schedule:
    """How long to train: passes over the rows, rows of a batch, step size of Adam."""

    epochs: int
    batch_size: int
    lr: float

    def __post_init__(self) -> None:
        at_least_one("epochs", self.epochs)
        at_least_one("batch_size", self.batch_size)
        if not self.lr > 0:
            raise OptionError(f"lr={self.lr!r}: give a positive step size")


def at_least_one(name: str, *numbers: int) -> None:
    """Refuse what cannot be a number of coordinates, neurons, epochs or rows."""
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise OptionError(f"{name}={number!r}: give a whole number of at least 1")


def mlp(sizes: Sequence[int], generator: torch.Generator, dtype: torch.dtype = torch.float32) -> nn.Sequential:
    """Return linear layers of the given sizes with ReLU between them, on the device of the generator.

    Weights and biases are uniform on +-1 / sqrt(fan in), as in ``torch.nn.Linear``, but drawn from `generator`:
    the global random state is not touched.
    """
    layers: list[nn.Module] = []
    for i, (n_in, n_out) in enumerate(pairwise(sizes)):
        layer = nn.Linear(n_in, n_out, device="meta", dtype=dtype).to_empty(device=generator.device)
        bound = 1.0 / math.sqrt(max(n_in, 1))
        with torch.no_grad():
            for parameter in layer.parameters():
                parameter.uniform_(-bound, bound, generator=generator)
        layers += [layer, nn.ReLU()] if i < len(sizes) - 2 else [layer]
    return nn.Sequential(*layers)


@contextmanager
def undisturbed(device: torch.device) -> Iterator[None]:
    """Let what is made inside be what it is without the caller's autocast, ``no_grad`` or ``inference_mode``."""
    with torch.inference_mode(mode=False), torch.enable_grad(), torch.autocast(device.type, enabled=False):
        yield


def check_trained(*found: Tensor) -> None:
    """Refuse what a training that diverged leaves behind.

    Raises
    ------
    InputError
        For weights, codes or errors that are not finite.
    """
    if not all(bool(torch.isfinite(numbers).all()) for numbers in found):
        raise InputError(
            "training diverged: weights or codes are not finite; lower lr, or give rows with numbers of about unit "
            "variance and without extreme values"
        )


def train(
    modules: Iterable[nn.Module],
    loss: Loss,
    n_rows: int,
    schedule: Schedule,
    generator: torch.Generator,
) -> None:
    """Minimise ``loss(rows)``, the mean over a batch of row numbers, by Adam over shuffled batches; then freeze.

    Afterwards the modules are in evaluation mode and none of their parameters asks for a gradient. To be called
    :func:`undisturbed`, as are the functions that made the modules.

    Raises
    ------
    InputError
        When training diverged.
    """
    owners = list(modules)
    parameters = [parameter for module in owners for parameter in module.parameters()]
    for module in owners:
        module.train()
        module.requires_grad_(requires_grad=True)
    optimizer = torch.optim.Adam(parameters, lr=schedule.lr)
    for _ in range(schedule.epochs):
        order = torch.randperm(n_rows, generator=generator, device=generator.device)
        for rows in torch.split(order, schedule.batch_size):
            optimizer.zero_grad(set_to_none=True)
            loss(rows).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    check_trained(*parameters)
    for module in owners:
        module.eval()
        module.requires_grad_(requires_grad=False)
        module.zero_grad(set_to_none=True)
