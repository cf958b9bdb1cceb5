"""What a notebook shows of a drift report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from synthmix.drift.page import failed_blocks, verdicts_of
from synthmix.report import Card, Verdicts

if TYPE_CHECKING:
    from synthmix.drift.report import DriftReport


def drift_card(report: DriftReport) -> Card:
    """Return the card of a report: the verdict of each declared metric, and folded away what stands out."""
    about, lines = report.about, verdicts_of(report.table)
    rows = [replace(row, link="") for row in lines.rows if row.verdict != "na"]
    return Card(
        "Drift",
        [Verdicts(rows, lines.caption)],
        f"{about.get('n_real', 0):,} reference rows, {about.get('n_synth', 0):,} new rows",
        report.verdict,
        {f"What stands out: {len(report.failures())} numbers": list(failed_blocks(report))},
    )
