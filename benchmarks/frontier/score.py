"""Every measure of one synthetic table, all by the functions of synthmix's own drift and audit."""

from __future__ import annotations

import hashlib
import math
import warnings
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.frontier.grid import as_given, on_grid
from benchmarks.frontier.tables import Data
from synthmix.audit.prediction.findings import prediction_findings
from synthmix.audit.privacy.dcr import dcr_share
from synthmix.audit.privacy.ground import Ground, keys_of
from synthmix.audit.privacy.membership import membership, score_targets
from synthmix.audit.privacy.numeric import numeric_of
from synthmix.audit.privacy.parent_exposure import parent_exposure
from synthmix.audit.privacy.singling_out import singling_out
from synthmix.drift.finding import Finding
from synthmix.drift.joint.budget import Budget
from synthmix.drift.joint.classifier import classifier_test
from synthmix.drift.joint.coverage import coverage
from synthmix.drift.marginal.levels import level_counts_of, tvd
from synthmix.drift.marginal.wasserstein import w1
from synthmix.drift.moments.association import MixedTable, pair_changes
from synthmix.drift.moments.covariance import moments_of
from synthmix.drift.reference import Reference
from synthmix.drift.settings import Settings
from synthmix.drift.tables import Table, Tables, align
from synthmix.inference import inference_findings

Measures = dict[str, float]
SPLITS = 2  # of the classifier's rows; the mean of their areas counts
EXPOSED = 100  # synthetic rows that the attack on parents is tried on
VERSION = 1  # of the measures: results of another one are computed again


def measures(data: Data, made: pd.DataFrame, seed: int) -> Measures:
    """Return all measures of a synthetic table; NaN where a table is too small for one."""
    tables = aligned(data, on_grid(made, data.train))
    found: Measures = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for part in (fidelity, joint, privacy):
            found |= part(tables, seed)
        found["c2st as given"] = _c2st_as_given(data, made, found["c2st"], seed)
        found |= utility(tables, data, seed)
        found |= inference(data, on_grid(made, data.train), seed)
    return found


def aligned(data: Data, made: pd.DataFrame) -> Tables:
    """Return training rows, synthetic rows and holdout as arrays; all kinds are those of the benchmark's tables."""
    kinds = {str(name): "categorical" if name in data.discrete else "real" for name in data.train}
    return align(Reference.of(data.train, kinds), made, data.holdout)


def fidelity(tables: Tables, seed: int) -> Measures:  # noqa: ARG001 - nothing is drawn
    """Return distances of columns, of associations and of the covariance, from the training rows."""
    distances = [_in_deviations(tables, place) for place in range(len(tables.names))]
    totals = [_total_variation(tables, place) for place in range(len(tables.code_names))]
    return {
        "w1": _mean(distances),
        "tvd": _mean(totals),
        "association": association_error(tables),
        "covariance": covariance_error(tables),
    }


