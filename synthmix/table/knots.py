"""The scores of ranks, one set for each number of observed values, with a guide for looking them up."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.scores import fill_guide


class Knots(NamedTuple):
    """Scores of ranks and half-way points, and where to start looking for a score.

    ``score`` has shape (2 n - 1,); cell c of the guide begins at ``score[0] + c / scale``.
    """

    score: NDArray[np.float64]
    scale: float
    guide: NDArray[np.int32]


@lru_cache(maxsize=8)
def knots_of(n: int) -> Knots:
    """Return the knots for n values; columns with equally many share them."""
    from scipy.special import ndtri

    score = np.asarray(ndtri(np.arange(1, 2 * n) / (2.0 * n)), np.float64)
    cells = 2 * score.size
    width = score[-1] - score[0]
    scale = (cells - 1) / width if width > 0 else 0.0
    guide = np.zeros(cells, np.int32)
    fill_guide(score, scale, guide)
    score.setflags(write=False)
    guide.setflags(write=False)
    return Knots(score, scale, guide)
