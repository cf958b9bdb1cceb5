"""Second moments as a component of the fused test: Cai, Liu and Xia's statistic for many labellings at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.moments.products import ProductSums, cai_liu_xia_of, feature_sums

MOST = 40  # columns; the sums of a row grow with their square
_BATCH = 128  # labellings, part of the definition of the last bits
_ENOUGH = 4  # rows that a covariance and its variance need


def covariance_feature(
    columns: Sequence[int],
) -> Callable[[NDArray[np.float64]], Callable[[NDArray[np.float32]], NDArray[np.float64]]]:
    """Return a component of the fused test that looks at the covariances of the coordinates at `columns`.

    Each table of a labelling is centred at its own means, so that the statistic sees no shift, and the p-value of the
    fused test stays exact: labels are permuted, not centred rows.
    """

    def make(rows: NDArray[np.float64]) -> Callable[[NDArray[np.float32]], NDArray[np.float64]]:
        part = np.ascontiguousarray(rows[:, list(columns)])
        features = feature_sums(part, np.arange(len(part) + 1, dtype=np.int64))
        whole = features.sum(axis=0)

        def largest(labels: NDArray[np.float32]) -> NDArray[np.float64]:
            out = np.zeros(labels.shape[1])
            if min(labels[:, 0].sum(), len(labels) - labels[:, 0].sum()) < _ENOUGH:
                return out
            for low in range(0, out.size, _BATCH):
                ours = labels[:, low : low + _BATCH].T.astype(np.float64) @ features
                first, second = ProductSums(ours, len(columns)), ProductSums(whole - ours, len(columns))
                out[low : low + _BATCH] = cai_liu_xia_of(first, second).max(axis=1)
            return out.astype(np.float32).astype(np.float64)  # labellings with equal rows have equal values

        return largest

    return make
