"""Covariance of the numeric columns against that of D_0 and of the generation before."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from synthmix.collapse.measure.ground import Floats, Ground, Rows
from synthmix.collapse.measure.measurement import Measurement
from synthmix.drift.moments.covariance import Moments, Whitened, moments_of, whiten
from synthmix.drift.moments.dimension import dimensions

_LEAST = 5  # rows that the unbiased traces of an effective dimension need
_SINGULAR = 1e-14  # of the largest variance ratio, below which rounding cannot tell a ratio from 0


class ScatterGauge:
    """log_det, trace_ratio, var_ratio_range and eff_dim, over the complete rows of the numeric columns."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        own = ground.complete(ground.rows)
        self.real = moments_of(own)
        self.dimensions = dimensions(own)[:, 0] if len(own) >= _LEAST and own.shape[1] else np.zeros(2)

    def measure(self, rows: Rows) -> Iterator[Measurement]:
        """Yield what there is: nothing without two complete rows, no effective dimension without variance."""
        complete = self.ground.complete(rows)
        n, p = complete.shape
        if not p or min(n, self.real.n) < 2:
            return
        white = whiten(self.real, moments_of(complete))
        if white.rank:
            yield Measurement("log_det", "", "", "", _log_det(white), n)
            trace = float(np.trace(white.synthetic.covariance)) / white.kept.size
            yield Measurement("trace_ratio", "", "", "", trace, n)
            yield from _range(white, "", n)
        if n < _LEAST:
            return
        for variant, ours, theirs in zip(
            ("participation", "entropy"), self.dimensions, dimensions(complete), strict=True
        ):
            if ours > 0.0 and theirs[0] > 0.0:
                yield Measurement("eff_dim", variant, "", "", float(theirs[0] / ours), n)

    def against(self, rows: Rows, previous: Moments) -> Iterator[Measurement]:
        """Yield var_ratio_range against an earlier table."""
        complete = self.ground.complete(rows)
        if min(len(complete), previous.n) >= 2 and complete.shape[1]:
            white = whiten(previous, moments_of(complete))
            if white.rank:
                yield from _range(white, ", previous", len(complete))


def _ratios(white: Whitened) -> Floats:
    return np.asarray(np.maximum(np.linalg.eigvalsh(white.ratio), 0.0), np.float64)


def _range(white: Whitened, suffix: str, n: int) -> Iterator[Measurement]:
    ratios = _ratios(white)
    for variant, place in (("low", 0), ("high", -1)):
        yield Measurement("var_ratio_range", variant + suffix, "", "", float(ratios[place]), n)


def _log_det(white: Whitened) -> float:
    ratios = _ratios(white)
    if ratios[0] <= _SINGULAR * ratios[-1]:
        return -np.inf
    return float(np.log(ratios).sum())
