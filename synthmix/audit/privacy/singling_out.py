"""Whether the synthetic table gives descriptions that fit exactly one training person."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.audit.privacy.chosen import chosen
from synthmix.audit.privacy.form import NO_HOLDOUT, nothing, residual
from synthmix.audit.privacy.ground import Ground
from synthmix.audit.privacy.rates import Rate
from synthmix.drift.finding import Finding
from synthmix.drift.marginal.tails import clopper_pearson
from synthmix.drift.tables import Table

PREDICATES = 500
COLUMNS = 4  # conditions of a multivariate predicate
_TRIES = 8  # rows that are tried for each predicate that is wanted
_FEWEST = 50


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One condition on one column: equal to a value, at most or at least a number, or missing (value NaN, "equal")."""

    column: int
    numeric: bool
    kind: str
    value: float

    def holds(self, table: Table) -> NDArray[np.bool_]:
        """Return for which rows it holds."""
        values = table.numbers[:, self.column] if self.numeric else table.codes[:, self.column]
        if self.kind == "equal":
            return np.isnan(values) if np.isnan(self.value) else values == self.value
        return values <= self.value if self.kind == "at most" else values >= self.value


Predicate = tuple[Condition, ...]


def isolation_chance(n: int, low: float, high: float) -> float:
    """Return the chance that a predicate written without the data fits exactly one of n rows.

    Its weight (the share of the population that it fits) is uniform on [low, high]; the mean of ``n w (1 - w)^(n - 1)``
    over it is ``[(n w + 1)(1 - w)^n]_high^low / ((n + 1)(high - low))`` (Cohen and Nissim 2020, arXiv 1904.06009).
    """
    if high <= low:
        return n * low * (1.0 - low) ** (n - 1)

    def rest(w: float) -> float:
        return float((n * w + 1.0) * np.exp(n * np.log1p(-w))) if w < 1.0 else 0.0

    return (rest(low) - rest(high)) / ((n + 1) * (high - low))


def singling_out(ground: Ground) -> list[Finding]:
    """Return how much more often predicates that fit one synthetic row fit one training row than one holdout row.

    Returns
    -------
    list of Finding
        Metric "singling_out". Variant "univariate": values that occur once in a column of the synthetic table, and its
        smallest and largest numbers. "multivariate": up to 4 conditions of a random synthetic row (equal levels;
        numbers at most or at least its own, on the side of the median where it lies), kept where no other synthetic row
        fits. The value is the residual risk of Giomi et al. (2023); the note says what an attacker without data
        reaches on average against as many rows (Cohen and Nissim), with weights anywhere in the exact interval of a
        weight that was seen once among the synthetic rows. The best weight, 1/n, reaches 37 %.

    Notes
    -----
    How many rows there are decides how easily one is singled out, so training and holdout rows are cut to the same
    number.
    """
    tables = ground.tables
    sizes = {"n_real": tables.real.n, "n_synth": tables.synthetic.n, "seed": ground.seed}
    note = NO_HOLDOUT if tables.holdout is None else ""
    if not note and min(tables.real.n, tables.synthetic.n, tables.holdout.n) < _FEWEST:  # type: ignore[union-attr]
        note = f"needs {_FEWEST} rows in each table"
    variants = ("univariate", "multivariate")
    if note or tables.holdout is None:
        return [nothing("singling_out", note, variant=variant, **sizes) for variant in variants]
    rng = np.random.Generator(np.random.Philox(key=[ground.seed, 60]))
    least = min(tables.real.n, tables.holdout.n)
    sides = [_cut(side, least, ground.seed) for side in (tables.real, tables.holdout)]
    found = []
    for variant, write in zip(variants, (univariate, multivariate), strict=True):
        predicates = write(tables.synthetic, rng)
        if len(predicates) < _FEWEST // 5:
            note = f"{len(predicates)} predicates fit one synthetic row"
            found.append(nothing("singling_out", note, variant=variant, **sizes))
            continue
        attack, control = (Rate(sum(alone(p, side) for p in predicates), len(predicates)) for side in sides)
        chance = isolation_chance(least, *clopper_pearson(1, tables.synthetic.n))
        found.append(
            residual("singling_out", attack, control, variant=variant, note=f"without data {chance:.2g}",
                     method=f"{len(predicates)} predicates, {least} rows of each table", **sizes)
        )  # fmt: skip
    return found


def _cut(table: Table, rows: int, seed: int) -> Table:
    some = chosen(table.n, rows, seed, 61)
    return Table(table.numbers[some], table.codes[some])


def alone(predicate: Predicate, table: Table) -> bool:
    """Return whether exactly one row fits."""
    fits = np.ones(table.n, np.bool_)
    for condition in predicate:
        fits &= condition.holds(table)
    return int(fits.sum()) == 1


def univariate(table: Table, rng: np.random.Generator) -> list[Predicate]:
    """Return predicates of one condition that fit one row of the table, at most 500 of all."""
    found: list[Predicate] = []
    for c in range(table.numbers.shape[1]):
        values, counts = np.unique(table.numbers[:, c], return_counts=True)
        there = values[~np.isnan(values)]
        if there.size:
            ends = (_on_number(c, "at most", there[0]), _on_number(c, "at least", there[-1]))
            found += [(end,) for end in ends if alone((end,), table)]
        found += [(_on_number(c, "equal", v),) for v in values[counts == 1]]
    for c in range(table.codes.shape[1]):
        values, counts = np.unique(table.codes[:, c], return_counts=True)
        found += [(_on_level(c, v),) for v in values[counts == 1]]
    kept = np.sort(rng.permutation(len(found))[:PREDICATES])
    return [found[place] for place in kept]


def multivariate(table: Table, rng: np.random.Generator) -> list[Predicate]:
    """Return predicates of several conditions of a random row that fit no other row of the table."""
    p, q = table.numbers.shape[1], table.codes.shape[1]
    filled = [table.numbers[~np.isnan(table.numbers[:, c]), c] for c in range(p)]
    medians = [float(np.median(values)) if values.size else 0.0 for values in filled]
    found: list[Predicate] = []
    for row in rng.permutation(table.n)[: _TRIES * PREDICATES]:
        columns = np.sort(rng.permutation(p + q)[:COLUMNS])
        predicate = tuple(
            _number(c, float(table.numbers[row, c]), medians[c]) if c < p else _on_level(c - p, table.codes[row, c - p])
            for c in columns
        )
        if alone(predicate, table):
            found.append(predicate)
        if len(found) == PREDICATES:
            break
    return found


def _number(column: int, value: float, median: float) -> Condition:
    kind = "equal" if np.isnan(value) else ("at least" if value >= median else "at most")
    return _on_number(column, kind, value)


def _on_number(column: int, kind: str, value: float) -> Condition:
    return Condition(column=int(column), numeric=True, kind=kind, value=float(value))


def _on_level(column: int, code: int) -> Condition:
    return Condition(column=int(column), numeric=False, kind="equal", value=float(code))
