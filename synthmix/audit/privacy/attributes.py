"""Whether the synthetic table tells a sensitive value of training people better than other real rows would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.audit.privacy.chosen import Places, chosen
from synthmix.audit.privacy.duplicates import places_of
from synthmix.audit.privacy.form import NO_HOLDOUT, nothing, number, residual
from synthmix.audit.privacy.ground import Coordinates, Ground
from synthmix.audit.privacy.rates import Rate
from synthmix.drift.finding import Finding
from synthmix.drift.joint.neighbours import neighbours
from synthmix.drift.joint.pool import Floats
from synthmix.drift.noise import Z95
from synthmix.kernels.threads import one_core

TARGETS = 1000
LEARNED = 10_000
RELATIVE = 0.05  # of the true number: how near a guess must be
_FEWEST = 50


@dataclass(frozen=True)
class Secrets:
    """A sensitive column in the three tables: numbers, or codes as numbers."""

    real: Floats
    synthetic: Floats
    holdout: Floats
    numeric: bool


def hit(guess: Floats, truth: Floats, numeric: bool) -> NDArray[np.bool_]:
    """Return which guesses are right: equal levels, or numbers within 5 % of the size of the true one.

    The size is without its sign, so that negative numbers are not hit by every guess; a missing value is guessed by a
    missing one.
    """
    if not numeric:
        return np.equal(guess, truth)
    near = np.abs(guess - truth) <= RELATIVE * np.abs(truth)
    return near | (np.isnan(truth) & np.isnan(guess))


def attributes(ground: Ground, sensitive: tuple[str, ...]) -> list[Finding]:
    """Return for each sensitive column how much more the synthetic table tells of training rows than it ought to.

    Parameters
    ----------
    ground : Ground
    sensitive : tuple of str

    Returns
    -------
    list of Finding
        Metric "attribute", column the sensitive one. Variant "excess": trees that learn the column from all others in
        the synthetic table, against trees that learn it from as many holdout rows; the difference of their rates of
        right guesses for the same training rows, with a paired interval. It is what a real sample of the population
        would not have told. Variant "residual": the nearest synthetic row (by all other columns) guesses for training
        rows and, as the control, for holdout rows; the risk beyond the control as Giomi et al. (2023) define it.

    Notes
    -----
    What a column's relation to others tells about anyone is no leak and is subtracted: without a control a useful table
    always looks dangerous. Numbers are hit within 5 % of their size.
    """
    found: list[Finding] = []
    numeric, discrete = places_of(ground, sensitive, "sensitive")
    for place, is_numeric in [*((c, True) for c in numeric), *((c, False) for c in discrete)]:
        found += _one(ground, place, is_numeric)
    return found


def _one(ground: Ground, place: int, numeric: bool) -> list[Finding]:
    tables = ground.tables
    name = (tables.names if numeric else tables.code_names)[place]
    what: dict[str, Any] = {"column": name, "scope": "column", "seed": ground.seed}
    what |= {"n_real": tables.real.n, "n_synth": tables.synthetic.n}
    note = _obstacle(ground)
    others = _others(ground, place, numeric) if not note else None
    if others is None or tables.holdout is None:
        note = note or "no other column varies"
        return [nothing("attribute", note, variant=variant, **what) for variant in ("excess", "residual")]
    sides = (tables.real, tables.synthetic, tables.holdout)
    values = [(side.numbers if numeric else side.codes)[:, place].astype(np.float64) for side in sides]
    secrets = Secrets(values[0], values[1], values[2], numeric)
    return [_excess(ground, others, secrets, what), _residual(ground, others, secrets, what)]


def _obstacle(ground: Ground) -> str:
    tables = ground.tables
    if tables.holdout is None:
        return NO_HOLDOUT
    least = min(tables.real.n, tables.synthetic.n, tables.holdout.n)
    return f"needs {_FEWEST} rows in each table" if least < _FEWEST else ""


def _others(ground: Ground, place: int, numeric: bool) -> Coordinates | None:
    kept = [list(range(len(names))) for names in (ground.tables.names, ground.tables.code_names)]
    kept[0 if numeric else 1].remove(place)
    return ground.part(*kept)


def _residual(ground: Ground, others: Coordinates, secrets: Secrets, what: dict[str, Any]) -> Finding:
    rates = []
    for use, (rows, truth) in enumerate(((others.real, secrets.real), (others.held, secrets.holdout))):
        some = chosen(len(rows), TARGETS, ground.seed, 40 + use)
        near = neighbours(np.ascontiguousarray(rows[some]), others.synthetic, 1, threads=ground.threads)
        right = hit(secrets.synthetic[near.index[:, 0]], truth[some], secrets.numeric)
        rates.append(Rate(int(right.sum()), right.size))
    return residual("attribute", rates[0], rates[1], variant="residual", method="nearest synthetic row", **what)


def _excess(ground: Ground, others: Coordinates, secrets: Secrets, what: dict[str, Any]) -> Finding:
    some = chosen(len(others.real), 4 * TARGETS, ground.seed, 42)
    size = min(len(others.synthetic), len(others.held), LEARNED)
    right = []
    for rows, truth in ((others.synthetic, secrets.synthetic), (others.held, secrets.holdout)):
        learned = chosen(len(rows), size, ground.seed, 43)
        guess = _learn(rows[learned], truth[learned], others.real[some], ground.seed, secrets.numeric)
        right.append(hit(guess, secrets.real[some], secrets.numeric).astype(np.float64))
    gap = right[0] - right[1]
    se = float(gap.std(ddof=1) / np.sqrt(gap.size))
    value = float(gap.mean())
    return number(
        "attribute", value, variant="excess", se=se, ci_low=value - Z95 * se, ci_high=value + Z95 * se,
        ci_method="95 %, normal, paired over training rows", null_kind="floor", null_center=0.0,
        method=f"trees that learned {size} rows, {gap.size} training rows",
        note=f"right: {right[0].mean():.3f} from synthetic rows, {right[1].mean():.3f} from holdout rows", **what,
    )  # fmt: skip


def _learn(rows: Floats, truth: Floats, asked: Floats, seed: int, numeric: bool) -> Floats:
    """Return guesses of trees; where all learned values are equal, that value."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    known = ~np.isnan(truth)
    values: Places | Floats = truth[known]
    if values.size == 0 or (values == values[0]).all():
        return np.full(len(asked), values[0] if values.size else np.nan)
    kind = HistGradientBoostingRegressor if numeric else HistGradientBoostingClassifier
    model = kind(max_iter=40, early_stopping=False, random_state=seed & 0x7FFFFFFF)
    with one_core():
        return np.asarray(model.fit(rows[known], values).predict(asked), np.float64)
