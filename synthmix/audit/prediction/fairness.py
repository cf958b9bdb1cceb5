"""Whether groups are treated more differently by models that learned from the synthetic table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthmix.audit.prediction.contest import Contest
from synthmix.audit.prediction.gaps import FAMILY, groups_of, sizes_of
from synthmix.audit.prediction.learners import JUDGED
from synthmix.drift.finding import Finding
from synthmix.drift.noise import absent
from synthmix.drift.tables import Tables

_FEWEST = 10  # rows of each class in each group
_SOFT = 0.5  # added to each count where a variance is guessed from it

Floats = NDArray[np.float64]


def fairness_findings(tables: Tables, contest: Contest, sensitive: Sequence[str]) -> list[Finding]:
    """Return, for each sensitive column, by how much differences between its groups grow with the synthetic table.

    demographic_parity: the largest difference between groups in the share of rows that are predicted to be of class 1
    (the rarer one). equalised_odds: the larger of the largest differences in the true and the false positive rates.
    """
    found: list[Finding] = []
    for column in sensitive:
        if column == contest.task.target:
            continue
        note = _why_not(tables, contest, column)
        groups = [] if note else [rows for *_, rows in groups_of(tables, contest, [column])]
        if len(groups) < 2:
            note = note or "fewer than two groups of 50 test rows"
            metrics = ("demographic_parity", "equalised_odds")
            found += [absent(metric, FAMILY, "column", note, column=column) for metric in metrics]
            continue
        found += _one_column(contest, column, groups)
    return found


def _why_not(tables: Tables, contest: Contest, column: str) -> str:
    if contest.task.kind != "binary":
        return "the target is not binary"
    if column not in tables.code_names:
        return "groups are the levels of a discrete column; schema={name: 'categorical'} makes one"
    return ""


def _one_column(contest: Contest, column: str, groups: list[NDArray[np.bool_]]) -> list[Finding]:
    """Return both differences of each judged learner."""
    of_one = contest.test.y == 1.0
    classes = [rows & side for side in (of_one, ~of_one) for rows in groups]
    few = min(np.count_nonzero(rows) for rows in classes) < _FEWEST
    side = np.repeat([0, 1], len(groups))
    what, found = sizes_of(contest), []
    for learner in JUDGED:
        calls = [contest.predicted[learner, which][:, 1] >= 0.5 for which in ("synthetic", "real")]
        for metric, rows, kind in (
            ("demographic_parity", groups, 0 * side[: len(groups)]),
            ("equalised_odds", classes, side),
        ):
            if metric == "equalised_odds" and few:
                note = f"a group has fewer than {_FEWEST} test rows of a class"
                found.append(absent(metric, FAMILY, "column", note, variant=learner, column=column))
                continue
            synthetic, real, low, high = range_change(_cells(rows, *calls), kind)
            found.append(
                Finding(
                    metric=metric, variant=learner, scope="column", value=synthetic - real, target=0.0, ci_low=low,
                    ci_high=high, ci_method="95 %, all pairs of groups at once",
                    method=f"{len(groups)} groups; real {real:.4g}, synthetic {synthetic:.4g}",
                    **{**what, "column": column},
                )
            )  # fmt: skip
    return found


def _cells(groups: list[NDArray[np.bool_]], synthetic: NDArray[np.bool_], real: NDArray[np.bool_]) -> Floats:
    """Return how many rows of each group are called by both, by the synthetic learner alone, the real one, neither."""
    sides = (synthetic & real, synthetic & ~real, ~synthetic & real, ~synthetic & ~real)
    return np.array([[np.count_nonzero(rows & side) for side in sides] for rows in groups], np.float64)


def range_change(cells: Floats, kind: NDArray[np.integer]) -> tuple[float, float, float, float]:
    """Return the largest difference of rates between groups of one kind, synthetic and real, and limits of its change.

    Parameters
    ----------
    cells : array, shape (groups, 4)
        Rows called by both learners, by the synthetic one alone, by the real one alone, by neither.
    kind : array of int, shape (groups,)
        Only groups of one kind are compared.

    Returns
    -------
    (float, float, float, float)
        Synthetic range, real range, and 95 % limits of the first less the second.

    Notes
    -----
    The change is a maximum less a maximum, so resampled ones lean to one side: percentile intervals cover .6 to .9
    where groups differ little. For every pair (i, j) of the synthetic and (k, l) of the real side the difference of
    their differences is linear, with an interval of its own; the change is its maximum over (i, j) of the minimum over
    (k, l). The same of the lower and of the upper ends are limits, if each is right for all pairs of one side at once
    (Bonferroni): the other side's pair is the true one. Variances are of counts with 1/2 added (Agresti and Min 2005).
    """
    from scipy.special import ndtri

    rows = cells.sum(axis=1)
    synthetic, real = (cells[:, 0] + cells[:, place] for place in (1, 2))
    synthetic, real = synthetic / rows, real / rows
    soft = (cells + _SOFT) / (rows[:, None] + 4.0 * _SOFT)
    made, known = soft[:, 0] + soft[:, 1], soft[:, 0] + soft[:, 2]
    size = rows + 4.0 * _SOFT
    of_made, of_known, both = made * (1 - made) / size, known * (1 - known) / size, (soft[:, 0] - made * known) / size
    i, j = np.nonzero((kind[:, None] == kind) & ~np.eye(kind.size, dtype=bool))
    apart, really = synthetic[i] - synthetic[j], real[i] - real[j]

    def shared(one: NDArray[np.integer], other: NDArray[np.integer]) -> Floats:
        return np.where(one[:, None] == other, both[one][:, None], 0.0)

    common = shared(i, i) - shared(i, j) - shared(j, i) + shared(j, j)
    variance = (of_made[i] + of_made[j])[:, None] + of_known[i] + of_known[j] - 2.0 * common
    half = float(ndtri(1.0 - 0.025 / i.size)) * np.sqrt(np.maximum(variance, 0.0))
    change = apart[:, None] - really
    low, high = (float((change + step).min(axis=1).max()) for step in (-half, half))
    return float(apart.max()), float(really.max()), low, high
