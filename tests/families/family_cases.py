"""One case for each family: parameters of three densities, labels, and an independent density of scipy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from synthmix import families


@dataclass(frozen=True)
class Case:
    family: families.Family
    params: tuple[np.ndarray, ...]  # first axis: three densities
    y: np.ndarray  # labels; a batch axis and the axes of one y
    oracle: Callable[..., Any]  # one y and the parameters of one density -> log density
    domain: tuple[float, float] | int | None  # interval, last count, or None where the domain is finite or of vectors


def columns(*rows: list[float]) -> tuple[np.ndarray, ...]:
    return tuple(np.array(row) for row in rows)


_MIX = np.array([[1.0, 0.3, 0.0], [-0.2, 0.8, 0.1], [0.4, 0.0, 0.6]])
COVARIANCES = np.stack([_MIX @ np.diag(d) @ _MIX.T + 0.1 * np.eye(3) for d in ([1, 2, 3], [0.5, 1, 0.2], [3, 1, 1])])
MEANS = np.array([[0.0, 1.0, -1.0], [2.0, 0.5, 0.0], [-1.0, -1.0, 2.0]])
VECTORS = np.array([[0.1, 0.2, 0.3], [3.0, -1.0, 1.0]])
LOGITS = np.array([[1.0, 0.0, -1.0, 0.5], [0.0, 2.0, 1.0, -3.0], [0.3, 0.3, 0.0, 4.0]])


def _log_softmax(y: Any, logits: np.ndarray) -> float:
    p = np.exp(logits - logits.max())
    return float(np.log(p[int(y)] / p.sum()))


CASES = [
    Case(
        families.Gaussian(),
        columns([0.0, 10.0, 4.0], [1.0, 100.0, 2.0]),
        np.array([-1.0, 0.0, 3.5]),
        lambda y, m, v: stats.norm.logpdf(y, m, np.sqrt(v)),
        (-60.0, 60.0),
    ),
    Case(
        families.Lognormal(),
        columns([0.0, 1.0, -0.5], [0.3, 0.5, 0.2]),
        np.array([0.1, 1.0, 7.0]),
        lambda y, m, v: stats.lognorm.logpdf(y, np.sqrt(v), scale=np.exp(m)),
        (0.0, 200.0),
    ),
    Case(
        families.DiagonalNormal(),
        (MEANS, np.array([[1.0, 2.0, 0.5], [0.3, 1.0, 1.0], [2.0, 0.1, 3.0]])),
        VECTORS,
        lambda y, m, v: stats.multivariate_normal.logpdf(y, m, np.diag(v)),
        None,
    ),
    Case(
        families.MultivariateNormal(),
        (MEANS, COVARIANCES),
        VECTORS,
        stats.multivariate_normal.logpdf,
        None,
    ),
    Case(families.Categorical(), (LOGITS,), np.array([0, 3, 1]), _log_softmax, None),
    Case(
        families.Bernoulli(),
        columns([-1.0, 0.2, 3.0]),
        np.array([0.0, 1.0]),
        lambda y, a: stats.bernoulli.logpmf(y, 1 / (1 + np.exp(-a))),
        1,
    ),
    Case(families.Poisson(), columns([0.5, 4.0, 9.0]), np.array([0.0, 3.0, 11.0]), stats.poisson.logpmf, 120),
    Case(
        families.Geometric(),
        columns([0.2, 0.5, 0.9]),
        np.array([0.0, 3.0, 11.0]),
        lambda y, p: stats.geom.logpmf(y + 1, p),
        400,
    ),
    Case(
        families.NegativeBinomial(r=2.5),
        columns([0.2, 0.5, 0.9]),
        np.array([0.0, 3.0, 11.0]),
        lambda y, p: stats.nbinom.logpmf(y, 2.5, p),
        400,
    ),
    Case(
        families.Exponential(),
        columns([0.5, 2.0, 7.0]),
        np.array([0.0, 0.3, 4.0]),
        lambda y, r: stats.expon.logpdf(y, scale=1 / r),
        (0.0, 80.0),
    ),
    Case(
        families.Gamma(),
        columns([1.5, 2.0, 7.0], [0.5, 1.0, 3.0]),
        np.array([0.01, 0.3, 4.0]),
        lambda y, a, b: stats.gamma.logpdf(y, a, scale=1 / b),
        (0.0, 120.0),
    ),
    Case(
        families.Beta(),
        columns([1.5, 2.0, 7.0], [1.5, 4.0, 3.0]),
        np.array([0.01, 0.3, 0.99]),
        stats.beta.logpdf,
        (0.0, 1.0),
    ),
]
BY_NAME = {case.family.name: case for case in CASES}


def one(params: tuple[np.ndarray, ...], k: int) -> tuple[np.ndarray, ...]:
    return tuple(x[k] for x in params)
