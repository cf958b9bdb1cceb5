"""Quantile functions as tables: how the law of one number reaches a kernel.

A table is the piecewise linear function through knots (u_j, q_j) with 0 = u_0 <= ... <= u_m = 1 and q
non-decreasing; two knots with equal u are a jump, two with equal q an atom. The law that is sampled is the law of
the table, whose moments are known exactly, and not an approximate inversion at run time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from synthmix.errors import OptionError
from synthmix.shown import ShortRepr
from synthmix.weights.special import FloatArray, beta_quantile, betainc, special

# Largest error of the distribution function that the spacing of the knots aims at, a quarter of what is promised.
_AIM = 2.5e-7
_MOST = 18_000  # knots; a coarser spacing still keeps the promise, because the error falls with its square
_COARSE = 4096
_EVEN = 512  # knots that are spread evenly in u and in q, whatever the curvature
_LOGIT_KNOTS = 4  # knots for each unit of the logit
_TAIL_KNOTS = 8  # knots for each factor e in the probability of a tail
_TAIL = 1e-16
_HALVINGS = 45  # a jump is located to 2**-45 of a coarse cell
_ATOM = 1e-14  # a tail below this is no atom
_EPSILON = 1.2e-16  # what 1 - x can still tell from 0


@dataclass(frozen=True, eq=False, repr=False)
class QuantileTable(ShortRepr):
    """Knots of a piecewise linear quantile function, both arrays of shape (m,)."""

    u: FloatArray
    q: FloatArray

    def raw(self, order: int) -> float:
        """Return E l^order of the tabulated law, exactly: the mean of x^order over each segment, times its share."""
        return _raw(np.diff(self.u), self.q, order)

    def expected_max(self) -> float:
        """Return E max(l, 1-l) = 1/2 + E |l - 1/2| of the tabulated law, exactly."""
        a, b = self.q[:-1] - 0.5, self.q[1:] - 0.5
        crosses = a * b < 0.0
        span = np.where(crosses, np.abs(a) + np.abs(b), 1.0)
        mean = np.where(crosses, 0.5 * (a * a + b * b) / span, 0.5 * (np.abs(a) + np.abs(b)))
        return 0.5 + float(np.sum(np.diff(self.u) * mean))

    def expected_squared_donor(self) -> float:
        """Return E [(l^3 + (1-l)^3) / (l^2 + (1-l)^2)] = 3/2 - E 1 / (1 + (2l-1)^2) of the tabulated law, exactly."""
        y0, y1 = 2.0 * self.q[:-1] - 1.0, 2.0 * self.q[1:] - 1.0
        # arctan(y1) - arctan(y0) as one arctan keeps its digits on short segments; the angle is below pi.
        angle = np.arctan2(y1 - y0, 1.0 + y0 * y1)
        flat = y1 - y0 < 1e-150
        mean = np.where(flat, 1.0 / (1.0 + y0 * y0), angle / np.where(flat, 1.0, y1 - y0))
        return 1.5 - float(np.sum(np.diff(self.u) * mean))

    def cdf(self, x: FloatArray) -> FloatArray:
        """Return the distribution function of the tabulated law at the points `x`."""
        after = np.searchsorted(self.q, x, side="right")
        j = np.clip(after - 1, 0, self.q.size - 2)
        step = self.q[j + 1] - self.q[j]
        share = np.where(step > 0.0, (x - self.q[j]) / np.where(step > 0.0, step, 1.0), 0.0)
        value = self.u[j] + np.clip(share, 0.0, 1.0) * (self.u[j + 1] - self.u[j])
        return np.where(after == 0, 0.0, np.where(after == self.q.size, 1.0, value))

    def stretched(self, width: float, shift: float) -> QuantileTable:
        """Return the table of width * l + shift."""
        return QuantileTable(self.u, width * self.q + shift)


@lru_cache(maxsize=16)  # the screen and studies ask for the same law again and again
def beta_table(a: float, b: float, smallest: float = 1e-300) -> QuantileTable:
    """Return a table of Beta(a, b) with an error of the distribution function below 1e-6.

    The bound holds at every point that is not within 1e-9 of 1, where doubles are too coarse for a singular law.

    Parameters
    ----------
    a, b : float
        Shapes.
    smallest : float
        What lies below this value becomes an atom at 0, what lies within rounding of 1 an atom at 1. A law that is
        shifted afterwards cannot tell values below its rounding error apart.

    Notes
    -----
    Between knots h apart the linear interpolation of F errs by at most h^2 |F''| / 8, so knots are placed with
    density sqrt(|F''| / (8 aim)), plus a share that is even in u, in q, in the logit of q and in the logarithm of
    both tails. Mean and second moment of the table equal those of the Beta law to rounding, because a statement
    about the covariance must hold for what is sampled.
    """
    if a == b == 1.0:
        return QuantileTable(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    t = _knots(a, b, *_range(a, b, smallest))
    x = np.unique(1.0 / (1.0 + np.exp(-t)))
    x = x[(x > 0.0) & (x < 1.0)]
    f = np.clip(np.maximum.accumulate(betainc(a, b, x)), 0.0, 1.0)
    u, q = f.copy(), x.copy()
    u[0], u[-1] = (u[0] if u[0] > _ATOM else 0.0), (u[-1] if u[-1] < 1.0 - _ATOM else 1.0)
    if u[0] > 0.0:
        u, q = np.concatenate([[0.0, u[0]], u]), np.concatenate([[0.0, 0.0], q])
    if u[-1] < 1.0:
        u, q = np.concatenate([u, [u[-1], 1.0]]), np.concatenate([q, [1.0, 1.0]])
    return _with_moments(u, q, a, b)


def _range(a: float, b: float, smallest: float) -> tuple[float, float]:
    """Return the logits between which knots are needed."""
    low = max(beta_quantile(a, b, _TAIL), smallest)
    high = max(beta_quantile(b, a, _TAIL), _EPSILON)
    return float(np.log(low) - np.log1p(-low)), float(np.log1p(-high) - np.log(high))


def _knots(a: float, b: float, first: float, last: float) -> FloatArray:
    """Return the logits of the knots, equally spaced in the integral of the density that is wanted."""
    t = np.linspace(first, last, _COARSE)
    log_x, log_v = -np.logaddexp(0.0, -t), -np.logaddexp(0.0, t)
    x, v = np.exp(log_x), np.exp(log_v)
    density = np.exp(a * log_x + b * log_v - float(special("betaln")(a, b)))  # of the logit
    curvature = np.sqrt(density * np.abs((a - 1.0) * v - (b - 1.0) * x) / (8.0 * _AIM))
    below = np.maximum(betainc(a, b, x), _TAIL)
    above = np.maximum(betainc(b, a, v), _TAIL)
    even = _EVEN * (density + x * v / (x[-1] - x[0]))
    wanted = curvature + even + _TAIL_KNOTS * density * (1.0 / below + 1.0 / above) + _LOGIT_KNOTS
    total = np.concatenate([[0.0], np.cumsum(0.5 * (wanted[1:] + wanted[:-1]) * np.diff(t))])
    count = int(min(np.ceil(total[-1]), _MOST))
    return np.interp(np.linspace(0.0, total[-1], count + 1), total, t)


def _with_moments(u: FloatArray, q: FloatArray, a: float, b: float) -> QuantileTable:
    """Shift the inner knots smoothly, by about 1e-8, so that E x and E x^2 are those of Beta(a, b).

    The numbers are computed from the end that is nearer to the mean, where rounding errors are relative.
    """
    mirrored = a > b
    near, s = min(a, b), a + b
    mean, second = near / s, (near / s) * ((near + 1.0) / (s + 1.0))
    spread = np.sqrt(mean * (max(a, b) / s) / (s + 1.0))
    share = np.diff(u)
    for _ in range(3):
        x = 1.0 - q if mirrored else q
        miss = np.array([mean - _raw(share, x, 1), second - _raw(share, x, 2)])
        shift = np.stack([q * (1.0 - q), q * (1.0 - q) * ((x - mean) / spread)])
        left, right, x0, x1 = shift[:, :-1], shift[:, 1:], x[:-1], x[1:]
        gain = np.stack([0.5 * (left + right), ((2.0 * x0 + x1) * left + (x0 + 2.0 * x1) * right) / 3.0]) @ share
        move = np.linalg.lstsq(gain, miss)[0] @ shift
        shifted = q - move if mirrored else q + move
        # A law that only copies has nothing to shift, and nothing to correct beyond rounding.
        if not np.all(np.diff(shifted) >= -_EPSILON):
            break
        q = np.maximum.accumulate(shifted)
    return QuantileTable(u, q)


def _raw(share: FloatArray, q: FloatArray, order: int) -> float:
    """Return the mean of x^order over segments between the values `q`, each taken with its share."""
    powers = sum((q[:-1] ** i * q[1:] ** (order - i) for i in range(order + 1)), np.zeros(share.size))
    return float(np.sum(share * powers)) / (order + 1)


def tabulate(function: Callable[[FloatArray], ArrayLike]) -> FloatArray:
    """Return knots (u, q), shape (m, 2), of a quantile function, with more knots where it is steep.

    Raises
    ------
    OptionError
        When the function does not return one number for each u.
    """
    u = np.linspace(0.0, 1.0, _COARSE + 1)
    q = _values(function, u)
    step = (q[-1] - q[0]) / _COARSE
    for _ in range(_HALVINGS):
        if not np.isfinite(step) or u.size > _MOST // 2:
            break  # a bad value is reported by the caller; a function steep everywhere is fine enough
        steep = np.flatnonzero(np.diff(q) > 2.0 * step)
        middle = 0.5 * (u[steep] + u[steep + 1])
        middle = middle[(middle > u[steep]) & (middle < u[steep + 1])]
        if middle.size == 0:
            break
        at = np.searchsorted(u, middle)
        u, q = np.insert(u, at, middle), np.insert(q, at, _values(function, middle))
    return np.column_stack([u, q])


def _values(function: Callable[[FloatArray], ArrayLike], u: FloatArray) -> FloatArray:
    """Call the user's function on a copy of `u` and check the shape of what comes back."""
    try:
        with np.errstate(all="ignore"):  # an infinite value is an error of its own, with the place where it is
            q = np.asarray(function(u.copy()), np.float64)
    except (TypeError, ValueError) as error:
        raise OptionError(f"quantile function failed on an array ({error}); write it for NumPy arrays") from error
    if q.shape != u.shape:
        raise OptionError(f"quantile function returned shape {q.shape} for {u.shape}; return one number for each u")
    return q
