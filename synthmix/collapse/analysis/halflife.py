"""Half-lives of everything that a study measures, beside what closed forms predict."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from synthmix.collapse.analysis.rates import Rate, bias_rate, doubling_time, half_life
from synthmix.collapse.monitor.panel import SERIES, Panel, panels
from synthmix.collapse.predicted import COMPLETE
from synthmix.errors import InputError

RATIO_METRICS = (
    "variance", "trace_ratio", "var_ratio_range", "eff_dim", "core_tail", "region", "levels", "entropy",
    "heterozygosity", "rare_survival", "ancestors", "association",
)  # fmt: skip
"""Metrics of which a rate makes sense: not negative, and 0 means that nothing is left."""
HALFLIFE = (
    *SERIES, "generation", "rate", "low", "high", "typical_rate", "half_life", "half_life_low", "half_life_high",
    "doubling_time", "ratio", "predicted_ratio", "predicted_rate", "z", "law", "units", "note",
)  # fmt: skip
"""Columns of the table of :func:`halflife`."""
_PREDICTED = ("generator", "regime", "n", "metric", "generation", "value")
_CELL = ("generator", "regime", "n", "metric", "generation")
Laws = dict[Any, pd.DataFrame]
_EXACT = 1e-9  # difference of logarithms that rounding explains
ALWAYS = 1e-10
"""Largest distance from a law that holds in every draw."""


def halflife(trajectories: pd.DataFrame, predicted: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return rates, half-lives and their distance from predictions, one row a series.

    Parameters
    ----------
    trajectories : pandas.DataFrame
        Of a study.
    predicted : pandas.DataFrame, optional
        Expected values over chains: generator, regime, n, metric, generation, value, and as far as they apply variant,
        column and rows ("new", "pool"). A prediction without a column, or with "", is meant for all columns; one
        without rows for whichever there are. Values are on the scale of the trajectories. With a column draw there is
        one value a draw, and their mean counts; kind ("exact", "large n", "complete rows") is told as `law`; where
        always is true every chain is held to the value by 1e-10, whatever the spread. Laws of complete rows, in tables
        that have gaps, get no z.

    Returns
    -------
    pandas.DataFrame
        The words of the series; generation (G, the last); rate (c = (mean over units of V_G/V_0)^(1/G)), low, high
        (95 %, jackknife-t over units), typical_rate (of the mean logarithm); half_life and its interval (inf where the
        rate may be 1), doubling_time; ratio (mean of V_G/V_0), predicted_ratio, predicted_rate, z (logarithm of the
        mean ratio against the predicted one, in jackknife standard errors; 0 or inf where the law holds in every draw,
        NaN where chains that are all alike show no spread); law (its kind), units (chains of one draw, else draws) and
        note. Only metrics of :data:`RATIO_METRICS` that are positive in generation 0.

    Raises
    ------
    InputError
        For tables without the columns that are needed.

    Notes
    -----
    A prediction is of the mean over chains, and z compares means: the typical chain lies below it. With few chains and
    heavy tails (weights that extrapolate) z is skewed to the left. One draw of the real rows: everything is conditional
    on it. See :func:`synthmix.collapse.analysis.rates.bias_rate`.
    """
    laws = None
    if predicted is not None:
        absent = [name for name in _PREDICTED if name not in predicted.columns]
        if absent:
            raise InputError(f"the predictions have no column {absent[0]!r}; they need {', '.join(_PREDICTED)}")
        laws = laws_of_cells(predicted)
    known = trajectories
    if "metric" in known.columns:
        known = known[known["metric"].isin(RATIO_METRICS) & ~_changes(known)]
    rows = [row for panel in panels(known) if (row := _row(panel, laws)) is not None]
    return pd.DataFrame(rows, columns=list(HALFLIFE))


def ratios_of(panel: Panel) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    """Return V_g / V_0 of the units (units, generations + 1); None where V_0 is not positive or no chain is whole."""
    whole = panel.whole()
    if not panel.last or not len(whole.numbers) or not (whole.numbers[:, 0] > 0.0).all():
        return None
    return whole.units(whole.numbers / whole.numbers[:, :1])


