"""The rule by which defaults are chosen, as docs/decisions says: written before any result was there."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

from benchmarks.frontier.cells import Result
from benchmarks.frontier.methods import RIVAL
from benchmarks.frontier.summary import Means, means, over_tables, value

TPR, Z, AUC, GAP = "membership tpr, density", "dcr z", "c2st", "tstr gap"
NEAR = 0.25  # of a mean rank, within which settings are tied


class Privacy(NamedTuple):
    """How much more a method gives away than another, and twice the standard error of that, NaN where unknown."""

    tpr: float
    tpr_error: float
    z: float
    z_error: float

    @property
    def no_worse(self) -> bool:
        """Whether both are within error; what no table can say is no reason against."""
        return not (self.tpr > np.nan_to_num(self.tpr_error) or self.z > np.nan_to_num(self.z_error))


def over_several(found: Means, method: str, rival: str, tables: list[str]) -> Privacy:
    """Compare a method with a rival on the tables that both have; errors are those of the differences over tables."""
    parts = []
    for measure in (TPR, Z):
        gaps = np.array([value(found, t, method, measure) - value(found, t, rival, measure) for t in tables])
        known = gaps[~np.isnan(gaps)]
        error = known.std(ddof=1) / math.sqrt(known.size) if known.size > 1 else math.nan
        parts += [float(known.mean()) if known.size else math.nan, 2.0 * float(error)]
    return Privacy(*parts)


def on_one(found: Means, rows: int, method: str, rival: str, table: str) -> Privacy:
    """Compare a method with a rival on one table.

    A rate t at 1 % false alarms has the error ``t / sqrt(a)``, a the expected number of false alarms, for the threshold
    is known as well as these are counted; half of the holdout are non-members. z has the error 1.
    """
    tpr, z = ([found[table, name][measure] for name in (method, rival)] for measure in (TPR, Z))
    variance = sum(one.value**2 / max(one.seeds, 1) for one in tpr) / (0.01 * rows / 2)
    return Privacy(
        tpr[0].value - tpr[1].value,
        2.0 * math.sqrt(variance),
        z[0].value - z[1].value,
        2.0 * math.sqrt(sum(1.0 / max(one.seeds, 1) for one in z)),
    )


def ranked(found: Means, names: list[str], tables: list[str]) -> dict[str, float]:
    """Return the mean rank of each method by its AUC, 1 the best, over the tables that all have."""
    common = [t for t in tables if all((t, name) in found for name in names)]
    if not common or not names:
        return dict.fromkeys(names, math.nan)
    ranks = np.array([rankdata([value(found, t, name, AUC) for name in names]) for t in common])
    return dict(zip(names, ranks.mean(axis=0).tolist(), strict=True))


def choice(results: list[Result]) -> str:
    """Return the settings in the order of the rule, as text: the first is the default that it chooses."""
    choosing = [result for result in results if result["half"] == "choosing"]
    tables = sorted({result["table"] for result in choosing})
    found = means(choosing)
    ours = sorted({r["method"] for r in choosing if r["family"] == "ours" and r["status"] == "done"})
    gaps = {name: over_several(found, name, RIVAL, tables) for name in ours}
    fit = [name for name in ours if gaps[name].no_worse and all((t, name) in found for t in tables)]
    ranks = ranked(found, fit, tables)
    best = min(ranks.values(), default=math.nan)
    tied = [name for name in fit if ranks[name] <= best + NEAR]
    order = sorted(tied, key=lambda name: over_tables(found, tables, name, GAP))
    order += sorted((name for name in fit if name not in tied), key=lambda name: ranks[name])
    lines = [f"{len(tables)} tables for choosing: {', '.join(tables)}", f"privacy of {RIVAL!r} or better, best first:"]
    lines += [f"  {name}: mean rank {ranks[name]:.2f}, {_told(found, tables, name, gaps[name])}" for name in order]
    worse = [name for name in ours if not gaps[name].no_worse]
    lines += ["less private:", *(f"  {name}: {_told(found, tables, name, gaps[name])}" for name in worse)]
    rest = [name for name in ours if name not in fit and name not in worse]
    lines += ["not run on all of these tables:"]
    lines += [f"  {name}: {_told(found, tables, name, gaps[name])}" for name in rest]
    return "\n".join(lines)


def _told(found: Means, tables: list[str], name: str, gap: Privacy) -> str:
    auc, lost = (over_tables(found, tables, name, measure) for measure in (AUC, GAP))
    tpr = "unknown" if math.isnan(gap.tpr) else f"{gap.tpr:+.4f} (twice its error {gap.tpr_error:.4f})"
    return f"AUC {auc:.3f}, TSTR gap {lost:.4f}, TPR {tpr}, z {gap.z:+.2f} (twice its error {gap.z_error:.2f})"
