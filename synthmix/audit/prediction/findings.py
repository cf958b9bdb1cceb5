"""The section on prediction: train on synthetic, test on real, against train on real, test on real."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from synthmix.audit.prediction.agreement import calibration, rank_agreement
from synthmix.audit.prediction.contest import ROWS, Contest, hold_contest
from synthmix.audit.prediction.fairness import fairness_findings
from synthmix.audit.prediction.gaps import FAMILY, group_findings, score_findings, sizes_of
from synthmix.audit.prediction.learners import JUDGED, learn, same_everywhere
from synthmix.audit.prediction.scores import HIGH, SCORES, score_of
from synthmix.audit.prediction.task import Task, make_task
from synthmix.drift.finding import Finding
from synthmix.drift.noise import absent
from synthmix.drift.settings import Settings
from synthmix.drift.tables import Tables

NO_TARGET = "no target was named"
NO_HOLDOUT = (
    "no holdout: models of the real rows can only be judged on real rows that they have not seen, and any part of the "
    "training table has been seen by the synthetic rows that were made from it"
)


def prediction_findings(
    tables: Tables, *, target: str | None, sensitive: Sequence[str], settings: Settings
) -> list[Finding]:
    """Return what models lose that are learned from the synthetic instead of the real table.

    Parameters
    ----------
    tables : Tables
    target : str or None
        The column to predict from all others that the tables share.
    sensitive : sequence of str
        Columns whose levels are groups that must not be treated worse.
    settings : Settings

    Returns
    -------
    list of Finding
        tstr_gap (AUC or R2) and loss_gap with paired bootstrap intervals, score of each learner, group_gap,
        worst_group, rank_agreement, calibration_slope, demographic_parity and equalised_odds; what cannot be computed
        has no value and a note.

    Notes
    -----
    The interval is about the two fitted models and the population of test rows; other training tables of the same size
    would give other models. A synthetic table with more rows than the real one teaches more, which is its right.
    Wrong when rows depend on each other across training table and holdout.
    """
    if target is None:
        return [absent("tstr_gap", FAMILY, "joint", NO_TARGET)]
    task = make_task(tables, target)
    if isinstance(task, str):
        return [absent("tstr_gap", FAMILY, "joint", task, column=target)]
    if "holdout" not in task.rows:
        missing = absent("tstr_gap", FAMILY, "joint", NO_HOLDOUT, column=target)
        return [missing, *_optimistic(task, settings)]
    contest = hold_contest(task, settings)
    found = [*score_findings(contest), *group_findings(tables, contest, sensitive)]
    found += [*calibration(contest), *fairness_findings(tables, contest, sensitive)]
    if settings.level != "quick":
        found += rank_agreement(contest)
    if settings.level == "full":
        found += _realism(contest)
    return found


def _optimistic(task: Task, settings: Settings) -> list[Finding]:
    """Return scores of synthetic models on the rows that the synthetic ones were made from; nothing to rely on."""
    most = ROWS[settings.level]
    real, synthetic = task.rows["real"].first(most), task.rows["synthetic"].first(most)
    name, found = SCORES[task.kind][0], []
    for learner in JUDGED:
        with same_everywhere():
            predicted = learn(learner, task, synthetic, settings.seed).predict(real)
        value = float(score_of(name, real.y, predicted)(np.ones((1, real.n)))[0])
        found.append(
            Finding(
                metric="score_optimistic", variant=f"{learner}, synthetic", family=FAMILY, scope="joint", level=name,
                column=task.target, value=value, better="high", n_real=real.n, n_synth=synthetic.n,
                method="learned from synthetic, tested on the real rows that it was made from",
                note="optimistic: the synthetic rows have seen these rows",
            )
        )  # fmt: skip
    return found


def _realism(contest: Contest) -> list[Finding]:
    """Return scores of real models on synthetic rows (TRTS): far from those on real rows, the rows are not alike."""
    rows, found = contest.task.rows["synthetic"].first(ROWS["full"]), []
    ones = np.ones((1, rows.n))
    for learner in JUDGED:
        with same_everywhere():
            predicted = contest.learned[learner, "real"].predict(rows)
        found += [
            Finding(
                metric="score", variant=f"{learner}, real on synthetic", scope="joint", level=name,
                value=float(score_of(name, rows.y, predicted)(ones)[0]), better="high" if name in HIGH else "low",
                method=f"learned from real, {rows.n} synthetic rows", **sizes_of(contest),
            )
            for name in contest.scores
        ]  # fmt: skip
    return found
