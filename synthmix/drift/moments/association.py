"""Which pairs of columns changed their association: numbers and levels on Fisher's scale (max_dz)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import NAN, Finding
from synthmix.drift.moments.canonical import canonical_order
from synthmix.drift.moments.covariance import TILE, Matrix, checked, moments_of
from synthmix.drift.moments.strength import NONE, Strength, correlation, correlation_ratio, cramers_v
from synthmix.drift.noise import ONE_SIDED, Z95, Noise, absent, noise_factors, null_of
from synthmix.errors import InputError
from synthmix.kernels.second import fourth_products
from synthmix.kernels.threads import run_all

Codes = NDArray[np.int32]
_NO_CODES: Any = np.empty((0, 0), np.int32)


@dataclass(frozen=True, eq=False)
class MixedTable:
    """Numeric columns (n, p) and discrete ones (n, q) of a table; no number is missing, a missing level is a level."""

    numbers: Matrix
    codes: Codes = field(default_factory=lambda: _NO_CODES)

    @property
    def n(self) -> int:
        """Rows."""
        return int(self.numbers.shape[0] if self.numbers.shape[1] else self.codes.shape[0])


@dataclass(frozen=True, eq=False)
class PairChange:
    """A pair of columns with its strengths in both tables.

    `low` and `high` at a quantile bound the change z_synthetic - z_real.
    """

    first: str
    second: str
    real: Strength
    synthetic: Strength
    kind: str
    noise: Noise

    @property
    def dz(self) -> float:
        """Change on Fisher's scale."""
        return self.synthetic.z - self.real.z

    def bounds(self, quantile: float) -> tuple[float, float]:
        """Return the ends of the change at so many standard errors."""
        low, high = self.synthetic.bounds(quantile)
        if self.noise == "synthetic":
            return low - self.real.z, high - self.real.z
        below, above = self.real.bounds(quantile)
        reach_down = np.hypot(self.synthetic.z - low, above - self.real.z)
        return self.dz - float(reach_down), self.dz + float(np.hypot(high - self.synthetic.z, self.real.z - below))

    def at_most(self, quantile: float) -> float:
        """Return the upper bound of the size of the change."""
        return max(abs(end) for end in self.bounds(quantile))

    def at_least(self, quantile: float) -> float:
        """Return the lower bound of the size of the change."""
        low, high = self.bounds(quantile)
        return max(0.0, low, -high)

    @property
    def se(self) -> float:
        """A quarter of the width of the 95 % interval, about."""
        low, high = self.bounds(Z95)
        return (high - low) / (2.0 * Z95)


def pair_changes(
    real: MixedTable,
    synthetic: MixedTable,
    *,
    names: Sequence[str] = (),
    code_names: Sequence[str] = (),
    noise: Noise = "synthetic",
    n_jobs: int = 1,
) -> tuple[list[PairChange], list[str]]:
    """Return all pairs of columns that the real table can say something of, and notes on the others.

    Raises
    ------
    InputError
        For missing or infinite numbers, negative codes or different columns.
    """
    noise_factors(max(real.n, 1), max(synthetic.n, 1), noise)
    numbers = [checked(one.numbers, which, names) for one, which in ((real, "real"), (synthetic, "new"))]
    codes = [one.codes for one in (real, synthetic)]
    p, q = numbers[0].shape[1], codes[0].shape[1]
    if numbers[1].shape[1] != p or codes[1].shape[1] != q:
        raise InputError("the tables have different columns; give the same columns in the same order")
    if q and min(int(one.min(initial=0)) for one in codes) < 0:
        raise InputError("codes start at 0, and missing is a level of its own")
    labels = [str(name) for name in names] or [str(place) for place in range(p)]
    labels += [str(name) for name in code_names] or [str(place) for place in range(p, p + q)]
    found = [_strengths(number, code, n_jobs) for number, code in zip(numbers, codes, strict=True)]
    changes, silent = [], set()
    for (i, j), ours in found[0].items():
        if ours.note == NONE:
            silent.add(labels[i] if _constant(i, found[0]) else labels[j])
            continue
        kind = ("numeric", "mixed", "discrete")[(i >= p) + (j >= p)]
        changes.append(PairChange(labels[i], labels[j], ours, found[1][i, j], kind, noise))
    notes = [f"constant in the real table: {', '.join(sorted(silent))}"] if silent else []
    return changes, notes


