"""Many small chains of generations at once, in plain numpy: one column, one row of an array for each chain.

Written without the package's kernels, so that laws are checked against something that knows nothing of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthmix.collapse.laws import Pool
from synthmix.weights import EpBeta, Scheme, Uniform, WeightsLaw

Array: TypeAlias = NDArray[np.float64]
Random: TypeAlias = np.random.Generator
Make: TypeAlias = Callable[[Array, int, Random], Array]


def random_of(key: int, block: int = 0) -> Random:
    return np.random.Generator(np.random.Philox(key=1000 * block + key))


def spread(x: Array, ddof: int = 0) -> Array:
    return x.var(axis=-1, ddof=ddof)


def fourth(x: Array) -> Array:
    return ((x - x.mean(axis=-1, keepdims=True)) ** 4).mean(axis=-1)


def third(x: Array) -> Array:
    return ((x - x.mean(axis=-1, keepdims=True)) ** 3).mean(axis=-1)


def shuffled(shape: tuple[int, int], random: Random) -> NDArray[np.int64]:
    """Return one random order for each chain."""
    return np.argsort(random.random(shape), axis=1)


def taken(x: Array, index: NDArray[np.int64]) -> Array:
    return np.take_along_axis(x, index, axis=1)


def weights_of(law: WeightsLaw, shape: tuple[int, int], random: Random) -> Array:
    """Return the first weight of laws with two parents."""
    if isinstance(law, Uniform):
        return random.random(shape)
    if isinstance(law, EpBeta):
        return (1.0 + law.eps0 + law.eps1) * random.beta(law.alpha, law.beta, shape) - law.eps0
    raise TypeError(law)


def partners(scheme: Scheme, shape: tuple[int, int], m: int, random: Random) -> tuple[NDArray[np.int64], ...]:
    """Return the two parents of m rows of each chain."""
    chains, n = shape
    order = shuffled(shape, random)
    if scheme == "cyclic":
        shift = random.integers(1, n, (chains, 1))
        return order[:, :m], taken(order, (np.arange(m) + shift) % n)
    first = order[:, :m] if scheme == "anchor" else random.integers(0, n, (chains, m))
    if scheme == "iid":
        return first, random.integers(0, n, (chains, m))
    other = random.integers(0, n - 1, (chains, m))
    return first, other + (other >= first)


def by_pairs(law: WeightsLaw, scheme: Scheme, *, correct: bool = True) -> Make:
    def make(pool: Array, m: int, random: Random) -> Array:
        used = law.corrected(pool.shape[1], scheme) if correct else law
        first, second = partners(scheme, pool.shape, m, random)
        weight = weights_of(used, first.shape, random)
        return weight * taken(pool, first) + (1.0 - weight) * taken(pool, second)

    return make


def donors_by_pairs(law: WeightsLaw, scheme: Scheme) -> Make:
    """Return what the parent of the larger weight gives."""

    def make(pool: Array, m: int, random: Random) -> Array:
        first, second = partners(scheme, pool.shape, m, random)
        weight = weights_of(law.corrected(pool.shape[1], scheme), first.shape, random)
        return taken(pool, np.where(weight > 0.5, first, second))

    return make


def by_sphere(k: int) -> Make:
    """Return rows of k independent parents with weights on the sphere."""

    def make(pool: Array, m: int, random: Random) -> Array:
        u = random.standard_normal((pool.shape[0], m, k))
        u -= u.mean(axis=2, keepdims=True)
        w = 1.0 / k + np.sqrt(1.0 - 1.0 / k) * u / np.linalg.norm(u, axis=2, keepdims=True)
        rows = taken(pool, random.integers(0, pool.shape[1], (pool.shape[0], m * k))).reshape(w.shape)
        return (w * rows).sum(axis=2)

    return make


def by_rotation(sizes: tuple[int, ...]) -> Make:
    """Return the table rotated in random groups of these sizes, by Haar matrices that fix the mean."""

    def make(pool: Array, m: int, random: Random) -> Array:
        x = taken(pool, shuffled(pool.shape, random))
        parts, start = [], 0
        for k in sizes:
            part = x[:, start : start + k]
            parts.append(rotated(part, random))
            start += k
        return np.concatenate(parts, axis=1)[:, :m]

    return make


def rotated(x: Array, random: Random) -> Array:
    """Rotate by a uniform orthogonal matrix that fixes the ones: deviations become a uniform direction.

    In one column only the direction of the rotated deviations matters, which is uniform on the sphere orthogonal to 1.
    """
    mean = x.mean(axis=1, keepdims=True)
    u = random.standard_normal(x.shape)
    u -= u.mean(axis=1, keepdims=True)
    length = np.linalg.norm(x - mean, axis=1, keepdims=True)
    return mean + u / np.linalg.norm(u, axis=1, keepdims=True) * length


def by_copies(pool: Array, m: int, random: Random) -> Array:
    return taken(pool, random.integers(0, pool.shape[1], (pool.shape[0], m)))


def by_gaussian(ddof: int, scale: float = 1.0) -> Make:
    def make(pool: Array, m: int, random: Random) -> Array:
        sd = np.sqrt(scale * spread(pool, ddof))[:, None]
        return pool.mean(axis=1, keepdims=True) + sd * random.standard_normal((pool.shape[0], m))

    return make


def by_kernel(bandwidth: float) -> Make:
    def make(pool: Array, m: int, random: Random) -> Array:
        return by_copies(pool, m, random) + bandwidth * random.standard_normal((pool.shape[0], m))

    return make


def run(make: Make, real: Array, tables: list[Pool], m: int, random: Random) -> tuple[list[Array], list[Array]]:
    """Return the rows of all generations and all training tables, (chains, rows) each, from one real table or many."""
    batches, training = [real], [real]
    for table in tables[1:]:
        batches.append(make(training[-1], m, random))
        parts = []
        for batch, rows in table.parts:
            source = random.standard_normal((real.shape[0], int(rows))) if batch < 0 else batches[batch]
            whole = source.shape[1] == int(rows)
            parts.append(source if whole else taken(source, shuffled(source.shape, random)[:, : int(rows)]))
        pool = np.concatenate(parts, axis=1)
        training.append(pool if table.take is None else taken(pool, shuffled(pool.shape, random)[:, : int(table.take)]))
    return batches, training
