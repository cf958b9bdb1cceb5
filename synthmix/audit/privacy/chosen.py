"""Which rows are attacked where not all are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.int64]


def chosen(n: int, most: int, seed: int, use: int) -> Places:
    """Return the places of at most `most` of n rows, increasing; each `use` of a seed draws afresh.

    Tables that are read have an order that only the values of their rows decide, so the choice does not depend on the
    order in which they were given.
    """
    if n <= most:
        return np.arange(n)
    rng = np.random.Generator(np.random.Philox(key=[seed, use]))
    return np.sort(rng.permutation(n)[:most])