def _mean(values: Iterable[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return float(np.mean(known)) if known else math.nan


def _in_deviations(tables: Tables, place: int) -> float:
    """Return the Wasserstein distance of a numeric column in its real standard deviations."""
    name = tables.names[place]
    real, new = tables.reference.sorted_column(name), tables.synthetic.numbers[:, place]
    spread = float(_spread(tables.real.numbers[:, place]))
    raw = _of(w1(real, new[~np.isnan(new)], column=name), "w1", "raw")
    return raw * real.scale / spread if spread > 0.0 else math.nan


def _spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return standard deviations of what is there, 0 where nothing is."""
    return np.nan_to_num(np.nanstd(values, axis=0))


def _total_variation(tables: Tables, place: int) -> float:
    sides = [np.ascontiguousarray(side.codes[:, place]) for side in (tables.real, tables.synthetic)]
    return _of(tvd(level_counts_of(sides[0], sides[1])), "tvd", "raw")


def _of(findings: Iterable[Finding], metric: str, variant: str = "") -> float:
    return next((one.value for one in findings if one.metric == metric and one.variant == variant), math.nan)


def association_error(tables: Tables) -> float:
    """Return the mean change of an association: correlation, correlation ratio, Cramer's V, all between 0 and 1."""
    rows, few = tables.complete, tables.few_levels
    sides = [
        MixedTable(numbers, np.ascontiguousarray(codes[chosen]))
        for numbers, codes, chosen in zip((rows.real, rows.synthetic), few[:2], rows.rows, strict=True)
    ]
    if min(side.n for side in sides) < 4:
        return math.nan
    changes, _ = pair_changes(sides[0], sides[1], names=rows.names, code_names=tables.code_names)
    return _mean(abs(math.tanh(one.synthetic.z) - math.tanh(one.real.z)) for one in changes)


def covariance_error(tables: Tables) -> float:
    """Return the Frobenius distance of the covariances over the norm of the real one, in real standard deviations."""
    rows = tables.complete
    varies = rows.real.std(axis=0) > 1e-12 * np.abs(rows.real).max(axis=0, initial=1e-300)
    if not varies.any() or len(rows.synthetic) < 2:
        return math.nan
    real, new = (moments_of(np.ascontiguousarray(side[:, varies])).covariance for side in (rows.real, rows.synthetic))
    scale = np.sqrt(np.diag(real))
    return float(np.linalg.norm((new - real) / np.outer(scale, scale)) / np.linalg.norm(real / np.outer(scale, scale)))


def joint(tables: Tables, seed: int) -> Measures:
    """Return what a classifier tells of synthetic and holdout rows, and the share of the holdout that is covered."""
    found = {"c2st": c2st(tables, seed)}
    whole = Ground(tables, seed, 1).whole
    if whole is not None and whole.holdout is not None:
        covered = coverage(whole.holdout, whole.synthetic, seed=seed, budget=Budget(seconds=5.0))
        found["coverage"] = covered.value - covered.null_center
    return found


def c2st(tables: Tables, seed: int) -> float:
    """Return the AUC of boosted trees on rows that they have not seen, synthetic against holdout."""
    sides = [_finite(side, tables) for side in (tables.holdout, tables.synthetic) if side is not None]
    with _one_core():
        return _mean(classifier_test(sides[0], sides[1], seed=seed * SPLITS + k).value for k in range(SPLITS))


def _finite(side: Table, tables: Tables) -> NDArray[np.float64]:
    """Return rows as the trees can split them: a missing number lies below all others."""
    low = np.nanmin(tables.real.numbers, axis=0, initial=np.inf)
    least = np.where(np.isfinite(low), low - 10.0 * (_spread(tables.real.numbers) + 1.0), 0.0)
    levels = [places[side.codes[:, c]] for c, places in enumerate(_level_places(tables))]
    return np.column_stack([np.where(np.isnan(side.numbers), least, side.numbers), *levels])


def _level_places(tables: Tables) -> list[NDArray[np.float64]]:
    """Return where each level stands for the trees: one that training rows lack at a place that its name decides.

    At the end of the list, where it is kept, its place would say which table it came from.
    """
    known = {column.name: len(column.labels) for column in tables.reference.columns}
    found = []
    for name in tables.code_names:
        labels, size = tables.labels[name], known[name]
        places = np.arange(len(labels), dtype=np.float64)
        for k in range(size, len(labels) - 1):
            places[k] = int(hashlib.sha256(labels[k].encode()).hexdigest()[:8], 16) % (size + 1) - 0.5
        places[-1] = size
        found.append(places)
    return found


def _one_core() -> Any:
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1)


def _c2st_as_given(data: Data, made: pd.DataFrame, rounded: float, seed: int) -> float:
    given = pd.DataFrame({name: as_given(made[name], data.train[name]) for name in data.train})
    numbers = [name for name in data.train if name not in data.discrete]
    same = np.array_equal(given[numbers], on_grid(made, data.train)[numbers].astype(np.float64), equal_nan=True)
    return rounded if same else c2st(aligned(data, given), seed)


def privacy(tables: Tables, seed: int) -> Measures:
    """Return copies, nearness to training rows, membership, exposure of parents, singling out."""
    ground = Ground(tables, seed, 1)
    keys = keys_of([tables.real, tables.synthetic], *(list(range(side)) for side in _widths(tables)))
    found = {"copies": float(np.isin(keys[1], keys[0]).mean())}
    whole, pooled = ground.whole, ground.pooled
    if whole is not None and whole.holdout is not None and pooled is not None:
        share = dcr_share(pooled, seed=seed)
        found |= {"dcr share": share.value, "dcr z": share.statistic}
        known = membership(score_targets(whole.real, whole.holdout, whole.synthetic, seed=seed), seed=seed)
        for attack in ("distance", "density"):
            found[f"membership auc, {attack}"] = _of(known, "membership_auc", attack)
            found[f"membership tpr, {attack}"] = _of(known, "membership", f"{attack}, FPR 0.01")
    exposed = parent_exposure(numeric_of(ground), rows=EXPOSED, seed=seed)
    found["parent exposure"] = _of(exposed, "parent_exposure", "excess")
    alone = singling_out(ground)
    found["singling out"] = _of(alone, "singling_out", "multivariate")
    return found


def _widths(tables: Tables) -> tuple[int, int]:
    return len(tables.names), len(tables.code_names)


def utility(tables: Tables, data: Data, seed: int) -> Measures:
    """Return what boosted trees and a linear model lose that learn from synthetic rows: R2, or AUC and log loss."""
    settings = Settings("quick", "synthetic", 0.05, seed, Budget(), 1)
    findings = prediction_findings(tables, target=data.entry.target, sensitive=(), settings=settings)
    loss = {one.variant: one.value for one in findings if one.metric == "loss_gap" and one.level == "log_loss"}
    gap = {one.variant: one.value for one in findings if one.metric == "tstr_gap"}
    return {
        "tstr gap": gap.get("trees", math.nan),
        "tstr gap, linear": gap.get("linear", math.nan),
        "log loss gap": loss.get("trees", math.nan),
    }


def inference(data: Data, made: pd.DataFrame, seed: int) -> Measures:
    """Return the mean overlap of the intervals of the default model's coefficients, 0 where they are apart."""
    found = _tried(lambda: inference_findings(data.train, made, level="quick", seed=seed, target=data.entry.target))
    return {"interval overlap": _mean(max(0.0, one.value) for one in found if one.metric == "ci_overlap")}


def _tried(work: Callable[[], list[Finding]]) -> list[Finding]:
    """Return no findings where the model of a synthetic table cannot be written, such as for a lost level."""
    from synthmix.errors import SynthmixError

    try:
        return work()
    except SynthmixError:
        return []
