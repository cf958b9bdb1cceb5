"""Train on synthetic rows, test on real ones: a linear learner in closed form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from synthmix.collapse.measure.design import Design
from synthmix.collapse.measure.ground import Floats, Ground, Rows
from synthmix.collapse.measure.measurement import Measurement
from synthmix.drift.moments.covariance import moments_of
from synthmix.errors import InputError

HOLDOUT = 2000  # rows of the holdout that are used; they are in random order
TRAIN = 5000  # rows of a table that the learner sees, random ones too
PENALTY = 1.0  # added to the sums of squares: a thousandth of them for a standardised column of 1,000 rows


class PredictiveGauge:
    """predictive: the loss of a linear learner of the target, trained on the table and tested on the holdout.

    A numeric target: ridge regression, mean squared error over the variance of the holdout's target. A discrete one:
    least squares of each class, clipped to chances that sum to one, Brier score (sum over the classes of squared
    errors). A table that has collapsed to one row predicts its own target everywhere. Of a longer table 5,000 random
    rows are learned from, of the holdout 2,000 are predicted.
    """

    def __init__(self, ground: Ground, target: str, holdout: Any) -> None:
        self.ground, self.target = ground, target
        self.numeric: bool = target in ground.names
        self.design = Design(ground, without=target)
        rows = ground.read(holdout)
        wanted = self._wanted(rows)
        seen = np.flatnonzero(~np.isnan(wanted).any(axis=1))[:HOLDOUT]
        if not seen.size:
            raise InputError(f"the holdout has no value of the target {target!r}; give rows that have one")
        self.test, self.truth = self.design.of(rows.take(seen)), wanted[seen]
        self.unit: float = float(self.truth.var()) if self.numeric else 1.0
        if (self.truth == self.truth[0]).all():
            raise InputError(f"the target {target!r} is constant in the holdout; give more rows")

    def measure(self, rows: Rows) -> Iterator[Measurement]:
        """Yield the loss; nothing where fewer than two rows have a target."""
        wanted = self._wanted(rows)
        seen = np.flatnonzero(~np.isnan(wanted).any(axis=1))[:TRAIN]
        if seen.size < 2:
            return
        guess = self._predicted(self.design.of(rows.take(seen)), wanted[seen])
        loss = float(((guess - self.truth) ** 2).sum(axis=1).mean()) / self.unit
        yield Measurement("predictive", "mse" if self.numeric else "brier", "", "", loss, seen.size)

    def _wanted(self, rows: Rows) -> Floats:
        """Return what is to be predicted, shape (n, 1) or (n, classes); NaN for missing."""
        if self.numeric:
            return np.asarray(rows.numbers[:, [self.ground.names.index(self.target)]], np.float64)
        place = self.ground.code_names.index(self.target)
        missing = len(self.ground.labels[place]) - 2
        classes = np.unique(self.ground.rows.few[:, place])
        wanted = np.asarray(rows.few[:, [place]] == classes, np.float64)
        wanted[rows.codes[:, place] == missing] = np.nan
        return wanted

    def _predicted(self, rows: Floats, wanted: Floats) -> Floats:
        moments = moments_of(np.concatenate([rows, wanted], axis=1))
        q, freedom = rows.shape[1], moments.n - 1
        gram = moments.covariance[:q, :q] * freedom + PENALTY * np.eye(q)
        slopes = np.linalg.solve(gram, moments.covariance[:q, q:] * freedom)
        # einsum without BLAS: the order of its sums does not depend on threads
        guess: Floats = moments.mean[q:] + np.einsum("ij,jk->ik", self.test - moments.mean[:q], slopes)
        if self.numeric:
            return guess
        guess = np.clip(guess, 0.0, 1.0)
        total = guess.sum(axis=1, keepdims=True)
        return np.asarray(np.where(total > 0.0, guess / np.where(total > 0.0, total, 1.0), 1.0 / guess.shape[1]))