def _changes(frame: pd.DataFrame) -> pd.Series[bool]:
    """Return which rows are largest changes of associations, which start at 0 and have no rate."""
    return (frame["metric"] == "association") & frame["variant"].astype(str).str.startswith("max_")


def _row(panel: Panel, laws: Laws | None) -> dict[str, Any] | None:
    ratios = ratios_of(panel)
    if ratios is None or (ratios[:, -1] < 0.0).any():
        return None
    found = bias_rate(ratios[:, -1], panel.last)
    row = {
        **panel.key, "generation": panel.last, "rate": found.rate, "low": found.low, "high": found.high,
        "typical_rate": found.typical, "half_life": half_life(found.rate), "half_life_low": half_life(found.low),
        "half_life_high": half_life(found.high), "doubling_time": doubling_time(found.rate), "ratio": found.mean,
        "units": found.units, "note": "; ".join(filter(None, (panel.note(), _alone(ratios[:, -1])))),
    }  # fmt: skip
    law = None if laws is None else law_of_panel(panel, laws)
    if law is None or law.empty:
        return row
    expected = float(law["value"].mean()) / float(panel.whole().numbers[:, 0].mean())
    told = {"law": law["kind"].iloc[0]} if "kind" in law else {}
    return row | told | {
        "predicted_ratio": expected,
        "predicted_rate": float(expected ** (1.0 / panel.last)) if expected >= 0.0 else np.nan,
        "z": _z_of_law(law, found, ratios[:, -1], expected),
    }  # fmt: skip


def _alone(last: np.ndarray[Any, np.dtype[np.float64]]) -> str:
    return "one unit alone is above 0: no interval" if last.size > 1 and np.count_nonzero(last) == 1 else ""


def _z_of_law(law: pd.DataFrame, found: Rate, ratios: np.ndarray[Any, np.dtype[np.float64]], expected: float) -> float:
    if "always" not in law:
        return _z(found, expected)
    if law["always"].all():
        return exact_z(ratios - expected)
    if law["kind"].isin([COMPLETE]).any():
        return float("nan")
    z = _z(found, expected)
    return z if np.isfinite(z) else float("nan")  # chains that all lost nothing show no spread to divide by


def exact_z(gaps: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """Return 0 where all distances from a law that holds in every draw are rounding, else plus or minus infinity."""
    worst = float(gaps[np.abs(gaps).argmax()])
    return 0.0 if abs(worst) <= ALWAYS else float(np.copysign(np.inf, worst))


def laws_of_cells(predicted: pd.DataFrame) -> Laws:
    """Return the predictions of each generator, regime, size, metric and generation, so that none is searched for."""
    return dict(iter(predicted.groupby(list(_CELL), sort=False)))


def law_of_panel(panel: Panel, laws: Laws) -> pd.DataFrame | None:
    """Return the predictions of the last generation, one a draw: those of the column, else those for all columns."""
    key = panel.key
    found = laws.get((*(key[name] for name in _CELL[:-1]), panel.last))
    if found is None:
        return None
    for name in ("variant", "rows", "column"):
        if name in found.columns:
            words = found[name].fillna("")
            own = words == key[name]
            found = found[own] if own.any() or name == "variant" else found[words == ""]
    twice = len(found) > 1 if "draw" not in found else found["draw"].duplicated().any()
    if twice:
        raise InputError(f"the predictions have {len(found)} values of {key} in generation {panel.last}; give one")
    return found


def _z(found: Rate, expected: float) -> float:
    if not (expected > 0.0 and found.mean > 0.0):
        return float("nan")
    gap = float(np.log(found.mean / expected))
    if abs(gap) <= _EXACT:
        return 0.0
    if np.isnan(found.se_log):
        return float("nan")
    return gap / found.se_log if found.se_log > 0.0 else float(np.copysign(np.inf, gap))
