"""Fusion of labels: one label from those of K rows and their weights."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from synthmix.errors import InputError, OptionError, did_you_mean
from synthmix.families import Family
from synthmix.families.operations import operations_of

Fusion = Literal["linear", "log-linear"]
_ROUNDING = 1e-3  # by which a probability may leave [0, 1]: exp(logit - logsumexp) in single precision does


def check_fusion(family: Family, fusion: object, smoothing: float) -> None:
    """Refuse what no label can be fused by.

    Raises
    ------
    OptionError
        For an unknown fusion, a smoothing that is negative or missing, and log-linear fusion of labels that are no
        classes.
    """
    if fusion not in ("linear", "log-linear"):
        raise OptionError(f"label_fusion={fusion!r} is unknown{did_you_mean(fusion, ('linear', 'log-linear'))}")
    if not 0.0 <= smoothing < float("inf"):
        raise OptionError(f"smoothing={smoothing!r}: give zero or a small positive number such as 0.01")
    if not family.classes:
        if fusion == "log-linear" or smoothing:
            raise OptionError(
                f"label_fusion={fusion!r} with smoothing={smoothing:g} is for classes, and family {family.name!r} has "
                "real labels, which are fused to lam y_i + (1 - lam) y_j; leave both at their defaults"
            )
    elif fusion == "log-linear" and smoothing == 0.0:
        raise OptionError(
            "label_fusion='log-linear' needs smoothing > 0, such as 0.01: without it the fusion of two different "
            "classes is 0 / 0"
        )


def fuse_labels(
    y: Tensor,
    weights: Tensor,
    family: Family,
    shape: tuple[int, ...],
    fusion: Fusion = "linear",
    smoothing: float = 0.0,
) -> Tensor:
    """Return the fused label of K rows.

    Parameters
    ----------
    y : Tensor, (K, batch, axes of one label)
        Real labels, class numbers (a type of whole numbers), one-hot vectors or probabilities.
    weights : Tensor, (K, leading axes of the batch)
        Weights of the rows, sum one over K.
    family : Family
        Family of the labels.
    shape : tuple of int
        Shape of the fused label: that of the batch, and for vectors and classes the length of one at the end.
    fusion : {"linear", "log-linear"}
        For classes: the weighted mean of (smoothed) label vectors, or the normalised product of their powers.
    smoothing : float
        Added to every entry of a label vector, which is then scaled to sum one.

    Returns
    -------
    Tensor of the given shape
        In the type of the weights.

    Raises
    ------
    InputError
        Where the labels have another shape: nothing is broadcast, since (B,) and (B, 1) would give (B, B). For labels
        on the CPU, outside ``torch.compile`` and ``torch.func.vmap``, also for classes that there are not and numbers
        outside [0, 1].

    Notes
    -----
    With three classes, weights (0.8, 0.2) and smoothing 0.01, log-linear fusion gives (0.919, 0.058, 0.023) and linear
    fusion (0.786, 0.204, 0.010). As the smoothing tends to zero log-linear fusion snaps to the label of larger weight.
    """
    if y.shape[:1] != weights.shape[:1]:
        raise InputError(f"labels have shape {tuple(y.shape)} and weights {tuple(weights.shape)}; one label a weight")
    if family.classes and family.y_axes and operations_of(y).is_integer(y) and y.shape[1:] == shape[:-1]:
        _check_classes(y, shape[-1] - 1, f"class numbers 0, ..., {shape[-1] - 1}")
        y = functional.one_hot(y.long(), shape[-1])
    if y.shape[1:] != shape:
        raise InputError(
            f"labels have shape {tuple(y.shape[1:])} and type {y.dtype}, and the predictive densities need {shape}"
            + (", or class numbers without the last axis in a type of whole numbers" if family.classes else "")
            + "; reshape the labels or the output of the network"
        )
    if family.classes:
        _check_classes(y, 1, "0, 1 or probabilities")
    y = y.to(weights.dtype)
    if not smoothing:
        return (widened(weights, y.ndim) * y).sum(0)
    if family.y_axes:
        return _fuse_smoothed(y, weights, fusion, smoothing)
    return _fuse_smoothed(torch.stack([1.0 - y, y], -1), weights, fusion, smoothing)[..., 1]


def check_weight(lam: object, name: str = "lam") -> None:
    """Raise InputError for a weight that is no tensor."""
    if not isinstance(lam, Tensor):
        raise InputError(f"{name} has type {type(lam).__name__}; give a tensor, of no axes for one weight for all rows")


def _check_classes(y: Tensor, largest: int, what: str) -> None:
    """Raise InputError for labels of classes outside 0, ..., `largest`, where the labels are on the CPU.

    On other devices looking at values would wait for them, and under ``torch.compile`` it would break the graph.
    """
    if y.device.type != "cpu" or y.dtype == torch.bool or torch.compiler.is_compiling():
        return
    inside = ((y >= -_ROUNDING) & (y <= largest + _ROUNDING)).all()
    try:
        fits = bool(inside)
    except RuntimeError:  # inside torch.func.vmap and in fake tensors there is nothing to look at
        return
    if not fits:
        raise InputError(f"labels lie in {float(y.min()):g} ... {float(y.max()):g}; give {what}")


def widened(weights: Tensor, axes: int) -> Tensor:
    """Return weights with axes of length one added at the end, up to `axes`; weights belong to the leading axes."""
    return weights.reshape(weights.shape + (1,) * (axes - weights.ndim))


def _fuse_smoothed(y: Tensor, weights: Tensor, fusion: Fusion, smoothing: float) -> Tensor:
    w = widened(weights, y.ndim)
    y = (y + smoothing) / (1.0 + smoothing * y.shape[-1])
    return (w * y).sum(0) if fusion == "linear" else (w * y.log()).sum(0).softmax(-1)
