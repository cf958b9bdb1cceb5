"""A mean over rows with its standard error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from synthmix.errors import InputError


@dataclass(frozen=True)
class Estimate:
    """A number that was estimated from rows.

    Parameters
    ----------
    value : float
        The estimate.
    standard_error : float
        Its standard error over independent rows; NaN for a single row. It does not know of refits.
    n : int
        Number of rows.
    """

    value: float
    standard_error: float
    n: int

    def __float__(self) -> float:
        return self.value


def mean_of(scores: Tensor) -> Estimate:
    """Return mean and standard error of one score a row; axes after the first are averaged inside the row."""
    if scores.numel() == 0:
        raise InputError("there are no rows to average over")
    rows = scores.detach().double().reshape(len(scores), -1).mean(1)
    n = len(rows)
    return Estimate(float(rows.mean()), float(rows.std() / math.sqrt(n)) if n > 1 else math.nan, n)


def same_shape(**tensors: Any) -> None:
    """Refuse tensors of different shapes, which would be broadcast: (n,) and (n, 1) give (n, n)."""
    shapes = {name: tuple(x.shape) for name, x in tensors.items()}
    if len(set(shapes.values())) > 1:
        text = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise InputError(f"shapes differ: {text}; reshape them, so that nothing is broadcast")
