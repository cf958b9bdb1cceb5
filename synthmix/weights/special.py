"""Special functions with types, imported on first use because scipy.special takes a while to load."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
Special: TypeAlias = Callable[..., FloatArray]


@cache
def special(name: str) -> Special:
    """Return the function `name` of scipy.special."""
    from scipy import special as module

    function: Special = getattr(module, name)
    return function


def betainc(a: FloatArray | float, b: FloatArray | float, x: FloatArray | float) -> FloatArray:
    """Return the regularised incomplete beta function I_x(a, b), the distribution function of Beta(a, b)."""
    return np.asarray(special("betainc")(a, b, x), np.float64)


def beta_quantile(a: float, b: float, u: float) -> float:
    """Return the point of Beta(a, b) with probability `u` below it."""
    return float(special("betaincinv")(a, b, u))


def log_gamma(x: float) -> float:
    """Return the logarithm of Gamma(x) for x > 0."""
    return float(special("gammaln")(x))


def gauss_legendre(lo: FloatArray, hi: FloatArray, order: int) -> tuple[FloatArray, FloatArray]:
    """Return nodes and weights, shape (pieces, order), of Gauss-Legendre rules on the intervals [lo, hi]."""
    nodes, weights = np.polynomial.legendre.leggauss(order)
    half = 0.5 * (hi - lo)[:, None]
    return 0.5 * (hi + lo)[:, None] + half * nodes[None, :], half * weights[None, :]
