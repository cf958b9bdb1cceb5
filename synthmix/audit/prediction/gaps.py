"""How much worse models get that learned from the synthetic table: over all rows, and in the worst group."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.audit.prediction.contest import Contest
from synthmix.audit.prediction.learners import JUDGED
from synthmix.audit.prediction.scores import HIGH
from synthmix.drift.finding import Finding
from synthmix.drift.noise import absent
from synthmix.drift.tables import Tables

FAMILY = "prediction"
SMALLEST_GROUP = 50  # rows of the test table
MOST_GROUPS = 20  # of a column that was not named as sensitive
_UNIT = "share of variance"


def sizes_of(contest: Contest) -> dict[str, Any]:
    """Return what every finding of a contest says."""
    rows = contest.task.rows
    return {
        "family": FAMILY, "column": contest.task.target, "n_real": rows["real"].n, "n_synth": rows["synthetic"].n,
        "note": contest.note,
    }  # fmt: skip


def score_findings(contest: Contest) -> list[Finding]:
    """Return every score of every learner on the test rows, and the paired gaps of the judged learners."""
    one_of_each = np.ones((1, contest.test.n))
    what, found = sizes_of(contest), []
    for learner in contest.learners:
        for name in contest.scores:
            values = {which: float(contest.score(learner, which, name)(one_of_each)[0]) for which in contest.sources}
            found += [
                Finding(
                    metric="score", variant=f"{learner}, {which}", scope="joint", level=name, value=value,
                    better="high" if name in HIGH else "low",
                    method=f"learned from {which}, {contest.test.n} real rows",
                    **what,
                )
                for which, value in values.items()
            ]  # fmt: skip
            if learner in JUDGED:
                found.append(_gap(contest, learner, name, values["real"], values["synthetic"]))
    return found


def _gap(contest: Contest, learner: str, name: str, real: float, synthetic: float) -> Finding:
    """Return the difference of a score with the percentile interval of its paired bootstrap."""
    draws = contest.lost(name, contest.resampled[learner, "real", name], contest.resampled[learner, "synthetic", name])
    draws = draws[~np.isnan(draws)]
    low, high = np.quantile(draws, [0.025, 0.975]) if draws.size > 1 else (np.nan, np.nan)
    value = float(contest.lost(name, np.array(real), np.array(synthetic)))
    return Finding(
        metric="tstr_gap" if name == contest.scores[0] else "loss_gap", variant=learner, scope="joint", level=name,
        value=value, unit=name, target=0.0, se=float(draws.std(ddof=1)) if draws.size > 1 else np.nan,
        ci_low=float(low), ci_high=float(high), ci_method="95 %, paired bootstrap of the test rows, percentile",
        n_perm=int(draws.size), seed=contest.seed,
        method=f"real {real:.4g}, synthetic {synthetic:.4g} on the same {contest.test.n} real rows",
        **sizes_of(contest),
    )  # fmt: skip


def groups_of(tables: Tables, contest: Contest, columns: Sequence[str]) -> list[tuple[str, str, NDArray[np.bool_]]]:
    """Return column, level and rows of each group of the test rows that is large enough."""
    found = []
    for column in columns:
        codes = contest.test.groups[:, tables.code_names.index(column)]
        for code, label in enumerate(tables.labels[column]):
            rows = codes == code
            if np.count_nonzero(rows) >= SMALLEST_GROUP:
                found.append((column, label, rows))
    return found


def group_columns(tables: Tables, contest: Contest, sensitive: Sequence[str]) -> list[str]:
    """Return the discrete columns whose levels are groups: those declared sensitive, else all that have few levels."""
    if sensitive:
        return [name for name in sensitive if name in tables.code_names and name != contest.task.target]
    return [name for name in contest.task.code_names if len(tables.labels[name]) <= MOST_GROUPS + 1]


def group_findings(tables: Tables, contest: Contest, sensitive: Sequence[str]) -> list[Finding]:
    """Return the gap in each group and the largest one, with an interval that holds for all groups at once."""
    groups = groups_of(tables, contest, group_columns(tables, contest, sensitive))
    what = sizes_of(contest)
    if not groups:
        note = f"no group of a discrete column has {SMALLEST_GROUP} test rows"
        return [absent("worst_group", FAMILY, "joint", note, variant=one, column=contest.task.target) for one in JUDGED]
    found = []
    for learner in JUDGED:
        gaps = contest.row_gaps(learner)
        found += _one_learner(learner, [(column, label, gaps[rows]) for column, label, rows in groups], what)
    return found


def _one_learner(
    learner: str, groups: list[tuple[str, str, NDArray[np.float64]]], what: dict[str, Any]
) -> list[Finding]:
    from scipy.special import stdtr, stdtrit

    means = np.array([gaps.mean() for *_, gaps in groups])
    errors = np.array([gaps.std(ddof=1) / np.sqrt(gaps.size) for *_, gaps in groups])
    freedom = np.array([gaps.size - 1.0 for *_, gaps in groups])
    with np.errstate(invalid="ignore", divide="ignore"):
        p_values = np.where(errors > 0.0, stdtr(freedom, -means / errors), np.where(means > 0.0, 0.0, 1.0))
    wide, own = (stdtrit(freedom, 1.0 - 0.025 / size) for size in (len(groups), 1))
    found = [
        Finding(
            metric="group_gap", variant=learner, scope="column", level=label, value=float(mean), unit=_UNIT,
            target=0.0, se=float(error), ci_low=float(mean - t * error), ci_high=float(mean + t * error),
            ci_method="95 %, Student's t, paired rows", p_value=float(p),
            statistic=float(mean / error) if error else np.nan,
            method=f"{gaps.size} test rows of the group", **{**what, "column": column},
        )
        for (column, label, gaps), mean, error, p, t in zip(groups, means, errors, p_values, own, strict=True)
    ]  # fmt: skip
    worst = int(np.argmax(means))
    column, label, _ = groups[worst]
    return [
        *found,
        Finding(
            metric="worst_group", variant=learner, scope="joint", column2=column, level=label,
            value=float(means[worst]),
            unit=_UNIT, ci_low=float((means - wide * errors).max()), target=0.0,
            ci_high=float((means + wide * errors).max()), ci_method=f"95 % for all {len(groups)} groups, Bonferroni",
            p_value=float(min(1.0, p_values.min() * len(groups))), method=f"largest of {len(groups)} groups", **what,
        ),
    ]  # fmt: skip
