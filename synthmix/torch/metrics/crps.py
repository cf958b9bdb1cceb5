"""The continuous ranked probability score, in units of y: int (F(x) - [y <= x])^2 dx, lower is better."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from synthmix.errors import InputError
from synthmix.torch.metrics.estimate import same_shape


def crps_gaussian(mean: Tensor, variance: Tensor, y: Tensor) -> Tensor:
    """Return the CRPS of normal laws, elementwise.

    Parameters
    ----------
    mean, variance, y : Tensor of one shape
        Parameters of the law, and labels.

    Returns
    -------
    Tensor
        ``s (u (2 Phi(u) - 1) + 2 phi(u) - 1 / sqrt(pi))``, u = (y - mean) / s; differentiable. For a mean with its
        standard error see :func:`synthmix.torch.metrics.estimate.mean_of`.

    Raises
    ------
    InputError
        For different shapes.

    References
    ----------
    Gneiting, Raftery (2007), Strictly Proper Scoring Rules, JASA 102:359-378.
    """
    same_shape(mean=mean, variance=variance, y=y)
    s = variance.sqrt()
    u = (y - mean) / s
    twice_pdf = torch.exp(-0.5 * u * u) * math.sqrt(2.0 / math.pi)
    return s * (u * torch.erf(u * math.sqrt(0.5)) + twice_pdf - 1.0 / math.sqrt(math.pi))


def crps_samples(samples: Tensor, y: Tensor, *, fair: bool = True) -> Tensor:
    """Return the CRPS from samples of the predictive law, elementwise.

    Parameters
    ----------
    samples : Tensor, (S, ...)
        Independent samples; S log S time by sorting, no S x S table.
    y : Tensor, (...)
        Labels.
    fair : bool, default True
        Whether pairs of different samples alone are averaged, which is unbiased for the CRPS of the law; it may be
        negative. Otherwise the CRPS of the empirical law of the samples, larger by E|X - X'| / (2 S) in the mean.

    Returns
    -------
    Tensor, (...)
        ``mean |X_s - y| - sum_(s,t) |X_s - X_t| / (2 S (S - 1))``; without `fair`, S^2 for S (S - 1).

    Raises
    ------
    InputError
        For shapes that do not fit, or one sample where `fair`.

    References
    ----------
    Ferro (2014), Fair scores for ensemble forecasts, QJRMS 140:1917-1923.
    """
    s = _samples(samples, y, "samples")
    if fair and s < 2:
        raise InputError("one sample has no fair CRPS; draw at least two, or fair=False")
    ordered = samples.sort(0).values
    ordered = ordered - ordered[s // 2].detach()  # the factors sum to zero; large numbers would cancel
    rank = torch.arange(1, s + 1, dtype=samples.dtype, device=samples.device)
    factor = (2.0 * rank - (s + 1.0)).reshape(s, *(1,) * y.ndim)  # sum over pairs s < t of X_(t) - X_(s)
    spread = (factor * ordered).sum(0) / (s * (s - 1) if fair else s * s)
    return (samples - y).abs().mean(0) - spread


def crps_quantiles(quantiles: Tensor, levels: Tensor, y: Tensor) -> Tensor:
    """Return the CRPS from quantiles: twice the pinball loss, integrated over levels by the midpoint rule.

    Parameters
    ----------
    quantiles : Tensor, (Q, ...)
        Quantiles of the predictive law.
    levels : Tensor, (Q,)
        Their levels, increasing, inside (0, 1). Each stands for the levels nearer to it than to its neighbours; exact
        up to the rule where levels are (q - 1/2) / Q.
    y : Tensor, (...)
        Labels.

    Returns
    -------
    Tensor, (...)

    Raises
    ------
    InputError
        For shapes that do not fit.
    """
    if levels.shape != (_samples(quantiles, y, "quantiles"),):
        raise InputError(f"levels have shape {tuple(levels.shape)}; give one for each of {len(quantiles)} quantiles")
    cuts = torch.cat([levels.new_zeros(1), (levels[1:] + levels[:-1]) / 2, levels.new_ones(1)])
    shape = (len(levels), *(1,) * y.ndim)
    away = y - quantiles
    level = levels.reshape(shape)
    pinball = torch.maximum(level * away, (level - 1.0) * away)
    return 2.0 * ((cuts[1:] - cuts[:-1]).reshape(shape) * pinball).sum(0)


def _samples(samples: Tensor, y: Tensor, name: str) -> int:
    if samples.ndim == 0 or samples.shape[1:] != y.shape:
        raise InputError(f"{name} have shape {tuple(samples.shape)} and y has {tuple(y.shape)}; give (S, *y.shape)")
    return len(samples)
