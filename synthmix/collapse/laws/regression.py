"""Laws of a linear regression that is refitted to targets of its own.

Gerstgrasser et al. (2024), arXiv 2404.01413; Dohmatob et al. (2024), arXiv 2402.07712.
"""

from __future__ import annotations

import numpy as np

from synthmix.collapse.laws.accumulate import accumulate_mean_path
from synthmix.collapse.laws.paths import Path, steps
from synthmix.errors import OptionError


def regression_risk_path(n: float, d: int, generations: int, *, accumulate: bool = False) -> Path:
    """Return the excess risk after g fits, in units of the noise variance. Exact.

    Least squares of d standard Gaussian columns on the same n rows in each fit, new targets by the last fit plus noise:
    d/(n-d-1) times g under replace, times the sum of 1/i^2 over i = 1..g under accumulate, which is at most pi^2/6.

    Raises
    ------
    OptionError
        For n <= d + 1, where the expectation does not exist.
    """
    if not n > d + 1:
        raise OptionError(f"n={n!r}, d={d!r}: the expected risk exists for more than d + 1 rows only")
    fits = accumulate_mean_path(generations) if accumulate else steps(generations)
    return np.asarray(d / (n - d - 1.0) * fits)
