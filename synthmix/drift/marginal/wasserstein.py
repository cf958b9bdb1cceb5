"""W1: how far the values of a column have moved on average, in standard deviations of the real column."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.marginal.column import Numeric, Pair, SortedColumn, pair_of
from synthmix.drift.marginal.folded import ROOT_2_OVER_PI, gamma_band, spread_of_sum
from synthmix.drift.noise import POWER80_ONE_SIDED, Z95, Noise, absent, noise_factors, null_of
from synthmix.kernels.ecdf import area_between

_GRID = 256  # points of the distribution function behind the spread of the floor


def w1(real: Numeric, synthetic: Numeric, *, column: str = "", noise: Noise = "synthetic") -> list[Finding]:
    """Compare a numeric column by the Wasserstein-1 distance, ``int |F - G|``, over the real robust scale.

    Parameters
    ----------
    real, synthetic : array of shape (n,) or SortedColumn
        Observed values.
    column : str
        Name of the column.
    noise : {"synthetic", "both"}
        Whose sampling noise floor and interval count.

    Returns
    -------
    list of Finding
        `w1` (variant "excess"): the distance less its floor, which is what two tables without any difference show on
        average: ``sqrt(2 v / pi) int sqrt(F (1 - F))`` with v = 1/m or 1/n + 1/m. And variant "raw": the distance, with
        the floor as its null. Both in units of the real column's IQR / 1.349.

    Notes
    -----
    The interval is one for the distance between the laws. Its standard error is that of the delta method: a row at t
    moves the distance by ``int^t sign(F - G)``. Distances are biased upwards: by the floor where there is no difference
    and not at all where it is large. The lower end takes off the whole floor, the upper end only the bias of a folded
    normal difference as large as the observed one. Where that difference is small, its sign and so the standard error
    are chance; so the upper end uses the largest that any signs could give, which is that of a shift. In simulations
    the interval covered 94 % to 100 %.

    For tails with less than two moments the floor does not converge; then the note says that the ends of the column
    carry a large part of it.

    Raises
    ------
    InputError
        For missing or infinite values.
    """
    pair = pair_of(real, synthetic, column)
    if pair.empty:
        return [absent("w1", "marginal", "column", pair.empty, variant="excess", column=column)]
    noise_x, noise_y = noise_factors(pair.n, pair.m, noise)
    areas = np.empty(6)
    area_between(pair.real.values, pair.synthetic.values, noise_x, noise_y, areas)
    return _findings(pair, noise, areas, noise_x, noise_y)


def _findings(pair: Pair, noise: Noise, areas: NDArray[np.float64], noise_x: float, noise_y: float) -> list[Finding]:
    scale = pair.real.scale
    distance, bias = float(areas[0]) / scale, float(areas[3]) / scale
    floor, spread, note = w1_floor(pair.real, noise_x + noise_y)
    se = float(np.sqrt(areas[4] * noise_x + areas[5] * noise_y)) / scale
    most = sum(spread_of(side) ** 2 * part for side, part in ((pair.real, noise_x), (pair.synthetic, noise_y)))
    low, high = max(0.0, distance - floor - Z95 * se), distance - bias + Z95 * float(np.sqrt(most)) / scale
    band = gamma_band(floor, spread)
    shared: dict[str, Any] = {
        "metric": "w1",
        "family": "marginal",
        "scope": "column",
        "column": pair.name,
        "unit": "sd",
        "se": se,
        "ci_low": low,
        "ci_high": high,
        "ci_method": "delta method around the folded bias, 95 %",
        "null_kind": null_of(noise),
        "n_real": pair.n,
        "n_synth": pair.m,
        "margin_certifiable": floor * 0.6
        + Z95 * float(np.sqrt(noise_x + noise_y)) * spread_of(pair.real) / scale
        + POWER80_ONE_SIDED * spread,
        "method": "exact, one walk along both sorted columns",
        "note": "; ".join(part for part in (pair.real.scale_note, note) if part),
    }
    ends: dict[str, Any] = {"null_low": band[0] - floor, "null_high": band[1] - floor}
    excess = Finding(value=distance - floor, variant="excess", statistic=distance, null_center=0.0, **ends, **shared)
    null: dict[str, Any] = {"null_center": floor, "null_low": band[0], "null_high": band[1]}
    raw = Finding(value=distance, variant="raw", **null, **shared)
    return [excess, raw]


def w1_floor(real: SortedColumn, noise: float) -> tuple[float, float, str]:
    """Return mean and standard deviation of W1 between tables without a difference, and a note on heavy tails.

    Both in units of the real robust scale; `noise` is 1/m or 1/n + 1/m.
    """
    x, n = real.values, real.values.size
    f = np.arange(1, n) / n
    width = np.sqrt(f * (1.0 - f)) * np.diff(x)
    whole = float(width.sum())
    if not whole > 0.0:
        return 0.0, 0.0, ""
    end = max(1, n // 100)
    heavy = float(width[:end].sum() + width[n - 1 - end :].sum()) > 0.5 * whole
    note = "over half of the floor comes from the outermost 2 % of the real rows: heavy tails" if heavy else ""
    level, weight = _grid(f, width)
    odds = np.sqrt(level / (1.0 - level))
    ratio = odds[:, None] / odds[None, :]
    spread = spread_of_sum(weight, np.minimum(ratio, 1.0 / ratio))
    root = np.sqrt(noise) / real.scale
    return ROOT_2_OVER_PI * root * whole, root * spread, note


def _grid(f: NDArray[np.float64], width: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Merge neighbouring gaps between values, and the levels of F that they lie at."""
    parts = min(_GRID, f.size)
    edges = np.arange(parts) * f.size // parts
    weight = np.add.reduceat(width, edges)
    level = np.add.reduceat(f, edges) / np.diff(np.append(edges, f.size))
    return level, weight


def spread_of(column: SortedColumn) -> float:
    """Return the standard deviation of a column, shifted first so that an offset costs no digits."""
    return float(np.std(column.values - column.values[0]))
