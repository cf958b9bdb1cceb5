"""Second and fourth moments under any regime for tables of many rows, where nothing fluctuates."""

from __future__ import annotations

import numpy as np

from synthmix.collapse.laws.paths import Path
from synthmix.collapse.laws.pools import Pool
from synthmix.weights import WeightMoments


def limit_kurtosis(moments: WeightMoments, tables: list[Pool], kurtosis: float) -> tuple[Path, Path]:
    """Return the excess kurtosis of the new rows and of the training tables of generations 0, 1, ...; many rows.

    A training table is a mixture: its variance and fourth moment are those of its parts, by their shares. New rows have
    c and A m4 + 3 (B-A) m2^2 of it.

    Parameters
    ----------
    moments : WeightMoments
        Of the weights; independent parents.
    tables : list of Pool
        P_0, ..., P_G from :func:`synthmix.collapse.laws.pools`.
    kurtosis : float
        Excess kurtosis of the real table.

    Returns
    -------
    tuple of ndarray, shape (generations + 1,) each
    """
    size = len(tables) + 1
    second, fourth = np.ones(size), np.full(size, kurtosis + 3.0)  # the population is last
    training = [(1.0, kurtosis + 3.0)]
    for generation, table in enumerate(tables[1:], start=1):
        m2, m4 = training[-1]
        second[generation] = moments.c * m2
        fourth[generation] = moments.A * m4 + 3.0 * (moments.B - moments.A) * m2**2
        index = np.array([batch for batch, _ in table.parts])
        share = np.array([rows for _, rows in table.parts])
        share = share / share.sum()
        training.append((float(share @ second[index]), float(share @ fourth[index])))
    pooled = np.array(training)
    made = fourth[:-1] / second[:-1] ** 2 - 3.0
    return made, pooled[:, 1] / pooled[:, 0] ** 2 - 3.0
