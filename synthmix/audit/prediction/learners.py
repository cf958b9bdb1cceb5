"""The learners: how rows become features, and what they predict."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.audit.prediction.task import Rows, Task

JUDGED = ("linear", "trees")
OTHERS = {"quick": (), "standard": ("small tree",), "full": ("small tree", "neighbours")}
_NEIGHBOUR_ROWS = 5000  # nearest neighbours take time with each row that was learned
_SMALLEST = 1e-6  # probability: what a learner has never seen is not impossible


@dataclass(frozen=True, eq=False)
class Learned:
    """A learner that was fitted to the rows of one table.

    Attributes
    ----------
    features : callable
        Rows to the array that the model takes; medians, means and scales are those of the rows that it learned from.
    model : object
        Of scikit-learn.
    task : Task
    """

    features: Callable[[Rows], NDArray[np.float64]]
    model: Any
    task: Task

    def predict(self, rows: Rows) -> NDArray[np.float64]:
        """Return predictions of shape (n,), or probabilities of shape (n, classes) that sum to 1."""
        table = self.features(rows)
        if self.task.kind == "numeric":
            return np.asarray(self.model.predict(table), np.float64).ravel()
        chances = np.full((rows.n, len(self.task.classes)), _SMALLEST)
        chances[:, self.model.classes_.astype(int)] = np.maximum(self.model.predict_proba(table), _SMALLEST)
        total: NDArray[np.float64] = chances / chances.sum(axis=1, keepdims=True)
        return total


def learn(name: str, task: Task, rows: Rows, seed: int) -> Learned:
    """Fit one learner.

    Parameters
    ----------
    name : {"linear", "trees", "small tree", "neighbours"}
        Ridge or logistic regression on standardised numbers and one column a level; boosted trees by histograms; one
        tree of 32 leaves; 25 nearest neighbours on the columns of "linear".
    task : Task
    rows : Rows
    seed : int
    """
    rows = rows.first(_NEIGHBOUR_ROWS) if name == "neighbours" else rows
    features = _as_they_are(rows) if name == "trees" else _standardised(task, rows)
    model = _model(name, task, seed & 0x7FFFFFFF, rows.n)
    model.fit(features(rows), rows.y)
    return Learned(features, model, task)


@contextmanager
def same_everywhere() -> Iterator[None]:
    """Keep sums in one order: linear algebra on one thread. Fits that did not converge are fits all the same."""
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def _model(name: str, task: Task, seed: int, n: int) -> Any:
    from sklearn import ensemble, linear_model, neighbors, tree

    numeric, levels = task.kind == "numeric", len(task.code_names)
    if name == "linear":
        return linear_model.Ridge(alpha=1.0) if numeric else linear_model.LogisticRegression(C=1.0, max_iter=300)
    if name == "small tree":
        kind = tree.DecisionTreeRegressor if numeric else tree.DecisionTreeClassifier
        return kind(max_leaf_nodes=32, min_samples_leaf=20, random_state=seed)
    if name == "neighbours":
        near = neighbors.KNeighborsRegressor if numeric else neighbors.KNeighborsClassifier
        return near(n_neighbors=min(25, n))
    boosted = ensemble.HistGradientBoostingRegressor if numeric else ensemble.HistGradientBoostingClassifier
    categorical = np.arange(len(task.names) + levels) >= len(task.names)
    return boosted(categorical_features=categorical, early_stopping=False, random_state=seed)


def _as_they_are(learned: Rows) -> Callable[[Rows], NDArray[np.float64]]:
    """Return the map to numbers with gaps and codes; a number that was never seen cannot be learned and is constant."""
    unseen = np.isnan(learned.numbers).all(axis=0)

    def features(rows: Rows) -> NDArray[np.float64]:
        return np.concatenate([np.where(unseen, 0.0, rows.numbers), rows.codes.astype(np.float64)], axis=1)

    return features


def _standardised(task: Task, learned: Rows) -> Callable[[Rows], NDArray[np.float64]]:
    """Return the map to standardised numbers, missing flags, and one column for each level."""
    gaps = np.isnan(learned.numbers)
    some = gaps.any(axis=0) & ~gaps.all(axis=0)
    filled = np.where(gaps.all(axis=0), 0.0, learned.numbers)
    middle = np.nanmedian(filled, axis=0) if filled.shape[1] else np.empty(0)
    whole = np.where(np.isnan(filled), middle, filled)
    mean, scale = whole.mean(axis=0), whole.std(axis=0)
    scale = np.where(scale > 0.0, scale, np.inf)  # a constant column says nothing, also where it varies later
    levels = [np.eye(size) for size in task.sizes]

    def features(rows: Rows) -> NDArray[np.float64]:
        missing = np.isnan(rows.numbers)
        numbers = (np.where(missing, middle, rows.numbers) - mean) / scale
        dummies = [eye[rows.codes[:, place]] for place, eye in enumerate(levels)]
        return np.concatenate([numbers, missing[:, some], *dummies], axis=1)

    return features
