"""Where a column differs: the difference of quantiles with a band that holds everywhere at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.marginal.column import Numeric, Pair, pair_of
from synthmix.drift.noise import Noise, absent, noise_factors, null_of

_GRID = np.concatenate([[0.001, 0.005], np.arange(1, 100) / 100.0, [0.995, 0.999]])


@dataclass(frozen=True, eq=False)
class QuantileCurve:
    """Quantile of the new table minus quantile of the real one.

    Attributes
    ----------
    level : array of shape (k,)
        Levels u in (0, 1).
    difference, low, high : arrays of shape (k,)
        In real robust standard deviations; the band holds for all levels at once in 95 % of all pairs of tables, and
        its ends are infinite where the tables say nothing.
    """

    level: NDArray[np.float64]
    difference: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def quantile_curve(
    real: Numeric,
    synthetic: Numeric,
    *,
    column: str = "",
    noise: Noise = "synthetic",
    levels: NDArray[np.float64] = _GRID,
) -> QuantileCurve:
    """Return the difference of quantiles with a simultaneous band.

    Parameters
    ----------
    real, synthetic : array of shape (n,) or SortedColumn
        Observed values.
    column : str
        Name of the column.
    noise : {"synthetic", "both"}
        "synthetic": the real quantiles are the target, the band is that of Dvoretzky, Kiefer, Wolfowitz and
        Massart for the new table. "both": Doksum's (1974) band, which inverts the Kolmogorov-Smirnov test.
    levels : array of shape (k,)
        Levels in (0, 1).

    Raises
    ------
    InputError
        For missing or infinite values, or an empty column.
    """
    pair = pair_of(real, synthetic, column)
    if pair.empty:
        from synthmix.errors import InputError

        raise InputError(f"column {column!r}: {pair.empty}")
    noise_factors(pair.n, pair.m, noise)
    ours = _at(pair.real.values, levels)
    theirs = _at(pair.synthetic.values, levels)
    reach = _reach(pair, noise)
    # With ties a real quantile is the value of a stretch of levels; the band inverts what is at or below it.
    at_most = np.searchsorted(pair.real.values, ours, side="right") / pair.n if noise == "both" else levels
    below = np.searchsorted(pair.real.values, ours, side="left") / pair.n if noise == "both" else levels
    low = _at(pair.synthetic.values, np.minimum(below, levels) - reach)
    high = _at(pair.synthetic.values, np.maximum(at_most, levels) + reach)
    scale = pair.real.scale
    return QuantileCurve(levels, (theirs - ours) / scale, (low - ours) / scale, (high - ours) / scale)


def _at(values: NDArray[np.float64], levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the smallest value with at least this share at or below it; infinite beyond the column's ends."""
    place = np.ceil(levels * values.size - 1e-9).astype(np.int64)
    found = values[np.clip(place - 1, 0, values.size - 1)]
    return np.where(place < 1, -np.inf, np.where(place > values.size, np.inf, found))


def _reach(pair: Pair, noise: Noise) -> float:
    """Return how far the distribution functions may lie apart: the DKW bound, or the KS critical value."""
    if noise == "synthetic":
        return float(np.sqrt(np.log(2.0 / 0.05) / (2.0 * pair.m)))
    return float(np.sqrt(np.log(2.0 / 0.05) / 2.0 * (1.0 / pair.n + 1.0 / pair.m)))


def quantile_gap(real: Numeric, synthetic: Numeric, *, column: str = "", noise: Noise = "synthetic") -> Finding:
    """Return the largest difference of quantiles that the simultaneous band vouches for.

    Returns
    -------
    Finding
        `quantile_gap`: the largest distance of the band from zero over the levels, in real robust standard deviations;
        0 where the band covers zero everywhere, which it does in 95 % of all cases without a difference. The note says
        where.

    Raises
    ------
    InputError
        For missing or infinite values.
    """
    pair = pair_of(real, synthetic, column)
    if pair.empty:
        return absent("quantile_gap", "marginal", "column", pair.empty, column=column)
    curve = quantile_curve(pair.real, pair.synthetic, column=column, noise=noise)
    gap = np.maximum(np.maximum(curve.low, -curve.high), 0.0)
    worst = int(np.argmax(gap))
    notes = [pair.real.scale_note]
    if gap[worst] > 0.0:
        excluded = float(np.mean(gap > 0.0))
        notes.append(f"largest at level {curve.level[worst]:g}; the band excludes zero at {excluded:.0%} of the levels")
    return Finding(
        metric="quantile_gap",
        family="marginal",
        scope="column",
        column=column,
        value=float(gap[worst]),
        unit="sd",
        null_kind=null_of(noise),
        null_center=0.0,
        null_low=0.0,
        null_high=0.0,
        n_real=pair.n,
        n_synth=pair.m,
        method=("DKW" if noise == "synthetic" else "inverted KS") + " band, 95 % for all levels at once",
        note="; ".join(note for note in notes if note),
    )
