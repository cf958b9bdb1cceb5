"""What is tolerated in predictions where the user says nothing, and which metrics decide."""

from __future__ import annotations

from synthmix.drift.verdict import Flag, Margin, at_least, at_most

DEFAULT_MARGINS: dict[str, Margin] = {
    "tstr_gap": at_most(0.01, 0.05),
    "worst_group": at_most(0.02, 0.10),
    "rank_agreement": at_least(0.7, 0.3),
    "demographic_parity": at_most(0.05, 0.10),
    "equalised_odds": at_most(0.05, 0.10),
}
DECLARED = ("tstr_gap",)
FLAGS: dict[str, Flag] = {}
