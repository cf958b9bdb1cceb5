"""L-moment ratios of a sorted column and the variance of a row's influence on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import kernel


@kernel
def l_ratios(x: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Fill out (6,) with l1, l2, l3/l2, l4/l2 of sorted x (n,), n >= 4, and variances of influences.

    The L-moments are the unbiased ones of Hosking (1990). The influence of a row at t on the probability-weighted
    moment ``E[X F^r]`` is ``t F(t)^r + r E[X F(X)^(r - 1); X > t] - (r + 1) E[X F^r]``, with F at mid-ranks.
    """
    n = x.size
    b0, b1, b2, b3 = 0.0, 0.0, 0.0, 0.0
    for i in range(n):
        b0 += x[i]
        weight = i / (n - 1.0)
        b1 += weight * x[i]
        weight *= (i - 1.0) / (n - 2.0)
        b2 += weight * x[i]
        weight *= (i - 2.0) / (n - 3.0)
        b3 += weight * x[i]
    b0, b1, b2, b3 = b0 / n, b1 / n, b2 / n, b3 / n
    l2 = 2.0 * b1 - b0
    out[:] = 0.0
    out[0] = b0
    out[1] = l2
    if not l2 > 0.0:
        return
    t3 = (6.0 * b2 - 6.0 * b1 + b0) / l2
    t4 = (20.0 * b3 - 30.0 * b2 + 12.0 * b1 - b0) / l2
    out[2], out[3] = t3, t4
    above1, above2, above3 = 0.0, 0.0, 0.0
    mean3, mean4 = 0.0, 0.0
    for k in range(n):
        i = n - 1 - k
        f = (i + 0.5) / n
        i0 = x[i] - b0
        i1 = x[i] * f + above1 / n - 2.0 * b1
        i2 = x[i] * f * f + 2.0 * above2 / n - 3.0 * b2
        i3 = x[i] * f * f * f + 3.0 * above3 / n - 4.0 * b3
        above1 += x[i]
        above2 += x[i] * f
        above3 += x[i] * f * f
        spread = 2.0 * i1 - i0
        shape3 = (6.0 * i2 - 6.0 * i1 + i0 - t3 * spread) / l2
        shape4 = (20.0 * i3 - 30.0 * i2 + 12.0 * i1 - i0 - t4 * spread) / l2
        step3, step4 = shape3 - mean3, shape4 - mean4
        mean3 += step3 / (k + 1)
        mean4 += step4 / (k + 1)
        out[4] += step3 * (shape3 - mean3) / n
        out[5] += step4 * (shape4 - mean4) / n
