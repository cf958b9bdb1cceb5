"""The derivative of a loss towards the mean row: the first-order term by which mixup regularises."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.func import jvp

from synthmix.errors import InputError
from synthmix.torch.losses.links import Link, mean_label


def logit_slope(model: Callable[[Tensor], Tensor], x: Tensor, mean: Tensor) -> tuple[Tensor, Tensor]:
    """Return the logits and their derivative in the direction from each row to the mean row, J_f(x) (mean - x).

    Parameters
    ----------
    model : callable
        Rows (B, ...) to logits (B, C), each row by itself. Batch normalisation that updates running statistics, or
        mixes rows, does not fit: put it in evaluation mode.
    x : Tensor, shape (B, ...)
        Rows.
    mean : Tensor, shape (...) or (1, ...)
        Mean row E[x'] of the table.

    Returns
    -------
    logits, slope : Tensor, shape (B, C)
        Both differentiable in the parameters of the model. Costs about two forward passes.

    Raises
    ------
    InputError
        When the shape of `mean` does not match the rows.
    """
    if mean.shape not in (x.shape[1:], (1, *x.shape[1:])):
        raise InputError(f"mean has shape {tuple(mean.shape)} and a row {tuple(x.shape[1:])}; give the mean row")
    logits, slope, *_ = jvp(model, (x,), ((mean - x).to(x.dtype),))
    return logits, slope


def directional_term(
    model: Callable[[Tensor], Tensor], x: Tensor, y: Tensor, mean: Tensor, *, link: Link = "softmax"
) -> Tensor:
    """Return q_i = (g(f(x_i)) - y_i)^T J_f(x_i) (mean - x_i), the derivative of each row's loss towards the mean row.

    Parameters
    ----------
    model, x, mean
        As in :func:`logit_slope`.
    y : Tensor, shape (B, C)
        Labels, one-hot or soft; real values with ``link="identity"``.
    link : {"softmax", "logistic", "identity"}
        The loss: cross-entropy, binary cross-entropy, or half the squared error.

    Returns
    -------
    Tensor, shape (B,)
        Mixup adds about E[1 - lam'] times its mean to the clean loss; the term can be negative, and is then rewarded.

    Notes
    -----
    Exactly (y - g)^T (f(x) - f(mean)) for affine logits; for bias-free piecewise linear networks and mean 0 exactly
    (y - g)^T f(x).

    Raises
    ------
    InputError
        When shapes do not match.

    References
    ----------
    Zou et al., MixupE, UAI 2023, arXiv 2212.13381, theorem 1.
    """
    logits, slope = logit_slope(model, x, mean)
    if y.shape != logits.shape:
        raise InputError(f"y has shape {tuple(y.shape)} and the logits {tuple(logits.shape)}; give one-hot labels")
    return torch.sum((mean_label(logits, link) - y) * slope, -1)
