"""Which law holds for a generator, a regime and a metric of a study, and what it predicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from synthmix.arguments import count
from synthmix.collapse.laws import levels, numbers
from synthmix.collapse.laws.case import Case, Law
from synthmix.collapse.laws.maker import Maker, maker_of
from synthmix.collapse.laws.paths import Path
from synthmix.collapse.laws.pools import REGIMES, pools
from synthmix.collapse.laws.second_order import gaussian_variance_sd_path, paired_variance_sd_path, variance_sd_path
from synthmix.collapse.laws.step import corrected

_LAWS: dict[str, Callable[[Case], Law | None]] = {
    "variance": numbers.variance,
    "trace_ratio": numbers.variance,
    "mean": numbers.mean,
    "kurtosis": numbers.kurtosis,
    "pooled_kurtosis": numbers.pooled_kurtosis,
    "log_det": numbers.log_det,
    "heterozygosity": levels.heterozygosity,
    "levels": levels.levels,
    "rare_survival": levels.rare_survival,
    "ancestors": levels.ancestors,
    "entropy": levels.entropy,
}


def law_of(
    generator: Any,
    regime: Any,
    metric: str,
    *,
    n: int,
    m: int | None = None,
    generations: int,
    start: Mapping[str, Any] | None = None,
    rows: Literal["new", "pool"] = "new",
) -> Law | None:
    """Return the law of a metric under repeated synthesis, None where none is known.

    Parameters
    ----------
    generator : Generator
        Of :mod:`synthmix.collapse.generators`; known are mixing by any law, row bootstrap, independent columns and
        Gaussian refits.
    regime : Regime or str
        Of :mod:`synthmix.collapse.regimes`, or "replace", "accumulate", "subsample".
    metric : str
        "variance", "trace_ratio" (ratios to the real table), "mean" (mean square of the shift, in units of the real
        variance), "kurtosis", "pooled_kurtosis" (see :class:`Law`), "log_det" (change), "heterozygosity" (ratio),
        "levels", "rare_survival", "ancestors" (shares), "entropy". None for all others.
    n : int
        Rows of the real table.
    m : int, optional
        Rows made in each generation, `n` by default.
    generations : int
    start : mapping, optional
        What is known of the real table: "kurtosis" (excess, divisor n), "columns" (of the determinant), "counts"
        (copies of each level), "entropy".
    rows : {"new", "pool"}
        Whether of the rows made in a generation, or of the table that the next is made from.

    Returns
    -------
    Law or None

    Notes
    -----
    Laws are about columns without missing values, in the data's own units: nothing is predicted for numbers that are
    mixed as normal scores or rounded to a grid. A path is the mean over chains (the mean square for "mean"); a typical
    chain may lie far from it where the spread is large, see :func:`spread_of`.
    """
    maker = maker_of(generator)
    case = None if maker is None else _case(maker, regime, n, n if m is None else m, generations, start or {}, rows)
    law = _LAWS.get(metric)
    return None if case is None or law is None else law(case)


def predict(
    generator: Any,
    regime: Any,
    metric: str,
    *,
    n: int,
    m: int | None = None,
    generations: int,
    start: Mapping[str, Any] | None = None,
    rows: Literal["new", "pool"] = "new",
) -> Path | None:
    """Return the path of :func:`law_of`, shape (generations + 1,), None where no law is known."""
    law = law_of(generator, regime, metric, n=n, m=m, generations=generations, start=start, rows=rows)
    return None if law is None else law.path


def spread_of(
    generator: Any, regime: Any, *, n: int, generations: int, start: Mapping[str, Any] | None = None
) -> Path | None:
    """Return the standard deviation over chains of a column's variance ratio, None where it is not known.

    Known for the replace regime with n rows in each generation: exact for independent parents, bootstraps and Gaussian
    refits, to leading order in 1/n for "anchor" and "cyclic" partners, zero for rotation. ``start["kurtosis"]`` is the
    excess kurtosis of the column (divisor n), 0 by default.
    """
    maker = maker_of(generator)
    if maker is None or _said(regime)["kind"] != "replace":
        return None
    kurtosis = float((start or {}).get("kurtosis", 0.0))
    if maker.kind == "gaussian":
        kept = 1.0 if maker.unbiased else 1.0 - 1.0 / n
        return gaussian_variance_sd_path(n, generations) * kept ** np.arange(generations + 1)
    if maker.law is None:
        return variance_sd_path(numbers.COPIED, n, generations, kurtosis=kurtosis)
    if maker.numbers() is None:
        return None
    if maker.grouped:
        return np.zeros(generations + 1)
    law = corrected(maker.law, n, maker.scheme)
    return paired_variance_sd_path(law, maker.scheme, n, generations, kurtosis=kurtosis)


def _case(
    maker: Maker,
    regime: Any,
    n: int,
    m: int,
    generations: int,
    start: Mapping[str, Any],
    rows: Literal["new", "pool"],
) -> Case | None:
    said = _said(regime)
    name = said["kind"]
    if name not in REGIMES:
        return None
    fresh = said.get("source") == "fresh"
    parameters: dict[str, Any] = {}
    if name == "share":
        parameters = {"share": said["share"], "fresh": fresh}
    elif name == "window":
        parameters = {"width": said["w"], "keep_real": said["real"]}
    tables = pools(name, float(n), float(m), count("generations", generations), **parameters)
    return Case(maker, name, tables, n, m, start, rows, fresh)


def _said(regime: Any) -> Mapping[str, Any]:
    """Return what a regime says of itself."""
    said: Mapping[str, Any] = {"kind": regime} if isinstance(regime, str) else regime.describe()
    return said
