"""What became of each cell, as a profile instead of a flag."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from synthmix.collapse.analysis.halflife import ratios_of
from synthmix.collapse.analysis.rates import Floats, bias_rate, half_life
from synthmix.collapse.monitor.alarms import RegionPath, first_alarm, overall, region_paths
from synthmix.collapse.monitor.contrast import contrast, summary
from synthmix.collapse.monitor.panel import Panel, averaged, panels

DIVERSITY = ("eff_dim", "levels", "entropy", "heterozygosity", "rare_survival", "ancestors")
PROFILE = (
    "generator", "regime", "n", "generations", "chains", "onset", "onset_region", "onset_direction", "tail", "core",
    "variance", "variance_rate", "half_life_variance", *(f"half_life_{name}" for name in DIVERSITY), "asymptote",
    "variance_spread", "bias_share", "predictive_slope", "predictive_low", "predictive_high", "note",
)  # fmt: skip
"""Columns of the table of :func:`profile`."""
PLATEAU = 0.01  # rate of change per generation, either way, inside which the late interval must lie
_CELL = ("generator", "regime", "n")


def profile(trajectories: pd.DataFrame, alpha: float = 0.05) -> pd.DataFrame:
    """Return one row a cell: when it began, how fast, where it ends, and how much is chance.

    Parameters
    ----------
    trajectories : pandas.DataFrame
        Of a study; what it does not measure stays empty.
    alpha : float
        Level of the alarms.

    Returns
    -------
    pandas.DataFrame
        generator, regime, n, generations, chains; onset (generation of the alarm of the average of all region
        e-processes, chains of all draws multiplied; <NA> for none), onset_region and onset_direction (the region that
        alarmed first by itself); tail and core ("down", "up", "both", "none": directions whose e-process reached
        1/alpha, "" where not measured); variance (mean ratio in the last generation), variance_rate,
        half_life_variance, a half_life for each diversity metric; asymptote; variance_spread (standard deviation of the
        ratio over chains), bias_share (of the variance); predictive_slope (loss a generation, mean over chains) with
        its 95 % interval; note.

    Notes
    -----
    All numbers are of the new rows, averaged over columns. The asymptote is that of the mean variance ratio, by its
    rate over the second half of the generations, with the 95 % jackknife interval over units: "0" where the interval
    lies below 1 by more than 1 %, or nothing is left; "growth" where it lies above by more than 1 %; "plateau" where it
    lies within 1 % of 1; "undecided" where it is wider. It says what the generations that were run show: a power law as
    under accumulation flattens into a plateau although its limit is 0, and a slow start hides a fast end.

    Raises
    ------
    InputError
        For a table that is no table of trajectories.
    """
    cells: dict[tuple[Any, ...], dict[tuple[str, str], Panel]] = {}
    for panel in panels(averaged(trajectories), (*_CELL, "metric", "variant")):
        key = tuple(panel.key[name] for name in _CELL)
        cells.setdefault(key, {})[panel.key["metric"], panel.key["variant"]] = panel
    paths: dict[tuple[Any, ...], list[RegionPath]] = {}
    for path in region_paths(trajectories, 0.0, _CELL):
        paths.setdefault(tuple(path.key[name] for name in _CELL), []).append(path)
    rows = [
        {**dict(zip(_CELL, key, strict=True)), **_sizes(found), **_onset(paths.get(key, []), alpha), **_numbers(found)}
        for key, found in cells.items()
    ]
    return pd.DataFrame(rows, columns=list(PROFILE)).astype({"onset": "Int64"})


def _sizes(found: dict[tuple[str, str], Panel]) -> dict[str, Any]:
    longest = max(found.values(), key=lambda panel: (panel.last, len(panel.numbers)))
    return {"generations": longest.last, "chains": len(longest.numbers), "note": longest.note()}


def _onset(paths: list[RegionPath], alpha: float) -> dict[str, Any]:
    row: dict[str, Any] = {"onset": pd.NA, "onset_region": "", "onset_direction": "", "tail": "", "core": ""}
    usable = [path for path in paths if path.log_e.size]
    if not usable:
        return row
    onset = first_alarm(overall(usable), alpha)
    row["onset"] = pd.NA if onset is None else onset
    own = {id(path): first_alarm(path, alpha) for path in usable}
    alarmed = [path for path in usable if own[id(path)] is not None]
    if alarmed:
        first = min(alarmed, key=lambda path: (own[id(path)], -float(path.log_e.max())))
        row["onset_region"], row["onset_direction"] = first.key["region"], first.key["direction"]
    for name in ("tail", "core"):
        if any(path.key["region"] == name for path in usable):
            ways = sorted(path.key["direction"] for path in alarmed if path.key["region"] == name)
            row[name] = "both" if len(ways) == 2 else ways[0] if ways else "none"
    return row


def _numbers(found: dict[tuple[str, str], Panel]) -> dict[str, Any]:
    row: dict[str, Any] = {"asymptote": ""}
    for name in DIVERSITY:
        panel = found.get((name, "participation" if name == "eff_dim" else ""))
        ratios = ratios_of(panel) if panel is not None else None
        if panel is not None and ratios is not None:
            row[f"half_life_{name}"] = half_life(bias_rate(ratios[:, -1], panel.last).rate)
    variance = found.get(("variance", ""))
    ratios = ratios_of(variance) if variance is not None else None
    if variance is not None and ratios is not None:
        row |= _variance(variance, ratios)
    for (metric, _), panel in found.items():
        if metric == "predictive":
            numbers = panel.numbers[~np.isnan(panel.numbers).any(axis=1)]
            whole = panel.take(np.flatnonzero(~np.isnan(panel.numbers).any(axis=1)))
            if len(numbers):
                slope = contrast(whole.units(summary(numbers, "slope")))
                row |= {"predictive_slope": slope.estimate, "predictive_low": slope.low, "predictive_high": slope.high}
    return row


def _variance(panel: Panel, ratios: Floats) -> dict[str, Any]:
    found = bias_rate(ratios[:, -1], panel.last)
    chains = panel.whole().numbers
    chains = chains[:, -1] / chains[:, 0]
    drift = float(chains.std(ddof=1)) if chains.size > 1 else np.nan
    last = ratios[:, -1]
    se2 = float(last.var(ddof=1)) / last.size if last.size > 1 else np.nan
    square = float(np.maximum(0.0, (found.mean - 1.0) ** 2 - se2))
    total = square + drift * drift
    return {
        "variance": found.mean,
        "variance_rate": found.rate,
        "half_life_variance": half_life(found.rate),
        "asymptote": asymptote(ratios),
        "variance_spread": drift,
        "bias_share": square / total if total > 0.0 else np.nan,
    }


def asymptote(ratios: Floats) -> str:
    """Return "0", "plateau", "growth" or "undecided" for ratios (units, generations + 1), by the rule of `profile`."""
    last = ratios.shape[1] - 1
    middle = last // 2
    early, late = ratios[:, middle].mean(), ratios[:, -1].mean()
    if not late > 0.0:
        return "0"
    n = len(ratios)
    if n < 2 or not early > 0.0 or np.count_nonzero(ratios[:, middle]) < 2 or np.count_nonzero(ratios[:, -1]) < 2:
        return "undecided"
    low, high = _late_rate(ratios[:, middle], ratios[:, -1], last - middle)
    if high < 1.0 - PLATEAU:
        return "0"
    if low > 1.0 + PLATEAU:
        return "growth"
    return "plateau" if low > 1.0 - PLATEAU and high < 1.0 + PLATEAU else "undecided"


def _late_rate(early: Floats, late: Floats, generations: int) -> tuple[float, float]:
    """Return the interval of (mean late / mean early)^(1/generations), by the jackknife over units."""
    from scipy.special import stdtrit

    n = early.size
    whole = np.log(late.mean() / early.mean())
    rest = np.log(np.maximum(late.sum() - late, 1e-300) / np.maximum(early.sum() - early, 1e-300))
    pseudo = n * whole - (n - 1) * rest
    reach = float(stdtrit(n - 1, 0.975)) * float(pseudo.std(ddof=1)) / np.sqrt(n)
    center = float(pseudo.mean())
    with np.errstate(over="ignore"):  # an upper end beyond float64 is infinite
        return float(np.exp((center - reach) / generations)), float(np.exp((center + reach) / generations))