def _constant(column: int, found: dict[tuple[int, int], Strength]) -> bool:
    return all(one.note == NONE for pair, one in found.items() if column in pair)


def _strengths(numbers: Matrix, codes: Codes, n_jobs: int) -> dict[tuple[int, int], Strength]:
    """Return the strength of every pair (i < j), numeric columns first."""
    n, p = numbers.shape
    q = codes.shape[1]
    found: dict[tuple[int, int], Strength] = {}
    if p > 1:
        order = canonical_order(numbers)
        r, influence = correlations(np.ascontiguousarray(numbers[order]), n_jobs)
        found |= {(i, j): correlation(r[i, j], influence[i, j], n) for i in range(p) for j in range(i + 1, p)}
    columns = [np.ascontiguousarray(codes[:, place]) for place in range(q)]
    sizes = [int(column.max(initial=-1)) + 1 for column in columns]
    results: dict[int, list[tuple[tuple[int, int], Strength]]] = {}

    def work(i: int) -> None:
        if i < p:
            order = np.argsort(numbers[:, i], kind="stable")  # sums must not depend on the order of the rows
            values = numbers[order, i]
            results[i] = [((i, p + k), correlation_ratio(values, columns[k][order])) for k in range(q)]
            return
        results[i] = [
            ((i, j), cramers_v(_two_way(columns[i - p], columns[j - p], sizes[i - p], sizes[j - p])))
            for j in range(i + 1, p + q)
        ]

    run_all(work, range(p + q), n_jobs)
    by_last = sorted((pair for part in results.values() for pair in part), key=lambda one: (one[0][1], one[0][0]))
    return found | dict(by_last)


def _two_way(first: Codes, second: Codes, rows: int, columns: int) -> NDArray[np.int64]:
    both = first.astype(np.int64) * columns + second
    return np.bincount(both, minlength=rows * columns).reshape(rows, columns)


def correlations(rows: Matrix, n_jobs: int = 1) -> tuple[Matrix, Matrix]:
    """Return correlations (p, p), NaN with a constant column, and the variances of a row's influence on them."""
    n, p = rows.shape
    if n < 2:
        return np.full((p, p), NAN), np.zeros((p, p))
    moments = moments_of(rows, n_jobs)
    deviation = np.sqrt(np.diag(moments.covariance) * (n - 1.0) / n)
    live = deviation > 1e-13 * np.maximum(np.abs(moments.mean), 1e-300)
    scale = np.where(live, deviation, 1.0)
    starts = range(0, n, TILE)
    parts = np.zeros((2, len(starts), p, p))

    def work(place: int) -> None:
        low = starts[place]
        fourth_products(rows[low : low + TILE], moments.mean, scale, parts[0, place], parts[1, place])

    run_all(work, range(len(starts)), n_jobs)
    squares, cubes = parts.sum(axis=1) / n
    r = moments.covariance * ((n - 1.0) / n) / np.outer(scale, scale)
    fourth = np.diag(squares)
    influence = squares - r * (cubes + cubes.T) + 0.25 * r * r * (fourth[:, None] + fourth[None, :] + 2.0 * squares)
    dead = ~np.logical_and.outer(live, live)
    return np.where(dead, NAN, np.clip(r, -1.0, 1.0)), np.where(dead, 0.0, influence)


def association(
    real: MixedTable,
    synthetic: MixedTable,
    *,
    names: Sequence[str] = (),
    code_names: Sequence[str] = (),
    noise: Noise = "synthetic",
    n_jobs: int = 1,
) -> list[Finding]:
    """Compare the association of every pair of columns.

    Parameters
    ----------
    real, synthetic : MixedTable
    names, code_names : sequences of str
        Names of the numeric and of the discrete columns.
    noise : {"synthetic", "both"}
        Whose sampling noise bounds and null count.
    n_jobs : int
        Threads.

    Returns
    -------
    list of Finding
        `max_dz`: the largest change on Fisher's scale over all pairs, which the note names; then one `dz` for each
        pair, largest first. The scale is that of :mod:`synthmix.drift.moments.strength`; a column that is constant in
        the new table only has lost its associations, which then count as 0.

    Notes
    -----
    `ci_high` of `max_dz` is the largest one-sided 95 % upper bound: comparing it with a margin is an
    intersection-union test of equivalence, without correction for the number of pairs. `ci_low` is the largest
    simultaneous (Bonferroni) lower bound. `margin_certifiable` solves ``prod P(|N(0, se)| + 1.645 se < margin) = 80
    %``; for equal standard errors it is ``(1.645 + z_q) se`` with ``q = (1 + .8^(1/K)) / 2``.

    V and the correlation ratio measure how strong an association is, not of which kind: exchanged levels leave them as
    they are, and so do new units of a numeric column. :func:`synthmix.drift.moments.tables.pair_tables` sees both.

    Raises
    ------
    InputError
        For missing or infinite numbers, negative codes or different columns.
    """
    if min(real.n, synthetic.n) < 4:
        note = "association needs four rows in each table"
        return [absent("max_dz", "moments", "joint", note, n_real=real.n, n_synth=synthetic.n)]
    changes, notes = pair_changes(real, synthetic, names=names, code_names=code_names, noise=noise, n_jobs=n_jobs)
    return association_findings(changes, notes, real.n, synthetic.n, noise)


