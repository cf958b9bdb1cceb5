"""The loss of pooled predictive densities at fused labels (ProbMix)."""

from __future__ import annotations

import math
from typing import Any, Literal

import torch
from torch import Tensor, nn

from synthmix.errors import InputError, OptionError, did_you_mean
from synthmix.families import Family, LinearPool, LogLinearPool, linear_pool, log_linear_pool, resolve_family
from synthmix.families.operations import Params
from synthmix.torch.probmix.labels import Fusion, check_fusion, check_weight, fuse_labels
from synthmix.torch.probmix.support import Support, check_labels, check_pool

_POOLS = ("log-linear", "linear")
_REDUCTIONS = ("mean", "sum", "none")
_DRAWS = ("expected", "sampled")
_WITH_JITTER = ("gaussian", "diagonal_normal", "multivariate_normal")


class ProbMixLoss(nn.Module):
    """NLL of the pool of two (or K) predictive densities at the fused label.

    The network is run on rows and on their partners, and its predictive densities are pooled, not its inputs:
    ``loss = -log p~(y~)`` with ``p~`` proportional to ``p_i^lam p_j^(1-lam)`` (log-linear pool, normalised) or equal to
    ``lam p_i + (1-lam) p_j`` (linear pool), and ``y~ = lam y_i + (1-lam) y_j``. lam is the weight of the row itself.

    Parameters
    ----------
    family : Family or str, default "gaussian"
        Family of the predictive density, see :mod:`synthmix.families`.
    pool : {"log-linear", "linear"}
        How densities are pooled.
    label_fusion : {"linear", "log-linear"}
        How class labels are fused, see :func:`synthmix.torch.probmix.labels.fuse_labels`. Real labels are always
        fused linearly (which is what log-linear fusion of normal kernels around them gives).
    smoothing : float, default 0
        Added to all entries of class labels before they are fused; log-linear fusion needs it.
    jitter : float, default 0
        Variance of normal noise on the fused label of normal families, in squared units of y. A fitted variance is
        c sigma^2 + jitter, c = E[lam^2 + (1 - lam)^2] (homoscedastic models): ``jitter = (1 - c) sigma^2`` repairs it.
    jitter_draw : {"expected", "sampled"}
        Whether the noise is averaged in closed form (log-linear pool only) or drawn from the generator.
    law : WeightsLaw or (float, float), default (0, 1)
        The law of lam, or its least and largest value. A law that leaves [0, 1] is refused where the pool may have no
        density, or the loss no lower bound. lam itself is not looked at, which would wait for the device.
    reduction : {"mean", "sum", "none"}
        Over the batch.

    Raises
    ------
    OptionError
        For an unknown word and for options that exclude each other.

    Notes
    -----
    The weighted NLL, ``lam NLL_i + (1-lam) NLL_j``, is another objective: it exceeds this one by the gap of the pool,
    which depends on the weights of the network and pulls the two predictions together. For natural parameters that
    are affine in x the loss is that of input mixup. lam = 1 gives the plain NLL, bit for bit.

    Scale parameters learned with mixed labels are too small by the factor c, see `jitter`. Half precision parameters
    are converted to float32, and so is everything after them.

    References
    ----------
    El-Laham et al. (2025), Mixup Regularization: A Probabilistic Perspective, UAI, PMLR 286:1184-1219.

    Examples
    --------
    >>> import torch
    >>> mean, variance = torch.tensor([125.0, -125.0]), torch.tensor([182.25, 182.25])
    >>> loss = ProbMixLoss("gaussian")
    >>> i, j = (mean[:1], variance[:1]), (mean[1:], variance[1:])
    >>> round(float(loss(i, j, torch.tensor([80.0]), torch.tensor([80.0]), torch.tensor([0.8]))), 4)
    3.5902
    """

    def __init__(
        self,
        family: Family | str = "gaussian",
        *,
        pool: Literal["log-linear", "linear"] = "log-linear",
        label_fusion: Fusion = "linear",
        smoothing: float = 0.0,
        jitter: float = 0.0,
        jitter_draw: Literal["expected", "sampled"] = "expected",
        law: Support = (0.0, 1.0),
        reduction: Literal["mean", "sum", "none"] = "mean",
    ) -> None:
        super().__init__()
        for name, value, choices in (
            ("pool", pool, _POOLS),
            ("jitter_draw", jitter_draw, _DRAWS),
            ("reduction", reduction, _REDUCTIONS),
        ):
            if value not in choices:
                raise OptionError(f"{name}={value!r} is unknown{did_you_mean(value, choices)}")
        self.family: Family = resolve_family(family)
        check_fusion(self.family, label_fusion, smoothing)
        check_pool(law, self.family, pool)
        check_labels(law, self.family, label_fusion)
        if not 0.0 <= jitter < math.inf:
            raise OptionError(f"jitter={jitter!r} is a variance; give zero or a positive number")
        if jitter and self.family.name not in _WITH_JITTER:
            raise OptionError(f"jitter={jitter:g} is for {_WITH_JITTER}, not for family {self.family.name!r}; leave it")
        if jitter and pool == "linear" and jitter_draw == "expected":
            raise OptionError("the expected loss under jitter has no closed form for a mixture; jitter_draw='sampled'")
        self.pool = pool
        self.label_fusion = label_fusion
        self.smoothing: float = float(smoothing)
        self.jitter: float = float(jitter)
        self.jitter_draw = jitter_draw
        self.reduction = reduction

    def forward(
        self,
        params_i: Any,
        params_j: Any,
        y_i: Tensor,
        y_j: Tensor,
        lam: Tensor,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Return the loss of rows i mixed with their partners j.

        Parameters
        ----------
        params_i, params_j : tuple of Tensor, or Tensor where the family has one parameter
            Predictive densities of rows and partners, in the order of ``family.parameters``; batch first.
        y_i, y_j : Tensor
            Their labels: of the batch shape; for classes numbers of classes or one vector for each row.
        lam : Tensor
            Weight of row i; its axes are leading axes of the batch, so that (B,) goes with (B,) and (B, M). A tensor
            of no axes is one weight for all.
        generator : torch.Generator, optional
            Needed where jitter is sampled.

        Raises
        ------
        InputError
            For shapes that do not fit; for labels on the CPU also for classes that there are not, and probabilities
            outside [0, 1] (elsewhere looking at values would wait for the device).
        OptionError
            Where a generator is needed and missing.
        """
        check_weight(lam)
        one, two = self.family.pack(params_i), self.family.pack(params_j)
        if [x.shape for x in one] != [x.shape for x in two] or y_i.shape != y_j.shape:
            raise InputError(
                f"rows have parameters {[tuple(x.shape) for x in one]} and labels {tuple(y_i.shape)}, partners "
                f"{[tuple(x.shape) for x in two]} and {tuple(y_j.shape)}; give one partner for each row"
            )
        stacked = tuple(torch.stack([a, b]) for a, b in zip(one, two, strict=True))
        return self.fused(stacked, torch.stack([y_i, y_j]), torch.stack([lam, 1.0 - lam]), generator)

    def fused(self, params: Any, y: Tensor, weights: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return the loss of K rows fused into one.

        Parameters
        ----------
        params : tuple of Tensor, first axis K
            Predictive densities.
        y : Tensor, first axis K
            Labels.
        weights : Tensor, (K, leading axes of the batch), or (K,)
            Weights, sum one over K.
        generator : torch.Generator, optional
            As for :meth:`forward`.

        Raises
        ------
        InputError, OptionError
            As for :meth:`forward`.
        """
        check_weight(weights, "weights")
        family = self.family
        packed = tuple(wide(x) for x in family.pack(params))
        weights = weights.to(packed[0].dtype)
        if weights.ndim == 1 and len(family.batch_of(packed)) > 1:
            weights = weights[:, None]
        density: LogLinearPool | LinearPool = (
            linear_pool(packed, weights, family) if self.pool == "linear" else log_linear_pool(packed, weights, family)
        )
        shape = family.batch_of(packed)[1:] + ((packed[0].shape[-1],) if family.y_axes else ())
        label = fuse_labels(y, weights, family, shape, self.label_fusion, self.smoothing)
        if self.jitter and self.jitter_draw == "sampled":
            label = label + math.sqrt(self.jitter) * _normal(label, generator)
        loss = -density.log_density(label)
        if self.jitter and isinstance(density, LogLinearPool) and self.jitter_draw == "expected":
            loss = loss + 0.5 * self.jitter * self._total_precision(density.params)
        return reduced(loss, self.reduction)

    def _total_precision(self, params: Params) -> Tensor:
        """Return the trace of the precision: twice what unit jitter adds to the expected NLL."""
        if self.family.name == "multivariate_normal":
            precision: Tensor = -2.0 * self.family.natural(params)[1]
            return precision.diagonal(dim1=-2, dim2=-1).sum(-1)
        inverse: Tensor = 1.0 / params[1]
        return inverse.sum(-1) if self.family.y_axes else inverse

    def extra_repr(self) -> str:
        """Return the options, for the printed form."""
        return (
            f"{self.family!r}, pool={self.pool!r}, label_fusion={self.label_fusion!r}, smoothing={self.smoothing:g}, "
            f"jitter={self.jitter:g}, jitter_draw={self.jitter_draw!r}, reduction={self.reduction!r}"
        )


def reduced(loss: Tensor, reduction: str) -> Tensor:
    """Return the mean or the sum of `loss`, or `loss` itself for "none"."""
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def wide(x: Tensor) -> Tensor:
    """Return half precision numbers as float32: a log density of ten bits is noise."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def _normal(like: Tensor, generator: torch.Generator | None) -> Tensor:
    if generator is None:
        raise OptionError("jitter_draw='sampled' needs generator=torch.Generator(device).manual_seed(...)")
    return torch.randn(like.shape, generator=generator, dtype=like.dtype, device=like.device)
