"""Weights with sum one and sum of squares one on a device: the twin of ``synthmix.kernels.laws.sphere_weights``."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from synthmix.torch.plan.directions import batch_words, fill_directions, lift, words_of_direction
from synthmix.torch.plan.words import WEIGHTS


def sphere_weights(seed: int, rows: Tensor, k: int, top: float) -> Tensor:
    """Return weights of parents whose sum and sum of squares are 1, uniform on what that leaves.

    Parameters
    ----------
    seed : int
        Key of the plan.
    rows : Tensor of int64, shape (m,)
        Numbers of the synthetic rows.
    k : int
        Parents, at least 3.
    top : float
        Weight of the first parent; NaN where it is as free as the others.

    Returns
    -------
    Tensor of float64, shape (k, m)
        On the device of `rows`, with the bits of the kernel where operations are evaluated one by one.
    """
    fixed = 0 if math.isnan(top) else 1
    s = k - fixed - 1  # dimensions in which the other weights vary with their sum fixed
    centre, radius = 1.0 / k, math.sqrt(1.0 - 1.0 / k)
    if fixed == 1:
        centre = (1.0 - top) / (k - 1)
        radius = math.sqrt(max(1.0 - top * top - (k - 1) * centre * centre, 0.0))
    words = batch_words(seed, rows, WEIGHTS, words_of_direction(s))
    weights = centre + radius * lift(fill_directions(words, s))
    return weights if fixed == 0 else torch.cat([torch.full_like(weights[:1], top), weights])
