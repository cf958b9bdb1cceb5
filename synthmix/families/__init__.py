"""Exponential families, and pools of their densities.

A family knows its natural parameters, its log partition function and its density. Formulas are written once and take
numpy arrays or, after ``import synthmix.torch``, tensors.

============================  =============================  ==============================================
family                        parameters                     parameters of the log-linear pool
============================  =============================  ==============================================
:class:`Gaussian`             mean, variance                 precision, precision times mean: linear
:class:`Lognormal`            mean, variance of log y        as Gaussian
:class:`DiagonalNormal`       mean, variance: vectors        as Gaussian, by coordinate
:class:`MultivariateNormal`   mean, covariance matrix        precision matrix, and times mean: linear
:class:`Categorical`          logits                         logits linear
:class:`Bernoulli`            logit                          logit linear
:class:`Poisson`              rate                           log rate linear
:class:`Geometric`            probability p                  log(1 - p) linear
:class:`NegativeBinomial`     probability p; r fixed         log(1 - p) linear
:class:`Exponential`          rate                           rate linear
:class:`Gamma`                shape, rate                    shape and rate linear
:class:`Beta`                 shapes a, b                    both linear
============================  =============================  ==============================================
"""

from __future__ import annotations

from synthmix.families.base import Family, Parameter
from synthmix.families.classes import Bernoulli, Categorical
from synthmix.families.counts import Geometric, NegativeBinomial, Poisson
from synthmix.families.gaussian import Gaussian, Lognormal
from synthmix.families.multivariate import DiagonalNormal, MultivariateNormal
from synthmix.families.pool import LinearPool, LogLinearPool, linear_pool, log_linear_pool
from synthmix.families.positive import Beta, Exponential, Gamma
from synthmix.families.registry import resolve_family

__all__ = [
    "Bernoulli",
    "Beta",
    "Categorical",
    "DiagonalNormal",
    "Exponential",
    "Family",
    "Gamma",
    "Gaussian",
    "Geometric",
    "LinearPool",
    "LogLinearPool",
    "Lognormal",
    "MultivariateNormal",
    "NegativeBinomial",
    "Parameter",
    "Poisson",
    "linear_pool",
    "log_linear_pool",
    "resolve_family",
]
