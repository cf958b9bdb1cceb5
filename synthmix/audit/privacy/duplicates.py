"""Whether rows of the training table are in the synthetic one more often than chance puts them there."""

from __future__ import annotations

import numpy as np

from synthmix.audit.privacy.chosen import Places, chosen
from synthmix.audit.privacy.form import NO_HOLDOUT, excess, nothing, share
from synthmix.audit.privacy.ground import Ground, keys_of
from synthmix.audit.privacy.rates import Rate
from synthmix.drift.finding import Finding
from synthmix.errors import InputError, did_you_mean

TOLERANCE = 1e-6  # in standard deviations of each numeric column


def duplicates(ground: Ground, quasi: tuple[str, ...] = ()) -> list[Finding]:
    """Return the shares of synthetic rows that equal a training row, and of unique training rows that come back.

    Parameters
    ----------
    ground : Ground
    quasi : tuple of str
        Quasi-identifiers: columns that someone may know of a person. Their values are compared by themselves too.

    Returns
    -------
    list of Finding
        Metric "duplicates", variants "all columns" and "quasi-identifiers": the share of synthetic rows that equal a
        training row, less the share that equal a holdout row (as many rows of each). "all columns, share" is the plain
        one, which needs no holdout. "tolerance": rows whose numbers all lie within 1e-6 standard deviations and whose
        levels are the same. Metric "replicated_uniques": of training rows that are unique in their table, the share
        that the synthetic table holds, less that of the holdout's unique rows.

    Raises
    ------
    InputError
        For a quasi-identifier that is no compared column.

    Notes
    -----
    Tables of few, coarse columns have honest copies: only the excess means something. Intervals take synthetic rows
    as independent.
    """
    tables = ground.tables
    numeric, discrete = list(range(len(tables.names))), list(range(len(tables.code_names)))
    found = _copies(ground, "all columns", numeric, discrete)
    found.append(_near(ground))
    found += _uniques(ground, numeric, discrete)
    if quasi:
        columns = places_of(ground, quasi, "quasi")
        found += _copies(ground, "quasi-identifiers", *columns)
    return found


def places_of(ground: Ground, names: tuple[str, ...], argument: str) -> tuple[list[int], list[int]]:
    """Return the places of named columns among the numeric and among the discrete ones."""
    tables = ground.tables
    known = (*tables.names, *tables.code_names)
    for name in names:
        if name not in known:
            raise InputError(f"{argument} names {name!r}, which is no compared column{did_you_mean(name, known)}")
    return (
        [place for place, name in enumerate(tables.names) if name in names],
        [place for place, name in enumerate(tables.code_names) if name in names],
    )


def _copies(ground: Ground, variant: str, numeric: list[int], discrete: list[int]) -> list[Finding]:
    tables = ground.tables
    sides = [tables.synthetic, tables.real] + ([tables.holdout] if tables.holdout is not None else [])
    synthetic, real, *holdout = keys_of(sides, numeric, discrete)
    sizes = {"n_real": real.size, "n_synth": synthetic.size, "method": "equal values"}
    plain = Rate(int(np.isin(synthetic, real).sum()), synthetic.size)
    found = [share("duplicates", plain, variant=f"{variant}, share", **sizes)]
    if not holdout:
        return [*found, nothing("duplicates", NO_HOLDOUT, variant=variant, **sizes)]
    least = min(real.size, holdout[0].size)
    attack, control = (_rate(synthetic, side[chosen(side.size, least, ground.seed, 10)]) for side in (real, holdout[0]))
    return [*found, excess("duplicates", attack, control, variant=variant, **sizes)]


def _rate(rows: Places, others: Places) -> Rate:
    return Rate(int(np.isin(rows, others).sum()), rows.size)


def _uniques(ground: Ground, numeric: list[int], discrete: list[int]) -> list[Finding]:
    tables = ground.tables
    sides = [tables.synthetic, tables.real] + ([tables.holdout] if tables.holdout is not None else [])
    synthetic, *real = keys_of(sides, numeric, discrete)
    rates = []
    for side in real:
        values, counts = np.unique(side, return_counts=True)
        rates.append(_rate(values[counts == 1], synthetic))
    sizes = {"n_real": tables.real.n, "n_synth": tables.synthetic.n, "method": "rows that occur once"}
    if rates[0].trials == 0:
        return [nothing("replicated_uniques", "no training row is unique", **sizes)]
    found = [share("replicated_uniques", rates[0], variant="share", **sizes)]
    if len(rates) == 1 or rates[1].trials == 0:
        note = NO_HOLDOUT if len(rates) == 1 else "no holdout row is unique"
        return [*found, nothing("replicated_uniques", note, **sizes)]
    return [*found, excess("replicated_uniques", rates[0], rates[1], **sizes)]


def _near(ground: Ground) -> Finding:
    """Return the excess of rows that are near copies."""
    what = {"variant": "tolerance", "seed": ground.seed, "n_real": ground.tables.real.n}
    what["n_synth"] = ground.tables.synthetic.n
    pooled = ground.pooled
    if pooled is None:
        return nothing("duplicates", NO_HOLDOUT if ground.tables.holdout is None else "no column varies", **what)
    least = min(int(pooled.train.sum()), int((~pooled.train).sum()))
    close, rates = pooled.gaps <= TOLERANCE, []
    for mine in (pooled.train, ~pooled.train):  # as many rows of each, the first in the random order of the pool
        kept = mine & (np.cumsum(mine) <= least)
        rates.append(Rate(int((close & kept[pooled.near.index]).any(axis=1).sum()), pooled.rows))
    method = f"all coordinates within {TOLERANCE:g} standard deviations, {pooled.rows} synthetic rows"
    return excess("duplicates", rates[0], rates[1], method=method, **what)