def association_findings(
    changes: Sequence[PairChange], notes: Sequence[str], n_real: int, n_synth: int, noise: Noise
) -> list[Finding]:
    """Return what :func:`association` does, from the changes of pairs."""
    what: dict[str, Any] = {"family": "moments", "n_real": n_real, "n_synth": n_synth}
    if not changes:
        return [absent("max_dz", scope="joint", note="; ".join(["no pair of columns", *notes]), **what)]
    ordered = sorted(changes, key=lambda one: (-abs(one.dz), one.first, one.second))
    what |= {"null_kind": null_of(noise)}
    return [_largest(ordered, list(notes), what), *(_pair(one, what) for one in ordered)]


def _largest(changes: list[PairChange], notes: list[str], what: dict[str, Any]) -> Finding:
    from scipy.stats import norm

    errors = np.array([one.se for one in changes])
    worst, count = changes[0], len(changes)
    ratio = max((abs(one.dz) / one.se for one in changes if one.se > 0.0), default=0.0)
    simultaneous = float(norm.isf(0.05 / (2 * count)))
    return Finding(
        metric="max_dz",
        scope="joint",
        column=worst.first,
        column2=worst.second,
        value=abs(worst.dz),
        unit="z",
        ci_low=max(one.at_least(simultaneous) for one in changes),
        ci_high=max(one.at_most(ONE_SIDED) for one in changes),
        ci_method="one-sided 95 %: simultaneous below, intersection-union above",
        null_center=_quantile_of_largest(errors, 0.5, 0.0),
        null_low=_quantile_of_largest(errors, 0.025, 0.0),
        null_high=_quantile_of_largest(errors, 0.975, 0.0),
        statistic=ratio,
        p_value=float(-np.expm1(count * np.log1p(-2.0 * norm.sf(ratio)))) if ratio > 0.0 else 1.0,
        margin_certifiable=_quantile_of_largest(errors, 0.8, ONE_SIDED),
        method=f"{count} pairs: Pearson, corrected Cramer's V, corrected correlation ratio, as atanh",
        note="; ".join([f"{worst.first} and {worst.second}", *notes]),
        **what,
    )


def _quantile_of_largest(errors: NDArray[np.float64], level: float, extra: float) -> float:
    """Return the x with ``prod P(|N(0, 1)| se + extra se < x) = level``."""
    from scipy.optimize import brentq
    from scipy.special import ndtr

    errors = errors[errors > 0.0]
    if not errors.size:
        return 0.0

    def miss(x: float) -> float:
        sides = np.maximum(x / errors - extra, 1e-12)
        return float(np.log(np.maximum(2.0 * ndtr(sides) - 1.0, 1e-300)).sum() - np.log(level))

    return float(brentq(miss, 0.0, (extra + 40.0) * float(errors.max())))


def _pair(one: PairChange, what: dict[str, Any]) -> Finding:
    low, high = one.bounds(Z95)
    notes = [f"real: {one.real.note}"] if one.real.note else []
    notes += [f"new: {one.synthetic.note}"] if one.synthetic.note else []
    return Finding(
        metric="dz",
        scope="pair",
        column=one.first,
        column2=one.second,
        variant=one.kind,
        value=one.dz,
        unit="z",
        better="target",
        target=0.0,
        se=one.se,
        ci_low=low,
        ci_high=high,
        ci_method="closed form, 95 %",
        null_center=0.0,
        null_low=-Z95 * one.se,
        null_high=Z95 * one.se,
        method=f"{np.tanh(one.real.z):.3f} real, {np.tanh(one.synthetic.z):.3f} new",
        note="; ".join(notes),
        **what,
    )
