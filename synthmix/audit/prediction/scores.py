"""Scores of predictions as functions of the weights of rows, so that one bootstrap serves all of them in pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from synthmix.audit.prediction.task import Kind
from synthmix.drift.joint.pool import salted

Weights = NDArray[np.float64]
Score = Callable[[Weights], NDArray[np.float64]]
SCORES: dict[Kind, tuple[str, ...]] = {
    "numeric": ("r2", "rmse"),
    "binary": ("auc", "log_loss", "brier"),
    "classes": ("auc", "log_loss", "brier"),
}
HIGH = ("r2", "auc")  # more is better
_CHUNK = 2**20  # weights at a time


def score_of(name: str, y: NDArray[np.float64], predicted: NDArray[np.float64]) -> Score:
    """Return a score as a function of weights, shape (b, n) to (b,).

    Parameters
    ----------
    name : {"r2", "rmse", "auc", "log_loss", "brier"}
        The AUC of more than two classes is the mean over classes of one against the rest; the Brier score is the sum of
        squares over classes, halved for two of them.
    y : array, shape (n,)
    predicted : array, shape (n,) or (n, classes)
    """
    if name == "auc":
        classes = [1] if predicted.shape[1] == 2 else range(predicted.shape[1])
        areas = [_area(y == one, predicted[:, one]) for one in classes if 0 < np.count_nonzero(y == one) < y.size]
        return lambda weights: np.mean([area(weights) for area in areas], axis=0)
    loss = row_losses(name, y, predicted)
    if name == "rmse":
        return lambda weights: np.sqrt(weights @ loss / weights.sum(axis=1))
    if name == "r2":
        values = y - y.mean()
        return lambda weights: 1.0 - (weights @ loss) / _scatter(weights, values)
    return lambda weights: weights @ loss / weights.sum(axis=1)


def row_losses(name: str, y: NDArray[np.float64], predicted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the loss of each row: squared error, -log of the probability, or Brier."""
    if name in ("rmse", "r2"):
        squares: NDArray[np.float64] = (y - predicted) ** 2
        return squares
    places = y.astype(np.int64)
    if name == "log_loss":
        return np.asarray(-np.log(predicted[np.arange(y.size), places]))
    wrong = predicted - np.eye(predicted.shape[1])[places]
    return np.asarray((wrong**2).sum(axis=1) / (2.0 if predicted.shape[1] == 2 else 1.0))


def resampled_weights(n: int, replicates: int, seed: int) -> Iterator[Weights]:
    """Yield how often each of `n` rows was drawn, a block of bootstrap replicates at a time, shape (b, n)."""
    generator = np.random.Generator(np.random.Philox(key=salted(seed, 21)))
    block = max(1, _CHUNK // n)
    for start in range(0, replicates, block):
        size = min(block, replicates - start)
        drawn = generator.integers(0, n, size=(size, n)) + n * np.arange(size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=n * size).reshape(size, n).astype(np.float64)


def _scatter(weights: Weights, values: NDArray[np.float64]) -> NDArray[np.float64]:
    total = weights.sum(axis=1)
    scatter: NDArray[np.float64] = weights @ values**2 - (weights @ values) ** 2 / total
    return scatter


def _area(positive: NDArray[np.bool_], score: NDArray[np.float64]) -> Score:
    """Return the weighted area under the ROC curve; pairs with equal scores count one half."""
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    sign = positive[order].astype(np.float64)

    def area(weights: Weights) -> NDArray[np.float64]:
        drawn = weights[:, order]
        high = np.add.reduceat(drawn * sign, starts, axis=1)
        low = np.add.reduceat(drawn, starts, axis=1) - high
        below = np.cumsum(low, axis=1) - 0.5 * low
        pairs = high.sum(axis=1) * low.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            found: NDArray[np.float64] = (high * below).sum(axis=1) / pairs
        return found

    return area
