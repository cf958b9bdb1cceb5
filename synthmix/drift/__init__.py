"""How far a new table is from a reference: numbers that carry their null, their interval and their doubt."""

from __future__ import annotations

from synthmix.drift.compare import drift_report
from synthmix.drift.finding import Finding
from synthmix.drift.joint.budget import Budget
from synthmix.drift.margins import DECLARED, DEFAULT_MARGINS
from synthmix.drift.reference import Reference
from synthmix.drift.report import DriftReport
from synthmix.drift.verdict import Margin, at_least, at_most, within

__all__ = [
    "DECLARED",
    "DEFAULT_MARGINS",
    "Budget",
    "DriftReport",
    "Finding",
    "Margin",
    "Reference",
    "at_least",
    "at_most",
    "drift_report",
    "within",
]
