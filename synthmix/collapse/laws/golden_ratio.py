"""The golden-ratio weight: how much fresh real rows should count beside synthetic ones (He, Xu and Cheng 2025).

Each step estimates a mean from n fresh real rows with weight w and m rows of the last fit with weight 1-w.
"""

from __future__ import annotations

import math

from synthmix.collapse.laws.paths import rows_of, share_of


def golden_weight(ratio: float = 1.0) -> float:
    """Return the best real weight w* = (sqrt(k^2 + 4k) - k)/2 for k = `ratio` = n/m; .618 = 1/golden ratio at k = 1.

    The minimum over w of (w^2/k + (1-w)^2)/(1 - (1-w)^2), the limiting variance of a mean, see
    :func:`weighted_mean_variance`.
    """
    return 2.0 * ratio / (math.sqrt(ratio * (ratio + 4.0)) + ratio)  # without the difference, which loses digits


def weighted_mean_variance(weight: float, n: float, m: float) -> float:
    """Return the limit of the variance of the mean, in units of the variance of a row; exact for the mean.

    V(w) = [w^2/n + (1-w)^2/m] / (1 - (1-w)^2); inf at w = 0. Its minimum is w* / n, at :func:`golden_weight`.
    """
    w = share_of("weight", weight)
    if w == 0.0:
        return math.inf
    return (w * w / rows_of(n, 1.0) + (1.0 - w) ** 2 / rows_of(m, 1.0)) / (1.0 - (1.0 - w) ** 2)
