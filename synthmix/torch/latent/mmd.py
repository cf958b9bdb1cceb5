"""The squared maximum mean discrepancy (MMD) of two samples, and its closed forms for Gaussians.

The kernel is k(x, y) = exp(-|x - y|^2 / (2 w^2)) with width w. The reference implementation of the MMD-VAE has
w^2 = d^2 / 2 in d dimensions, which :func:`reference_width` gives.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from synthmix.arguments import one_of
from synthmix.errors import InputError, OptionError


def reference_width(dimensions: int) -> float:
    """Return d / sqrt(2), the width of the reference MMD-VAE (Zhao, Song and Ermon 2019) in d dimensions."""
    return dimensions / math.sqrt(2.0)


def gaussian_kernel(x: Tensor, y: Tensor, width: float) -> Tensor:
    """Return exp(-|x_i - y_j|^2 / (2 width^2)) for all rows of x (n, d) and y (m, d), shape (n, m)."""
    square = (x * x).sum(1)[:, None] + (y * y).sum(1)[None, :] - 2.0 * x @ y.T
    return torch.exp(square.clamp(min=0.0) / (-2.0 * width * width))


def mmd_squared(x: Tensor, y: Tensor, width: float, *, statistic: Literal["V", "U"] = "V") -> Tensor:
    """Return the squared MMD of two samples under the Gaussian kernel, a scalar tensor with a gradient.

    Parameters
    ----------
    x, y : Tensor of shape (n, d) and (m, d)
        At least one row each, two for the U-statistic.
    width : float
        Width w of the kernel, in the units of x.
    statistic : {"V", "U"}
        "V" includes the pairs of a point with itself: never negative, but for equal laws its expectation is
        (1/n + 1/m)(1 - E k) instead of 0 (:func:`v_statistic_bias`). "U" leaves them out: unbiased, may be negative.

    Notes
    -----
    Gretton et al. (2012), JMLR 13:723-773. Costs n^2 + m^2 + n m kernel values.
    """
    one_of("statistic", statistic, ("V", "U"))
    _positive("width", width)
    least = 1 if statistic == "V" else 2
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1] or min(x.shape[0], y.shape[0]) < least:
        raise InputError(
            f"x {tuple(x.shape)} and y {tuple(y.shape)}: give two matrices of as many columns, with at least "
            f"{least} row{'s' if least > 1 else ''} each"
        )
    within = [_mean_of_pairs(gaussian_kernel(z, z, width), statistic) for z in (x, y)]
    return within[0] + within[1] - 2.0 * gaussian_kernel(x, y, width).mean()


def _mean_of_pairs(kernel: Tensor, statistic: str) -> Tensor:
    n = kernel.shape[0]
    if statistic == "V":
        return kernel.mean()
    return (kernel.sum() - kernel.diagonal().sum()) / (n * (n - 1))


def expected_kernel(mean_x: Sequence[float], sd_x: float, mean_y: Sequence[float], sd_y: float, width: float) -> float:
    """Return E k(x, y) for independent x ~ N(mean_x, sd_x^2 I) and y ~ N(mean_y, sd_y^2 I)."""
    _positive("width", width)
    if len(mean_x) != len(mean_y):
        raise InputError(f"mean_x has {len(mean_x)} entries and mean_y {len(mean_y)}; give as many")
    total = width**2 + sd_x**2 + sd_y**2
    distance = sum((a - b) ** 2 for a, b in zip(mean_x, mean_y, strict=True))
    return float((width**2 / total) ** (len(mean_x) / 2) * math.exp(-distance / (2.0 * total)))


def mmd_squared_of_gaussians(
    mean_x: Sequence[float], sd_x: float, mean_y: Sequence[float], sd_y: float, width: float
) -> float:
    """Return the squared MMD of N(mean_x, sd_x^2 I) and N(mean_y, sd_y^2 I) themselves: no sampling, no bias."""
    own_x = expected_kernel(mean_x, sd_x, mean_x, sd_x, width)
    own_y = expected_kernel(mean_y, sd_y, mean_y, sd_y, width)
    return own_x + own_y - 2.0 * expected_kernel(mean_x, sd_x, mean_y, sd_y, width)


def v_statistic_bias(n: int, m: int, dimensions: int, width: float, sd: float = 1.0) -> float:
    """Return the expected V-statistic of n and m draws of one law N(mean, sd^2 I): (1/n + 1/m)(1 - E k)."""
    origin = [0.0] * dimensions
    return (1.0 / n + 1.0 / m) * (1.0 - expected_kernel(origin, sd, origin, sd, width))


def _positive(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise OptionError(f"{name}={value!r}: give a positive number")
