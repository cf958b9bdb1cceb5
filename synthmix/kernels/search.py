"""Places of many values among sorted ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import at, kernel

_ABREAST = 16  # searches that halve together


@kernel
def count_below(edges: NDArray[np.float64], values: NDArray[np.float64], below: NDArray[np.int64]) -> None:
    """Fill `below` (m,) with how many of the sorted `edges` lie below each value, none below NaN.

    Several searches halve together: every one takes as many steps, and while one waits for memory others go on.
    """
    own = np.empty(_ABREAST, np.int64)
    for first in range(0, values.size, _ABREAST):
        last, left = min(first + _ABREAST, values.size), edges.size
        own[:] = 0
        while left > 1:
            half = left >> 1
            for i in range(first, last):
                place = own[i - first]
                own[i - first] = place + half * np.int64(edges[at(place + half - 1)] < values[i])  # nothing to guess
            left -= half
        for i in range(first, last):
            place = own[i - first]
            below[i] = place + (np.int64(edges[at(place)] < values[i]) if left == 1 else 0)
