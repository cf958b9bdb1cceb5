"""Every learner, learned once from real and once from synthetic rows, and what both predict for the same real rows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from synthmix.audit.prediction.learners import JUDGED, OTHERS, Learned, learn, same_everywhere
from synthmix.audit.prediction.scores import HIGH, SCORES, Score, resampled_weights, row_losses, score_of
from synthmix.audit.prediction.task import Rows, Task, Which
from synthmix.drift.settings import Settings
from synthmix.kernels.threads import one_core

ROWS = {"quick": 10_000, "standard": 50_000, "full": 200_000}  # of each table, at most
REPLICATES = {"quick": 299, "standard": 999, "full": 1999}
_CLASSES = 10  # more of them make each replicate dear


@dataclass(frozen=True, eq=False)
class Contest:
    """Learners of both tables and their predictions of the same real rows.

    Attributes
    ----------
    task : Task
    test : Rows
        Real rows that no learner of the real table has seen.
    learners : tuple of str
    learned : dict
        (learner, "real" or "synthetic") to the fitted learner.
    predicted : dict
        The same keys to predictions of `test`.
    replicates : int
        Of the bootstrap of the rows of `test`.
    seed : int
    note : str
        What was left out.
    """

    task: Task
    test: Rows
    learners: tuple[str, ...]
    learned: dict[tuple[str, Which], Learned]
    predicted: dict[tuple[str, Which], NDArray[np.float64]]
    replicates: int
    seed: int
    note: str

    @property
    def scores(self) -> tuple[str, ...]:
        """Names of the scores; the first is the one that decides."""
        return SCORES[self.task.kind]

    def score(self, learner: str, which: Which, name: str) -> Score:
        """Return a score of one learner as a function of weights."""
        return score_of(name, self.test.y, self.predicted[learner, which])

    @cached_property
    def resampled(self) -> dict[tuple[str, Which, str], NDArray[np.float64]]:
        """Scores of the judged learners in the same bootstrap replicates, shape (replicates,)."""
        keys = [(one, which, name) for one in JUDGED for which in self.sources for name in self.scores]
        scores = {key: self.score(*key) for key in keys}
        parts = [
            [score(weights) for score in scores.values()]
            for weights in resampled_weights(self.test.n, self.replicates, self.seed)
        ]
        return dict(zip(keys, (np.concatenate(part) for part in zip(*parts, strict=True)), strict=True))

    @property
    def sources(self) -> tuple[Which, ...]:
        """Tables that were learned from."""
        return ("real", "synthetic")

    def lost(self, name: str, real: NDArray[np.float64], synthetic: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return by how much the learner of the synthetic table is worse, in units of the score."""
        return real - synthetic if name in HIGH else synthetic - real

    def row_gaps(self, learner: str) -> NDArray[np.float64]:
        """Return how much more each row loses with the synthetic table, over the variance of the target.

        Squared errors, or Brier scores: a mean of .01 is one point of R2.
        """
        name = "r2" if self.task.kind == "numeric" else "brier"
        real, synthetic = (row_losses(name, self.test.y, self.predicted[learner, which]) for which in self.sources)
        gaps: NDArray[np.float64] = (synthetic - real) / spread_of(self.task, self.test.y)
        return gaps


def spread_of(task: Task, y: NDArray[np.float64]) -> float:
    """Return the loss of predicting the same for all rows."""
    if task.kind == "numeric":
        return float(y.var())
    shares = np.bincount(y.astype(np.int64)) / y.size
    return float((1.0 - (shares**2).sum()) / (2.0 if task.kind == "binary" else 1.0))


def hold_contest(task: Task, settings: Settings) -> Contest:
    """Fit all learners to both tables and predict the rows of the holdout."""
    most = ROWS[settings.level]
    rows = {which: side.first(most) for which, side in task.rows.items()}
    learners = (*JUDGED, *OTHERS[settings.level])
    jobs: list[tuple[str, Which]] = [(name, which) for name in learners for which in ("real", "synthetic")]

    def work(job: tuple[str, Which]) -> tuple[Learned, NDArray[np.float64]]:
        with one_core():
            learned = learn(job[0], task, rows[job[1]], settings.seed)
            return learned, learned.predict(rows["holdout"])

    with same_everywhere(), ThreadPoolExecutor(settings.threads) as pool:
        done = dict(zip(jobs, pool.map(work, jobs), strict=True))
    cut = [which for which, side in task.rows.items() if side.n > most]
    note = "; ".join(filter(None, (task.note, f"at most {most} rows of {' and '.join(cut)}" if cut else "")))
    replicates = REPLICATES[settings.level] if len(task.classes) <= _CLASSES else REPLICATES["quick"]
    learned = {job: one for job, (one, _) in done.items()}
    predicted = {job: one for job, (_, one) in done.items()}
    return Contest(task, rows["holdout"], learners, learned, predicted, replicates, settings.seed, note)
