"""What keeps codes near the prior N(0, I): MMD of the aggregate posterior, or KL of every single one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from synthmix.arguments import one_of
from synthmix.errors import OptionError
from synthmix.torch.latent.mmd import mmd_squared, reference_width

Regulariser: TypeAlias = Literal["mmd", "kl"]
_LOG_VARIANCE = (-20.0, 10.0)  # exp stays far from the ends of float32


@dataclass(frozen=True)
class Objective:
    """The regulariser with its weight and, for MMD, the kernel width (None: that of the reference)."""

    regulariser: Regulariser
    mmd_weight: float
    kl_weight: float
    kernel_width: float | None

    def __post_init__(self) -> None:
        one_of("regulariser", self.regulariser, ("mmd", "kl"))
        for name in ("mmd_weight", "kl_weight"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise OptionError(f"{name}={value!r}: give a number that is not negative")
        if self.kernel_width is not None and not (math.isfinite(self.kernel_width) and self.kernel_width > 0):
            raise OptionError(f"kernel_width={self.kernel_width!r}: give a positive number, or None for d / sqrt(2)")

    def draw(self, mean: Tensor, variance: Tensor, generator: torch.Generator) -> Tensor:
        """Return one draw from each posterior."""
        return mean + variance.sqrt() * _normal(mean, generator)

    def penalty(self, codes: Tensor, mean: Tensor, variance: Tensor, generator: torch.Generator) -> Tensor:
        """Return the weighted regulariser of a batch: `codes` are draws from the posteriors."""
        if self.regulariser == "kl":
            divergence = 0.5 * (mean * mean + variance - variance.log() - 1.0).sum(1)
            return self.kl_weight * divergence.mean()
        width = self.kernel_width or reference_width(codes.shape[1])
        return self.mmd_weight * mmd_squared(codes, _normal(codes, generator), width)


def split(coded: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and variance from an encoder's output, (B, 2 L): the second half is log variance."""
    mean, log_variance = coded.chunk(2, dim=1)
    return mean, log_variance.clamp(*_LOG_VARIANCE).exp()


def _normal(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(like.shape, generator=generator, device=like.device, dtype=like.dtype)
