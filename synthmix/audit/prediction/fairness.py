"""Whether groups are treated more differently by models that learned from the synthetic table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthmix.audit.prediction.contest import Contest
from synthmix.audit.prediction.gaps import FAMILY, groups_of, sizes_of
from synthmix.audit.prediction.learners import JUDGED
from synthmix.audit.prediction.scores import Weights, resampled_weights
from synthmix.audit.prediction.task import Which
from synthmix.drift.finding import Finding
from synthmix.drift.noise import absent
from synthmix.drift.tables import Tables

Differences = dict[tuple[str, Which], NDArray[np.float64]]
_METRICS = ("demographic_parity", "equalised_odds")
_FEWEST = 10  # rows of each class in each group


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
            found += [absent(metric, FAMILY, "column", note, column=column) for metric in _METRICS]
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
    """Return both differences of each judged learner, in the same bootstrap replicates for both tables."""
    y = contest.test.y
    few = min(np.count_nonzero(rows & (y == one)) for rows in groups for one in (0.0, 1.0)) < _FEWEST
    whole, drawn = _resampled(contest, groups)
    what = sizes_of(contest)
    found = []
    for learner in JUDGED:
        for place, metric in enumerate(_METRICS):
            if metric == "equalised_odds" and few:
                note = f"a group has fewer than {_FEWEST} test rows of a class"
                found.append(absent(metric, FAMILY, "column", note, variant=learner, column=column))
                continue
            real, synthetic = (float(whole[learner, which][place]) for which in contest.sources)
            change = drawn[learner, "synthetic"][place] - drawn[learner, "real"][place]
            change = change[~np.isnan(change)]
            low, high = np.quantile(change, [0.025, 0.975])
            found.append(
                Finding(
                    metric=metric, variant=learner, scope="column", value=synthetic - real, target=0.0,
                    se=float(change.std(ddof=1)), ci_low=float(low), ci_high=float(high),
                    ci_method="95 %, paired bootstrap of the test rows, percentile", n_perm=int(change.size),
                    seed=contest.seed, method=f"{len(groups)} groups; real {real:.4g}, synthetic {synthetic:.4g}",
                    **{**what, "column": column},
                )
            )  # fmt: skip
    return found


def _resampled(contest: Contest, groups: list[NDArray[np.bool_]]) -> tuple[Differences, Differences]:
    """Return both differences of each learner and table, of the test rows and of each bootstrap replicate.

    Rows of the same group and class that all learners call alike count alike: replicates need to know only how many of
    each such cell they hold.
    """
    y = contest.test.y
    keys = [(learner, which) for learner in JUDGED for which in contest.sources]
    calls = [contest.predicted[key][:, 1] >= 0.5 for key in keys]
    cells, place = np.unique(np.column_stack([*groups, y == 1.0, *calls]), axis=0, return_inverse=True)
    place = place.ravel()
    order, starts = np.argsort(place, kind="stable"), np.searchsorted(np.sort(place), np.arange(len(cells)))
    facts = cells.astype(np.float64)
    member, of_one, called = facts[:, : len(groups)], facts[:, len(groups)], facts[:, len(groups) + 1 :].T

    def differences(weights: Weights) -> list[NDArray[np.float64]]:
        counts = np.add.reduceat(weights[:, order], starts, axis=1)
        return [_differences(counts, member, of_one, call) for call in called]

    whole = [one[:, 0] for one in differences(np.ones((1, y.size)))]
    blocks = [differences(weights) for weights in resampled_weights(y.size, contest.replicates, contest.seed)]
    drawn = (np.concatenate(part, axis=1) for part in zip(*blocks, strict=True))
    return dict(zip(keys, whole, strict=True)), dict(zip(keys, drawn, strict=True))


def _differences(
    weights: Weights, member: NDArray[np.float64], y: NDArray[np.float64], called: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the differences of parity and of odds, shape (2, b)."""
    with np.errstate(invalid="ignore", divide="ignore"):

        def spread(among: NDArray[np.float64]) -> NDArray[np.float64]:
            rates = (weights * (among * called)) @ member / ((weights * among) @ member)
            widths: NDArray[np.float64] = rates.max(axis=1) - rates.min(axis=1)
            return widths

        return np.stack([spread(np.ones_like(y)), np.maximum(spread(y), spread(1.0 - y))])
