"""Exact expectations for l = C U - e0 with U ~ Beta(alpha, beta) and C = 1 + e0 + e1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import comb

import numpy as np

from synthmix.weights.moments import WeightMoments, two_point
from synthmix.weights.special import FloatArray, beta_quantile, betainc

_TAIL = 1e-19
_NODES = 4001


@dataclass(frozen=True)
class StretchedBeta:
    """The law of l on [-e0, 1 + e1]; the plain Beta law has e0 = e1 = 0."""

    alpha: float
    beta: float
    e0: float = 0.0
    e1: float = 0.0

    @property
    def width(self) -> float:
        """C, the length of the support."""
        return 1.0 + self.e0 + self.e1

    @property
    def mean(self) -> float:
        """E l."""
        return self.width * (self.alpha / (self.alpha + self.beta)) - self.e0

    def raw(self) -> tuple[float, float, float, float]:
        """Return E l, E l^2, E l^3 and E l^4."""
        s = self.alpha + self.beta
        u = [1.0]
        for t in range(4):
            u.append(u[-1] * ((self.alpha + t) / (s + t)))
        m1, m2, m3, m4 = (
            sum(comb(r, j) * self.width**j * u[j] * (-self.e0) ** (r - j) for j in range(r + 1)) for r in (1, 2, 3, 4)
        )
        return m1, m2, m3, m4

    def expected_max(self) -> float:
        """Return E max(l, 1-l), in closed form.

        With z = (1/2 + e0) / C, F0 = I_z(alpha, beta) and F1 = E[U; U < z] it is
        mu - 2 (C F1 - e0 F0) + F0.
        """
        z = (0.5 + self.e0) / self.width
        below = float(betainc(self.alpha, self.beta, z))
        first = (self.alpha / (self.alpha + self.beta)) * float(betainc(self.alpha + 1.0, self.beta, z))
        return self.mean - 2.0 * (self.width * first - self.e0 * below) + below

    def expectation(self, function: Callable[[FloatArray], FloatArray]) -> float:
        """Return E f(l) for a function f that is smooth on the support.

        The line through the two end values of f is integrated in closed form; what is left vanishes at both ends
        and equals E[(f - line) / (U (1-U))] under Beta(alpha + 1, beta + 1) times E[U (1-U)]. In the logit of U
        that integrand is analytic and falls off exponentially, so the trapezoidal rule is exact to rounding,
        whatever the shapes.
        """
        s = self.alpha + self.beta
        logit, density = _logit_grid(self.alpha + 1.0, self.beta + 1.0)
        u, v = 1.0 / (1.0 + np.exp(-logit)), 1.0 / (1.0 + np.exp(logit))
        left, right = function(np.array([-self.e0, 1.0 + self.e1]))
        # Both u and v = 1 - u are used, so that no digits are lost at either end.
        rest = (function(np.where(u < v, self.width * u - self.e0, 1.0 + self.e1 - self.width * v)) - left * v) - (
            right * u
        )
        product = self.alpha * self.beta / (s * (s + 1.0))
        line = (left * self.beta + right * self.alpha) / s
        return float(line + product * np.sum(density * (rest / (u * v))))

    def expected_squared_donor(self) -> float:
        """Return E [(l^3 + (1-l)^3) / (l^2 + (1-l)^2)] = 3/2 - E 1 / (1 + (2l-1)^2)."""
        return 1.5 - self.expectation(lambda x: 1.0 / (1.0 + (2.0 * x - 1.0) ** 2))

    def moments(self) -> WeightMoments:
        """Return the moments of the weights (l, 1-l)."""
        return _moments(self)


@lru_cache(maxsize=128)
def _moments(law: StretchedBeta) -> WeightMoments:
    return two_point(law.raw(), law.expected_max(), law.expected_squared_donor())


def _logit_grid(a: float, b: float) -> tuple[FloatArray, FloatArray]:
    """Return equally spaced logits and the normalised density of Beta(a, b), a, b >= 1, on them."""
    low, high = beta_quantile(a, b, _TAIL), beta_quantile(b, a, _TAIL)
    t = np.linspace(np.log(low) - np.log1p(-low), np.log1p(-high) - np.log(high), _NODES)
    log_density = a * t - (a + b) * np.logaddexp(0.0, t)
    density = np.exp(log_density - log_density.max())
    return t, density / density.sum()
