"""The target of a classification as labels, whatever holds it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError


def labels_of(y: Any) -> NDArray[Any]:
    """Return one label for each row, shape (n,).

    Raises
    ------
    InputError
        For several columns, missing labels, and numbers that are measured and no classes.
    """
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise InputError(
            f"y has shape {labels.shape}. Multilabel and multioutput targets are not supported: give one label a row"
        )
    missing = np.flatnonzero([one is None or one != one for one in labels.tolist()])  # noqa: PLR0124 - NaN
    if missing.size:
        raise InputError(f"y has no label in row {int(missing[0])}; leave out the rows without one")
    if labels.dtype.kind == "f" and np.any(labels != np.floor(labels)):
        raise InputError(
            f"Unknown label type: y holds measured numbers such as {labels[labels != np.floor(labels)][0]:g}; "
            "give classes, for example by pandas.cut"
        )
    return labels


def count_classes(labels: NDArray[Any]) -> dict[Any, int]:
    """Return the number of rows of each class, classes in the order of their text.

    Raises
    ------
    InputError
        When there are fewer than two classes.
    """
    counts = Counter(labels.tolist())
    if len(counts) < 2:
        only = next(iter(counts), None)
        raise InputError(f"y has the class {only!r} alone; balancing needs at least two classes")
    return {one: counts[one] for one in sorted(counts, key=lambda one: (str(one), repr(one)))}
