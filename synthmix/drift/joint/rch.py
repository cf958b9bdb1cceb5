"""Whether a new table is farther from a holdout than a resample of the training rows would be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.joint.budget import Budget, resample_seconds
from synthmix.drift.joint.components import BANDWIDTHS, standardised
from synthmix.drift.joint.pairs import DISTANCE, Similarity, between, gaussian, panels, spread_of, sums_to
from synthmix.drift.joint.pool import Floats, both, in_order, matrix, shuffled
from synthmix.drift.joint.radius import Whitener, normal_scores, runs_of
from synthmix.errors import InputError
from synthmix.kernels.relabel import add_products, count_draws, largest_gaps
from synthmix.kernels.threads import run_all

_STEPS = 2.0**50  # of all pairs together; four times as many still have exact sums


@dataclass(frozen=True)
class Yardstick:
    """A similarity in whole steps, set by training and holdout rows only."""

    similarity: Similarity
    unit: float

    def __call__(self, squared: Floats) -> Floats:
        """Return whole numbers for squared distances."""
        values = np.asarray(self.similarity(squared) / self.unit, np.float64)
        np.rint(values, out=values)
        return values


def yardsticks(train: Floats, holdout: Floats, rows: int, seed: int, threads: int) -> list[Yardstick]:
    """Return distance and kernels for tables of at most `rows` rows."""
    spread = spread_of(in_order(np.concatenate([train, holdout])), seed, threads)
    found = [Yardstick(DISTANCE, max(spread.largest, 1e-300) * rows**2 / _STEPS)]
    if spread.median > 0.0:
        found += [Yardstick(kernel, rows**2 / _STEPS) for kernel in gaussian(spread, BANDWIDTHS)]
    return found


def total(rows: Floats, others: Floats, sticks: Sequence[Yardstick], threads: int) -> Floats:
    """Return the sum over all pairs, shape (sticks,); whole numbers, so in any order."""
    totals: Floats = sums_to(rows, others, sticks, threads).sum(axis=1)
    return totals


def resampled(train: Floats, counts: Floats, sticks: Sequence[Yardstick], threads: int) -> Floats:
    """Return the sum over all pairs of rows of each bootstrap, shape (sticks, bootstraps); counts are (n, B)."""
    parts = panels(len(train))
    partial = np.zeros((len(parts), len(sticks), counts.shape[1]))
    columns = np.ascontiguousarray(train.T)

    def work(number: int) -> None:
        start, stop = parts[number]
        squared = between(train[start:stop], columns)
        for k, stick in enumerate(sticks):
            add_products(counts[start:stop], stick(squared) @ counts, partial[number, k])

    run_all(work, range(len(parts)), threads)
    totals: Floats = partial.sum(axis=0)
    return totals


def holdout_statistics(
    train: Floats, synthetic: Floats, holdout: Floats, bootstraps: int, seed: int, threads: int = 1
) -> dict[str, Floats]:
    """Return T(S, H) followed by T(S*_b, H), for each component; rows in lexicographic order."""
    m, h = len(synthetic), len(holdout)
    counts = np.zeros((len(train), bootstraps))
    count_draws(np.uint64(seed), 0, m, counts)
    sticks = yardsticks(train, holdout, max(m, h), seed, threads)
    within = np.column_stack([total(synthetic, synthetic, sticks, threads), resampled(train, counts, sticks, threads)])
    cross = np.column_stack(
        [total(synthetic, holdout, sticks, threads), sums_to(train, holdout, sticks, threads) @ counts]
    )
    found = {}
    for k, stick in enumerate(sticks):
        value = stick.unit * (within[k] / m**2 - 2.0 * cross[k] / (m * h))
        found[stick.similarity.name] = -value if stick.similarity is DISTANCE else value
    found["radius"] = _radius(train, synthetic, holdout, counts)
    return found


def _radius(train: Floats, synthetic: Floats, holdout: Floats, counts: Floats) -> Floats:
    """Return the distances of the radii, by scores and covariance of training and holdout rows."""
    reference = in_order(np.concatenate([train, holdout]))
    whitener = Whitener(normal_scores(reference, reference))
    real, new, out = (whitener.lengths(normal_scores(rows, reference)) for rows in (train, synthetic, holdout))
    m = len(synthetic)
    return np.append(_gaps(new, np.ones((m, 1)), out, m), _gaps(real, counts, out, m))


def _gaps(values: Floats, weights: Floats, out: Floats, m: int) -> Floats:
    """Return the Kolmogorov-Smirnov distance of weighted values to those of the holdout, per column of weights."""
    h = out.size
    order, ends = runs_of(np.concatenate([values, out]))
    found = np.empty(weights.shape[1])
    in_holdout = np.append(np.zeros(values.size), np.full(h, float(m)))
    largest_gaps(order, ends, np.concatenate([weights, np.zeros((h, weights.shape[1]))]), in_holdout, float(h), found)
    return found / (m * h)


def holdout_test(
    train: NDArray[np.generic],
    synthetic: NDArray[np.generic],
    holdout: NDArray[np.generic],
    *,
    seed: int = 0,
    budget: Budget | None = None,
    names: Sequence[str] | None = None,
    threads: int = 1,
) -> list[Finding]:
    """Test whether a table is as near to a holdout as a bootstrap of the training rows is.

    Components: energy distance, Gaussian MMD at 0.3, 1 and 3 times the median distance and the Kolmogorov-Smirnov
    distance of the radius, each between a table and the holdout. They are computed for the synthetic table and for
    bootstraps of the training rows of the same size, centred and scaled by the mean and standard deviation of all of
    them together, and the largest is ranked.

    Parameters
    ----------
    train, synthetic, holdout : array, shape (n, p), (m, p) and (h, p)
        Finite numbers on comparable scales. The holdout was never shown to the generator.
    seed : int
    budget : Budget, optional
        Half of its rows are the most of each table; its permutations are the bootstraps; seconds limit the rows.
    names : sequence of str, optional
    threads : int

    Returns
    -------
    list of Finding
        First the maximum with its p-value, then the components.

    Notes
    -----
    Under "the synthetic table is a resample of the training rows" it and the bootstraps are exchangeable given training
    and holdout rows, so p is exact; copying is neither rewarded nor punished. Scales, bandwidths and scatter come from
    training and holdout rows only, which this needs. Smoother generators that are as good pass (in simulations at most
    5 % of them fail). Pairs of a row with itself count (V-form): without them tables without repeated rows would always
    fail. The bandwidth 0.1 is left out because such pairs are most of its null.

    Where tables are cut to the budget, bootstraps are of the rows that are left, and those differ from the holdout by
    more than rows of the whole training table do: the test is conservative then.
    """
    x, s = both(train, synthetic, names)
    hold = in_order(matrix(holdout, "holdout", names))
    if hold.shape[1] != x.shape[1]:
        raise InputError(f"the holdout table has {hold.shape[1]} columns, the training one {x.shape[1]}")
    budget = budget or Budget()
    sizes = (len(x), len(s), len(hold))
    x, s, hold, note = _cut([x, s, hold], budget, seed)
    statistics = holdout_statistics(x, s, hold, int(budget.permutations), seed, threads)
    z = {name: one for name, values in statistics.items() if (one := standardised(values)) is not None}
    largest = np.max(list(z.values()), axis=0) if z else np.zeros(1)
    lead = max(z, key=lambda name: z[name][0]) if z else "none, all rows are equal"
    notes = [f"largest component: {lead}", note]

    def finding(variant: str, values: Floats, text: str) -> Finding:
        return Finding(
            metric="holdout_test", variant=variant, family="joint", scope="joint", value=float(values[0]),
            unit="SD of the bootstraps", null_kind="resample", null_center=0.0, statistic=float(values[0]),
            p_value=float((values >= values[0]).mean()), n_real=sizes[0], n_synth=sizes[1],
            n_perm=int(budget.permutations), method=f"bootstraps of the training rows against {sizes[2]} holdout rows",
            seed=seed, note=text,
        )  # fmt: skip

    found = [finding("fused", largest, "; ".join(filter(None, notes)))]
    return found + [finding(name, values, "") for name, values in z.items()]


def _cut(tables: list[Floats], budget: Budget, seed: int) -> tuple[Floats, Floats, Floats, str]:
    """Return at most the rows that the budget allows of each table, in lexicographic order, and what was cut."""
    most = int(budget.rows) // 2
    largest = min(most, max(len(t) for t in tables))
    cost = resample_seconds(largest, tables[0].shape[1], int(budget.permutations))
    if cost > budget.seconds:
        most = max(250, int(largest * (budget.seconds / cost) ** 0.5))
    kept = [t if len(t) <= most else in_order(shuffled(t, seed, 4 + k)[:most]) for k, t in enumerate(tables)]
    names = ("training", "synthetic", "holdout")
    cuts = [
        f"{len(a)} of {len(b)} {name} rows" for a, b, name in zip(kept, tables, names, strict=True) if len(a) < len(b)
    ]
    x, s, h = kept
    return x, s, h, "budget: " + ", ".join(cuts) + " (conservative)" if cuts else ""
