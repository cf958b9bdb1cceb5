"""Expected variance and mean square of the mean under any regime: a ledger of batches, exact for finite tables.

The expected covariance of a batch and the mean squared distances of the batches' means are all that the next batch
depends on, linearly, because a step multiplies the expected covariance of its table and adds noise to its mean.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthmix.collapse.laws.paths import Path
from synthmix.collapse.laws.pools import POPULATION, Pool
from synthmix.collapse.laws.step import Step


@dataclass(frozen=True)
class Ledger:
    """Expected moments by generation, in units of the unbiased variance of the real table; shape (generations + 1,).

    Attributes
    ----------
    new, pool : ndarray
        Expected unbiased variance of the rows made in a generation, and of the table that the next is made from.
    new_mean, pool_mean : ndarray
        Expected squared distance of their means from that of the real table.
    """

    new: Path
    pool: Path
    new_mean: Path
    pool_mean: Path


def ledger(step: Step, tables: list[Pool], m: float) -> Ledger:
    """Return the expected moments of all generations of a regime.

    Exact for the given tables, whatever the real one: expectations are over seeds. Real rows from outside
    (``POPULATION``) are taken to have the variance of the real table, and their mean to be one real sample away
    from it; that is exact on average over real tables.

    Parameters
    ----------
    step : Step
        What the generator does.
    tables : list of Pool
        P_0, ..., P_G from :func:`synthmix.collapse.laws.pools`.
    m : float
        Rows made in each generation.
    """
    n = tables[0].rows
    batches = _Batches(n, len(tables) - 1)
    pool, pool_mean = [1.0], [0.0]
    for generation, table in enumerate(tables[1:], start=1):
        spread, distance = batches.table(tables[generation - 1])
        batches.add(
            m,
            step.covariance(tables[generation - 1].rows, m) * spread,
            distance + step.mean_variance(tables[generation - 1].rows, m) * spread,
        )
        spread, distance = batches.table(table)
        pool.append(spread)
        pool_mean.append(float(distance[0]))
    last = len(tables)
    return Ledger(batches.spread[:last], np.array(pool), batches.square[0, :last], np.array(pool_mean))


class _Batches:
    """Rows, expected variances and mean squared distances of batches 0..G; the population is kept last."""

    def __init__(self, n: float, generations: int) -> None:
        size = generations + 2
        self.rows = np.full(size, np.inf)
        self.spread = np.ones(size)
        self.square = np.zeros((size, size))
        self.rows[0] = n
        self.square[0, POPULATION] = self.square[POPULATION, 0] = 1.0 / n
        self.made = 1

    def add(self, rows: float, spread: float, distance: Path) -> None:
        """Enter the next batch; `distance` is that of its mean from those of all batches."""
        self.rows[self.made], self.spread[self.made] = rows, spread
        known = [*range(self.made), self.rows.size - 1]
        self.square[self.made, known] = self.square[known, self.made] = distance[known]
        self.made += 1

    def table(self, pool: Pool) -> tuple[float, Path]:
        """Return the expected variance of a table, and the squared distances of its mean from those of all batches."""
        index = np.array([batch for batch, _ in pool.parts])
        rows = np.array([part for _, part in pool.parts])
        total = float(rows.sum())
        drawn = self.spread[index] * (1.0 / rows - 1.0 / self.rows[index])  # a part of a batch misses its mean
        apart = self.square[np.ix_(index, index)] + drawn[:, None] + drawn[None, :]
        np.fill_diagonal(apart, 0.0)
        between = float(rows @ apart @ rows) / (2.0 * total)
        spread = (float((rows - 1.0) @ self.spread[index]) + between) / (total - 1.0)
        share = rows / total
        inner = 0.5 * float(share @ self.square[np.ix_(index, index)] @ share)
        distance = share @ self.square[index] - inner + float(share**2 @ drawn)
        if pool.take is not None:
            distance = distance + spread * (1.0 / pool.take - 1.0 / total)
        return spread, distance
