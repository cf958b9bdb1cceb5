"""The closed forms for the cells of a study, in the shape of its trajectories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

COLUMNS = (
    "generator", "regime", "n", "draw", "generation", "rows", "metric", "variant", "column", "value", "kind",
    "statistic", "always",
)  # fmt: skip
COMPLETE = "complete rows"
"""Kind of the laws that gaps of the table touch."""
_BESIDE = {"kurtosis": ("pooled_kurtosis",)}  # has a law for every number of rows
_DISCRETE = ("heterozygosity", "levels", "rare_survival", "entropy", "ancestors")
_OF_LEVELS = ("heterozygosity", "levels", "rare_survival", "entropy")


@dataclass(frozen=True)
class _Said:
    """A generator or regime as far as laws look at it: by what it says of itself."""

    said: Mapping[str, Any]

    def describe(self) -> Mapping[str, Any]:
        return self.said


def predicted_of(manifest: Mapping[str, Any], trajectories: pd.DataFrame) -> pd.DataFrame:
    """Return the path of every law that holds for a cell, with what it is a law of.

    `kind` ("exact" for every number of rows, "large n", or "complete rows"), `statistic` (of the metric over chains:
    "mean", "mean square" for the shift of a mean, "ratio" for the kurtosis where each chain counts by its squared
    variance) and `always` (whether each chain has the value in every draw) are those of
    :class:`synthmix.collapse.laws.Law`. The laws of numbers are about tables without gaps: rows with the same gaps are
    mixed among themselves, so that what lies between such groups does not shrink. Where generation 0 has gaps the laws
    that they touch are of kind "complete rows", unless they hold in every draw.

    Parameters
    ----------
    manifest : dict
        Of the study.
    trajectories : pandas.DataFrame
        Its numbers: those of generation 0 are what the laws start from.
    """
    start = trajectories[(trajectories["generation"] == 0) & (trajectories["chain"] == 0)]
    start = start[start["variant"] == ""]
    keys = ["generator", "regime", "n", "draw", "rows"]
    rows = [row for cell, numbers in start.groupby(keys, sort=False) for row in _rows(manifest, cell, numbers)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(manifest: Mapping[str, Any], cell: Any, numbers: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    from synthmix.collapse.laws.predict import law_of

    generator, regime, n, draw, kind = cell
    study = manifest["study"]
    about = _Said(study["generators"][generator]), _Said(study["regimes"][regime])
    shapes = numbers[numbers["metric"] == "kurtosis"]
    kurtosis = dict(zip(shapes["column"].astype(str), shapes["value"].astype(float), strict=True))
    counts = manifest["starts"][f"{n}/{draw}"]
    which: Literal["new", "pool"] = "pool" if kind == "pool" else "new"
    gaps = set(shapes.loc[shapes["count"] < n, "column"])
    mixes = study["generators"][generator]["kind"] == "mixup"
    for metric, column, value in numbers[["metric", "column", "value"]].itertuples(index=False):
        begin = _begin(metric, column, float(value), kurtosis, counts)
        for word in (metric, *_BESIDE.get(metric, ())):
            law = law_of(*about, word, n=n, generations=study["generations"], start=begin, rows=which)
            if law is None:
                continue
            touched = metric not in _DISCRETE and bool(gaps) and (mixes or column in gaps or not column)
            holds = COMPLETE if touched and not law.always else law.kind
            place, said = (kind, word, "", column), (holds, law.statistic, law.always)
            for generation, one in enumerate(np.asarray(law.path, np.float64)):
                yield generator, regime, n, draw, generation, *place, float(one), *said


def _begin(
    metric: str, column: str, value: float, kurtosis: Mapping[str, float], counts: Mapping[str, list[int]]
) -> dict[str, Any]:
    """Return what a law may ask of generation 0."""
    begin: dict[str, Any] = {"columns": len(kurtosis)}
    if column in kurtosis:
        begin["kurtosis"] = kurtosis[column]
    if metric in _OF_LEVELS:
        begin["counts"] = counts.get(column, [copies for one in counts.values() for copies in one])
    if metric == "entropy":
        begin["entropy"] = value
    return begin
