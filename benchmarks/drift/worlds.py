"""Generators whose answer is known: four worlds in which nothing is wrong, and mixtures that change the law."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
World = Callable[[Floats, np.random.Generator], Floats]
WIDTH = 0.1  # of the smoothed bootstrap, in standard deviations


def bootstrap(x: Floats, rng: np.random.Generator) -> Floats:
    return x[rng.integers(0, len(x), len(x))]


def refit(x: Floats, rng: np.random.Generator) -> Floats:
    return rng.multivariate_normal(x.mean(axis=0), np.cov(x.T).reshape(x.shape[1], -1), len(x), method="cholesky")


def smoothed(x: Floats, rng: np.random.Generator) -> Floats:
    """Return a bootstrap with Gaussian noise, shrunk so that the covariance stays."""
    noisy = bootstrap(x, rng) + WIDTH * (refit(x, rng) - x.mean(axis=0))
    return x.mean(axis=0) + (noisy - x.mean(axis=0)) / np.sqrt(1.0 + WIDTH**2)


def fresh(x: Floats, rng: np.random.Generator) -> Floats:
    """Return new rows of the law that the training rows have."""
    return rng.normal(size=x.shape)


def epbeta(a: float) -> World:
    """Return mixing with weights 1/2 + sqrt(2a+1)/2 (2U-1), U ~ Beta(a, a), so that E l(1-l) = 0."""

    def mix(x: Floats, rng: np.random.Generator) -> Floats:
        weight = 0.5 + np.sqrt(2.0 * a + 1.0) / 2.0 * (2.0 * rng.beta(a, a, size=(len(x), 1)) - 1.0)
        return weight * x + (1.0 - weight) * rng.permutation(x)

    return mix


def beta(a: float) -> World:
    """Return mixing with Beta(a, a) weights."""

    def mix(x: Floats, rng: np.random.Generator) -> Floats:
        weight = rng.beta(a, a, size=(len(x), 1))
        return weight * x + (1.0 - weight) * rng.permutation(x)

    return mix


def generations(world: World, count: int) -> World:
    """Return `count` generations, each made from the one before."""

    def repeat(x: Floats, rng: np.random.Generator) -> Floats:
        for _ in range(count):
            x = world(x, rng)
        return x

    return repeat


NULLS: dict[str, World] = {
    "bootstrap": bootstrap,
    "parametric refit": refit,
    "smoothed bootstrap": smoothed,
    "fresh rows": fresh,
}
CHANGES: dict[str, World] = {
    "EpBeta(1), 1 generation": epbeta(1.0),
    "EpBeta(1), 3 generations": generations(epbeta(1.0), 3),
    "EpBeta(.2), 1 generation": epbeta(0.2),
    "Beta(.1, .1), 1 generation": beta(0.1),
    "Beta(.1, .1), 3 generations": generations(beta(0.1), 3),
    "Beta(1, 1), 1 generation": beta(1.0),
}
