"""Findings as one tidy table with margins and verdicts, and what every report does with its table."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synthmix.drift.finding import COLUMNS, Finding
from synthmix.drift.noise import Z95
from synthmix.drift.verdict import Flag, Margin, Verdict, judge, rows_needed, worst
from synthmix.io.atomic import atomic_write

SCHEMA_VERSION = 1
_LABELS = (
    "metric", "family", "scope", "variant", "column", "column2", "level", "unit", "better", "ci_method", "null_kind",
    "method", "verdict", "adj_method",
)  # fmt: skip
_COUNTS = ("n_real", "n_synth", "n_perm", "seed")
_IDENTITY = ["metric", "variant", "scope", "column", "column2", "level", "null_kind"]
_MARGINS = ("warn_low", "warn_high", "fail_low", "fail_high")


@dataclass(frozen=True)
class Adjusted:
    """A p-value adjusted for its family: `p` keeps the family-wise error, `q` the rate of false discoveries."""

    p: float
    q: float
    method: str


_UNADJUSTED = Adjusted(math.nan, math.nan, "")


@dataclass(frozen=True, eq=False, repr=False)
class TidyReport:
    """A table with one row a number, and the verdict on its declared metrics.

    Attributes
    ----------
    table : pandas.DataFrame
    about : dict
        Sizes, level, seed, versions, and what the budget cut.
    """

    table: pd.DataFrame
    about: dict[str, Any]

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the declared metrics; never an average of scores."""
        return worst(list(self.table.loc[self.table["declared"], "verdict"]))

    def failures(self) -> pd.DataFrame:
        """Return the rows that failed or warned, failures first, those farthest beyond their margin first."""
        chosen = self.table[self.table["verdict"].isin(["fail", "warn"])]
        excess = [_excess(row) for row in chosen.to_dict("records")]
        order = np.lexsort((-np.asarray(excess, dtype=float), (chosen["verdict"] != "fail").to_numpy()))
        return chosen.iloc[order].reset_index(drop=True)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.verdict}, {len(self.table)} numbers>"

    def to_json(self, path: str | Path | None = None) -> str:
        """Return the report as JSON, and write it to `path` whole or not at all. Numbers that are missing are null.

        Equal inputs and seeds give equal bytes. The file names levels that few rows have, which pages hide: protect it
        like the data.
        """
        rows = [{name: _plain(value) for name, value in row.items()} for row in self.table.to_dict("records")]
        content = {"schema_version": SCHEMA_VERSION, "verdict": self.verdict, "about": self.about, "rows": rows}
        text = json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n"
        if path is not None:
            with atomic_write(path) as stream:
                stream.write(text.encode())
        return text

    def to_parquet(self, path: str | Path) -> None:
        """Write the table to a Parquet file, whole or not at all; `about` travels as metadata of the schema.

        The file names levels that few rows have, which pages hide: protect it like the data.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        arrow = pa.Table.from_pandas(self.table, preserve_index=False)
        own = {b"synthmix.about": json.dumps(self.about).encode(), b"synthmix.schema": str(SCHEMA_VERSION).encode()}
        with atomic_write(path) as stream:
            pq.write_table(arrow.replace_schema_metadata({**(arrow.schema.metadata or {}), **own}), stream)


def tidy_table(
    findings: Iterable[Finding],
    margins: Mapping[str, Margin],
    declared: Iterable[str],
    adjusted: Mapping[int, Adjusted] | None = None,
    *,
    flags: Mapping[str, Flag] | None = None,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Put findings into a table and judge each; the parameters are those of :func:`synthmix.drift.report.make_report`.

    Raises
    ------
    ValueError
        When two findings have the same identity.
    """
    declared_names, changes, flagged = set(declared), adjusted or {}, dict(flags or {})
    rows = []
    for place, finding in enumerate(findings):
        margin = _margin_of(finding, margins)
        change = changes.get(place, _UNADJUSTED)
        bounds = (*margin.warn, *margin.fail) if margin else (math.nan,) * 4
        verdict = judge(finding, margin)
        if finding.metric in flagged:
            verdict = flagged[finding.metric].judge(finding, alpha)
            if finding.scope == "joint":
                del flagged[finding.metric]
        rows.append(
            {
                **asdict(finding),
                "effect_z": _effect(finding),
                "p_adj": change.p,
                "q_value": change.q,
                "adj_method": change.method,
                **dict(zip(_MARGINS, bounds, strict=True)),
                "verdict": verdict,
                "n_needed": rows_needed(finding, margin) if verdict == "inconclusive" else math.nan,
                "declared": finding.metric in declared_names,
            }
        )
    return _typed(rows)


def _margin_of(finding: Finding, margins: Mapping[str, Margin]) -> Margin | None:
    """Return the margin of a finding in terms of its value."""
    if finding.variant == "raw":
        return None
    margin = margins.get(f"{finding.metric}:{finding.variant}", margins.get(finding.metric))
    return margin.at(finding) if margin else None


def _effect(finding: Finding) -> float:
    """Return how many standard deviations of its null a number lies from the null's centre."""
    width = (finding.null_high - finding.null_low) / (2.0 * Z95)
    return (finding.value - finding.null_center) / width if width > 0.0 else math.nan


def _typed(rows: list[dict[str, Any]]) -> pd.DataFrame:
    names = [*COLUMNS, "effect_z", "p_adj", "q_value", "adj_method", *_MARGINS, "verdict", "n_needed", "declared"]
    table = pd.DataFrame(rows, columns=names)
    for name in names:
        if name in _LABELS:
            table[name] = table[name].astype("str")
        elif name in _COUNTS:
            table[name] = table[name].astype("int64")
        elif name not in ("note", "declared"):
            table[name] = table[name].astype("float64")
    repeated = table.duplicated(_IDENTITY)
    if repeated.any():
        raise ValueError(f"two findings have the same identity: {table.loc[repeated, _IDENTITY].iloc[0].to_dict()}")
    table.attrs["schema_version"] = SCHEMA_VERSION
    return table


def _excess(row: Mapping[Any, Any]) -> float:
    """Return how many fail margins the interval's nearer end lies outside of the warn margin."""
    low, high = (row["value"], row["value"]) if math.isnan(row["ci_low"]) else (row["ci_low"], row["ci_high"])
    beyond = max(low - row["warn_high"], row["warn_low"] - high, 0.0)
    width = min(
        (gap for gap in (row["fail_high"] - row["warn_high"], row["warn_low"] - row["fail_low"]) if gap > 0),
        default=1.0,
    )
    return float(beyond / width)


def _plain(value: Any) -> Any:
    """Return a JSON-able value; infinite margins become text, NaN becomes None."""
    if isinstance(value, float | np.floating):
        if math.isnan(value):
            return None
        return float(value) if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")
    return value.item() if isinstance(value, np.generic) else value
