"""Plain synthesizers that everything else is compared with; each is ``fit(table, discrete, ...)`` and ``sample``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.frontier.gaps import fill
from benchmarks.frontier.tables import Data
from benchmarks.frontier.trees import fit_trees
from synthmix.collapse.generators import Bootstrap, IndependentColumns

Floats = NDArray[np.float64]
Sampler = Callable[[int], pd.DataFrame]  # rows to a synthetic table


def bootstrap(data: Data, seed: int) -> Sampler:
    """Copy rows at random: all fidelity, no privacy."""
    return lambda rows: Bootstrap().make(data.train, rows, seed).table


def independent(data: Data, seed: int) -> Sampler:
    """Draw each column on its own: all margins, no relation."""
    return lambda rows: IndependentColumns().make(data.train, rows, seed).table


def second_sample(data: Data, seed: int) -> Sampler:  # noqa: ARG001 - one holdout, whatever the seed
    """Return half of the holdout as the synthetic table; the scores use the other half.

    What an ideal synthesizer would reach.
    """
    return lambda rows: data.holdout.iloc[:rows].reset_index(drop=True)


def trees(data: Data, seed: int, *, min_leaf: int = 5, reverse: bool = False) -> Sampler:
    """Make columns one after another; each value is that of a real row in the leaf of a tree on the columns before."""
    return fit_trees(data.train, min_leaf=min_leaf, seed=seed, reverse=reverse)


class Margin(NamedTuple):
    """A column as sorted values; levels are sorted by how frequent they are."""

    values: NDArray[Any]
    codes: Floats  # of the rows, in the same order as `values`


def copula(data: Data, seed: int) -> Sampler:
    """Fit a Gaussian copula with empirical margins; levels are cut from normal scores, most frequent first."""
    filled = fill(data.train)
    rng = np.random.Generator(np.random.Philox(key=[seed, 1]))
    n = len(filled.table)
    margins, scores = [], np.empty((n, filled.table.shape[1]))
    for place, name in enumerate(filled.table):
        codes = _codes(filled.table[name])
        order = np.lexsort((rng.random(n), codes))  # ties at random
        scores[order, place] = _normal((np.arange(n) + 0.5) / n)
        margins.append(filled.table[name].to_numpy()[order])
    root = _root(np.corrcoef(scores, rowvar=False))

    def sample(rows: int) -> pd.DataFrame:
        z = np.random.Generator(np.random.Philox(key=[seed, 2])).standard_normal((rows, len(margins))) @ root
        places = np.minimum((_uniform(z) * n).astype(np.int64), n - 1)
        made = {name: margins[place][places[:, place]] for place, name in enumerate(filled.table)}
        return filled.put_back(pd.DataFrame(made))

    return sample


def _codes(values: pd.Series) -> Floats:
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.to_numpy(np.float64)
    order = {level: place for place, level in enumerate(values.value_counts().index)}
    return values.map(order).to_numpy(np.float64)


def _normal(u: Floats) -> Floats:
    from scipy.special import ndtri

    return np.asarray(ndtri(u))


def _uniform(z: Floats) -> Floats:
    from scipy.special import ndtr

    return np.asarray(ndtr(z))


def _root(correlation: Floats) -> Floats:
    """Return the symmetric root; equal columns make it singular, which Cholesky would refuse."""
    values, vectors = np.linalg.eigh(np.atleast_2d(correlation))
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def density(data: Data, seed: int) -> Sampler:
    """Fit a Gaussian kernel density (Scott's bandwidth) to standardised numbers and one column a level."""
    from sklearn.neighbors import KernelDensity

    filled = fill(data.train)
    numbers = [name for name in filled.table if name not in filled.discrete]
    mean, scale = filled.table[numbers].mean(), filled.table[numbers].std()
    dummies = {name: pd.get_dummies(filled.table[name], dtype=np.float64) for name in filled.discrete}
    parts = [((filled.table[numbers] - mean) / scale).to_numpy(np.float64), *(d.to_numpy() for d in dummies.values())]
    table = np.concatenate(parts, axis=1)
    model = KernelDensity(bandwidth="scott").fit(table)
    ends = np.cumsum([part.shape[1] for part in parts])

    def sample(rows: int) -> pd.DataFrame:
        found = np.split(model.sample(rows, random_state=seed & 0x7FFFFFFF), ends[:-1], axis=1)
        made = pd.DataFrame(found[0] * scale.to_numpy() + mean.to_numpy(), columns=numbers)
        for (name, levels), part in zip(dummies.items(), found[1:], strict=True):
            made[name] = levels.columns.to_numpy()[part.argmax(axis=1)]
        return filled.put_back(made[list(filled.table)])

    return sample


CONTROLS: dict[str, Callable[..., Sampler]] = {
    "bootstrap": bootstrap,
    "independent": independent,
    "second sample": second_sample,
    "trees": trees,
    "copula": copula,
    "density": density,
}
