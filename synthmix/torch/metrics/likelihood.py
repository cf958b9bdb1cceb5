"""Negative log likelihoods, in nats."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from synthmix.errors import InputError
from synthmix.families import Family, resolve_family
from synthmix.torch.metrics.estimate import Estimate, mean_of
from synthmix.torch.probmix.labels import fuse_labels


def negative_log_likelihood(params: Any, y: Tensor, family: Family | str = "gaussian") -> Estimate:
    """Return the mean of -log p(y) over rows, in nats.

    Parameters
    ----------
    params : tuple of Tensor, or Tensor
        Predictive densities, batch first, see :mod:`synthmix.families`.
    y : Tensor
        Labels of the batch shape; for classes numbers of classes or probabilities. Several labels of a row (axes of
        the batch after the first) are averaged, not summed.
    family : Family or str, default "gaussian"
        The family.

    Returns
    -------
    Estimate
        In units in which y is given: in raw units add log sd(y_train) to that of standardised labels.

    Raises
    ------
    InputError
        For shapes that do not fit.
    """
    family = resolve_family(family)
    packed = tuple(x.detach().double() for x in family.pack(params))
    shape = family.batch_of(packed) + ((packed[0].shape[-1],) if family.y_axes else ())
    one = torch.ones((1, 1), dtype=packed[0].dtype, device=packed[0].device)
    return mean_of(-family.log_density(fuse_labels(y[None], one, family, shape), packed))


def negative_log_likelihood_samples(log_density: Tensor) -> Estimate:
    """Return the mean over rows of -log mean_s p(y | z_s), in nats.

    Parameters
    ----------
    log_density : Tensor, (S, n)
        log p(y | z_s) of S samples of a latent variable for each row; several labels of a row are to be summed first.

    Returns
    -------
    Estimate
        Biased upwards, by less the larger S: the samples stand inside the logarithm. Report S; 64 are few.

    Raises
    ------
    InputError
        For another number of axes.
    """
    if log_density.ndim != 2:
        raise InputError(f"log_density has shape {tuple(log_density.shape)}; give (samples, rows)")
    logs = log_density.detach().double()
    return mean_of(math.log(len(logs)) - logs.logsumexp(0))
