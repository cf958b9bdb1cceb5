"""Two ways to collapse: all chains leave together (bias), or each wanders off by itself (drift)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.collapse.monitor.panel import SERIES, Panel, panels

DECOMPOSED = (*SERIES, "generation", "bias", "bias_se", "drift", "bias_share", "chains", "note")
"""Columns of the table of :func:`decompose`."""


def decompose(trajectories: pd.DataFrame) -> pd.DataFrame:
    """Split the distance from the real table into bias and drift, for every series and generation.

    Parameters
    ----------
    trajectories : pandas.DataFrame
        Of a study.

    Returns
    -------
    pandas.DataFrame
        The words of the series and the generation; bias (mean of T_g - T_0; with several draws the mean of their
        means), bias_se (over chains of one draw, else over draws), drift (standard deviation of T_g - T_0 over chains),
        bias_share, chains and note. NaN where one chain leaves no spread.

    Notes
    -----
    bias_share = b / (b + drift^2) with b = max(0, bias^2 - bias_se^2), the unbiased estimate of the squared bias:
    bias^2 alone would show a share of 1/(R + 1) for R chains where there is none. It is 1 for a generator that shrinks
    every chain alike, 0 for one that is right on average and drifts (copying rows, a refitted Gaussian). It is a share
    of the mean squared distance in this generation, no test; :func:`synthmix.collapse.monitor.changes` has one. Chains
    without a finite value in a generation (a `log_det` of minus infinity: lost rank) are left out of it, and the note
    tells how many.

    Raises
    ------
    InputError
        For a table that is no table of trajectories.
    """
    rows = []
    for panel in panels(trajectories):
        kept = ~np.isnan(panel.numbers[:, 0])
        if not kept.any():
            continue
        with np.errstate(invalid="ignore"):
            change = panel.numbers[kept] - panel.numbers[kept, :1]
        for generation in range(1, panel.last + 1):
            there = np.isfinite(change[:, generation])
            if not there.any():
                continue
            chains = change[there, generation]
            units = panel.take(np.flatnonzero(kept)[there]).units(chains)
            bias = float(units.mean())
            se = float(units.std(ddof=1) / np.sqrt(units.size)) if units.size > 1 else np.nan
            drift = float(chains.std(ddof=1)) if chains.size > 1 else np.nan
            square = float(np.maximum(0.0, bias * bias - se * se))
            total = square + drift * drift
            share = square / total if total > 0.0 else np.nan
            rows.append(
                (*panel.key.values(), generation, bias, se, drift, share, chains.size, _note(panel, kept, generation))
            )
    return pd.DataFrame(rows, columns=list(DECOMPOSED))


def _note(panel: Panel, kept: NDArray[np.bool_], generation: int) -> str:
    """Return what is to be said of the replicates, and how many chains have no finite value in a generation."""
    infinite = int(np.isinf(panel.numbers[kept, generation]).sum())
    left = f"{infinite} chains without a finite value are left out" if infinite else ""
    return "; ".join(filter(None, [panel.note(), left]))
