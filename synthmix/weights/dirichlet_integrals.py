"""Two expectations under a symmetric Dirichlet law that have no closed form, as smooth one-dimensional integrals.

Weights are w_j = g_j / (g_1 + ... + g_k) with independent g_j ~ Gamma(alpha), and the sum is independent of the ratios.
So the expectation of a function of w can be had from a homogeneous function of g, whose variables separate.
All integrals are taken in logarithms of the variables, where the integrands are analytic and fall off exponentially, so
that equally spaced nodes are exact to rounding.
"""

from __future__ import annotations

import numpy as np

from synthmix.weights.special import FloatArray, gauss_legendre, log_gamma, special

_TINY = 1e-19
_LOG_G_STEP = 0.125
_LOG_S_STEP = 0.25


def expected_max(k: int, alpha: float) -> float:
    """Return E max w = E max g / (k alpha), E max g = int 1 - P(g < x)^k dx."""
    low = max(float(special("gammaincinv")(alpha, _TINY)), k * alpha * 1e-19)
    high = float(special("gammainccinv")(alpha, min(_TINY, alpha * _TINY) / k))
    edges = np.linspace(np.log(low), np.log(high), 121)
    y, weight = gauss_legendre(edges[:-1], edges[1:], 16)
    above = np.minimum(special("gammaincc")(alpha, np.exp(y)), 1.0 - 2.0**-53)
    some_above = -np.expm1(k * np.log1p(-above))
    return (low + float(np.sum(weight * np.exp(y) * some_above))) / (k * alpha)


def expected_squared_donor(k: int, alpha: float) -> float:
    """Return E [sum w^3 / sum w^2] = E [G_3 / G_2] / (k alpha) with G_r = sum g^r.

    With 1/G_2 = int_0^inf exp(-s G_2) ds it is (1/alpha) int E[g^3 exp(-s g^2)] E[exp(-s g^2)]^(k-1) ds.
    """
    y, share = _log_gamma_grid(alpha)
    # From where exp(-s g^2) is 1 for all g that matter to where the integrand, below s^(-1/2), is nothing.
    log_s = np.arange(-2.0 * y[-1] - 40.0, 80.0, _LOG_S_STEP)
    s = np.exp(log_s)[:, None]
    damped = s * np.exp(2.0 * y)
    kept = np.maximum(1.0 + np.expm1(-damped) @ share, 0.0)
    cubes = (s * np.exp(3.0 * y - damped)) @ share
    return float(np.sum(cubes * kept ** (k - 1))) * _LOG_S_STEP / alpha


def _log_gamma_grid(alpha: float) -> tuple[FloatArray, FloatArray]:
    """Return equally spaced values of log g, and the probabilities that the trapezoidal rule gives them.

    A small alpha leaves most of its probability below the grid, at values of g that are 0 for all that follows.
    """
    low = max(np.log(max(float(special("gammaincinv")(alpha, _TINY)), 1e-300)), -60.0)
    high = np.log(float(special("gammainccinv")(alpha, min(_TINY, alpha * _TINY))))
    step = min(_LOG_G_STEP, 0.7 / np.sqrt(alpha))
    y = np.linspace(low, high, int(np.ceil((high - low) / step)) + 1)
    log_density = alpha * y - np.exp(y)
    if alpha >= 1.0:
        density = np.exp(log_density - log_density.max())
        return y, density / density.sum()
    return y, np.exp(log_density - log_gamma(alpha)) * (y[1] - y[0])
