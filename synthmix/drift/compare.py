"""The report on drift: every part of it, one table, one verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, get_args

import numpy as np

from synthmix.arguments import check_alpha, one_of, threads_of
from synthmix.drift.by_column import FAMILY, column_findings
from synthmix.drift.by_moments import moment_findings
from synthmix.drift.by_rows import row_findings
from synthmix.drift.by_schema import schema_findings
from synthmix.drift.finding import Finding
from synthmix.drift.joint.budget import Budget
from synthmix.drift.marginal.family import benjamini_hochberg, holm
from synthmix.drift.margins import DECLARED, DEFAULT_MARGINS, FLAGS, SOURCE
from synthmix.drift.reference import Reference
from synthmix.drift.report import DriftReport, make_report
from synthmix.drift.settings import BUDGETS, LEVELS, NULLS, Level, Null, Settings
from synthmix.drift.tables import Tables, align
from synthmix.drift.tidy import Adjusted
from synthmix.drift.verdict import Margin, resolve_margins
from synthmix.errors import OptionError
from synthmix.random_state import RandomState, seed_from


def drift_report(
    real: Any,
    synthetic: Any,
    holdout: Any = None,
    *,
    schema: Mapping[str, str] | None = None,
    level: Level = "standard",
    margins: Mapping[str, Margin | float] | None = None,
    alpha: float = 0.05,
    random_state: RandomState = 0,
    budget: Budget | None = None,
    n_jobs: int = 1,
    null: Null = "resample",
) -> DriftReport:
    """Compare a new table with a reference.

    Parameters
    ----------
    real : table or Reference
        The reference: a pandas, polars or Arrow table, a two-dimensional array, or a :class:`Reference` that was made
        or loaded before.
    synthetic : table
        The new table; columns are matched by name.
    holdout : table, optional
        Rows of the same population as `real` that the new table was not made from. With them the calibrated test of
        whole rows is added; two-sample p-values of the new table against a holdout are wrong and not offered.
    schema : mapping of str to str, optional
        Kinds of columns that override the inferred ones, such as ``{"zip": "categorical"}``.
    level : {"quick", "standard", "full"}
        quick: sizes of differences in columns, second moments and radius, without permutation tests. standard: also
        tests, energy distance, coverage. full: also the scores that other programs print and a classifier.
    margins : mapping of str to Margin or float, optional
        What is tolerated, instead of :data:`DEFAULT_MARGINS`. A number replaces the warn margin and keeps its
        proportion to the fail margin.
    alpha : float
        Level of the tests.
    random_state : int, numpy.random.Generator, numpy.random.RandomState or None
        Of permutations and of rows that are drawn; equal tables and seeds give equal reports, for any number of
        threads and any order of rows.
    budget : Budget, optional
        Rows, permutations and seconds for each test of whole rows; by default 15 seconds (60 at level "full") by a
        fixed estimate of speed. What it cut is in ``about["cut"]``.
    n_jobs : int
        Threads, -1 for all cores.
    null : {"resample", "floor"}
        Whose sampling noise floors and intervals count. resample: only that of the new table, whose target are the
        rows of `real` (for a table that was made from them). floor: that of both, as two independent samples of one
        population (for monitoring).

    Returns
    -------
    DriftReport

    Raises
    ------
    InputError
        When no column is common, or one holds another kind of values or infinite ones; the message names it.
    OptionError
        For an option that is unknown or out of range.

    Notes
    -----
    Missing values are levels of discrete columns. For numbers, distances of columns use observed values, and the rate
    of missing ones has a row of its own; second moments and radius use rows without a missing number (the note says how
    many these are; columns that are missing in over half of the rows are left out); associations of missing flags with
    discrete columns use all rows; comparisons of whole rows put the median in and add a flag as a coordinate.

    The verdict compares intervals with margins, never a p-value with a level. Tests carry no verdict, because among
    many rows every difference is significant and among few none; two warn nonetheless: "near_copies", when the new rows
    are nearer to the reference than other samples of one population are, and "holdout_test". Nothing here says that a
    table is private.

    Wrong when rows depend on each other (repeated measurements, time series): intervals and p-values take rows as
    independent.
    """
    settings, tolerated = checked_settings(level, margins, alpha, random_state, budget, n_jobs, null)
    tables = align(reference_of(real, schema), synthetic, holdout)
    findings = drift_findings(tables, settings, tolerated)
    about = about_drift(tables, settings, findings, margins)
    return make_report(
        findings, tolerated, DECLARED, about, adjusted_p_values(findings), flags=FLAGS, alpha=settings.alpha
    )


def checked_settings(
    level: object,
    margins: Mapping[str, Margin | float] | None,
    alpha: object,
    random_state: RandomState,
    budget: object,
    n_jobs: object,
    null: str,
) -> tuple[Settings, dict[str, Margin]]:
    """Return the options as the parts need them and all margins; the errors are those of :func:`drift_report`."""
    one_of("level", level, LEVELS)
    one_of("null", null, NULLS)
    risk = check_alpha(alpha)
    if budget is not None and not isinstance(budget, Budget):
        raise OptionError(f"budget={budget!r}: give synthmix.drift.Budget(rows=..., permutations=..., seconds=...)")
    if margins is not None and not isinstance(margins, Mapping):
        raise OptionError(f"margins={margins!r} is no mapping; give a dictionary from metric to margin")
    word = next(one for one in get_args(Level) if one == level)
    seed = seed_from(random_state) & (2**63 - 1)  # as a column of the table holds it
    settings = Settings(word, NULLS[null], risk, seed, budget or BUDGETS[word], threads_of(n_jobs))
    return settings, resolve_margins(DEFAULT_MARGINS, margins)


def reference_of(real: Any, schema: Mapping[str, str] | None) -> Reference:
    """Return how the reference table reads; one that was made before is taken as it is."""
    if not isinstance(real, Reference):
        return Reference.of(real, schema)
    if schema is not None:
        raise OptionError("schema belongs to the making of a reference: give it to Reference.of")
    return real


def drift_findings(tables: Tables, settings: Settings, margins: Mapping[str, Margin]) -> list[Finding]:
    """Return every number of a drift report."""
    contrasts = margins["var_ratio_range:low"].warn[0], margins["var_ratio_range:high"].warn[1]
    return [
        *schema_findings(tables),
        *column_findings(tables, settings),
        *moment_findings(tables, settings, margins["max_dz"].warn[1], contrasts),
        *row_findings(tables, settings),
    ]


def adjusted_p_values(findings: list[Finding]) -> dict[int, Adjusted]:
    """Return the adjusted p-values of the tests of single columns, which are one family (T1)."""
    places = [place for place, one in enumerate(findings) if one.metric in FAMILY and not math.isnan(one.p_value)]
    p_values = np.array([findings[place].p_value for place in places])
    adjusted = zip(places, holm(p_values), benjamini_hochberg(p_values), strict=True)
    return {place: Adjusted(float(p), float(q), "Holm") for place, p, q in adjusted}


def about_drift(
    tables: Tables, settings: Settings, findings: list[Finding], margins: Mapping[str, Margin | float] | None
) -> dict[str, Any]:
    """Return sizes, options, versions, and what the budget cut."""
    from importlib.metadata import version

    notes = [(one.metric, part) for one in findings for part in one.note.split("; ") if part.startswith("budget: ")]
    cut: dict[str, list[str]] = {}
    for metric, part in notes:
        named = cut.setdefault(part.removeprefix("budget: "), [])
        if metric not in named:
            named.append(metric)
    return {
        "n_real": tables.real.n,
        "n_synth": tables.synthetic.n,
        "n_holdout": 0 if tables.holdout is None else tables.holdout.n,
        "n_numeric": len(tables.names),
        "n_discrete": len(tables.code_names),
        "level": settings.level,
        "null": next(word for word, noise in NULLS.items() if noise == settings.noise),
        "alpha": settings.alpha,
        "seed": settings.seed,
        "budget": asdict(settings.budget),
        "declared": list(DECLARED),
        "margins": SOURCE,
        "margins_set": sorted(margins or {}),
        "cut": [f"{', '.join(metrics)}: {part}" for part, metrics in cut.items()],
        "versions": {"synthmix": version("synthmix"), "numpy": version("numpy"), "scipy": version("scipy")},
    }
