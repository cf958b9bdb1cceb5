"""What a notebook shows of an audit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from synthmix.audit.page import failed_blocks, open_blocks, section_verdicts, subtitle_of
from synthmix.audit.rare import without_rare_levels
from synthmix.report import Card, Verdicts

if TYPE_CHECKING:
    from synthmix.audit.report import AuditReport


def audit_card(report: AuditReport) -> Card:
    """Return the card of an audit: the verdict of each section, what is open, and folded away what stands out.

    It hides the levels that pages hide.
    """
    lines = section_verdicts(report)
    verdicts = Verdicts([replace(row, link="") for row in lines.rows], lines.caption)
    failed = list(failed_blocks(report, without_rare_levels(report.table, report.tables)))
    return Card(
        "Audit",
        [verdicts, *open_blocks(report)],
        subtitle_of(report),
        report.verdict,
        {f"What stands out: {len(report.failures())} numbers": failed},
    )
