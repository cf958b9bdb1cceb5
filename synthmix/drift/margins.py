"""What is tolerated where the user says nothing, and which metrics decide."""

from __future__ import annotations

from synthmix.drift.verdict import INFINITE, Flag, Margin, at_least, at_most, within

SOURCE = (
    "starting values by effect size, not from the literature; they assume 500 rows or more. Set your own: what is "
    "tolerable depends on what the table is for"
)

DEFAULT_MARGINS: dict[str, Margin] = {
    "columns": at_most(0.0, 0.0),
    "columns:dtype": at_most(0.0, 1.0),
    "w1": at_most(0.05, 0.15),
    "tvd": at_most(0.02, 0.10),
    "missing": within(0.02, 0.10),
    "missing_patterns": at_most(0.02, 0.10),
    "tail_log2": within(0.5, 1.0),
    "l_shape": within(0.03, 0.08),
    "var_ratio_range:low": at_least(0.8, 0.5),
    "var_ratio_range:high": at_most(1.25, 2.0),
    "max_dz": at_most(0.10, 0.25),
    "dz": within(0.10, 0.25),
    "energy_coef": Margin((-INFINITE, 2.0), (-INFINITE, 5.0), of="times the null"),
    "coverage": at_least(-0.05, -0.15, of="less the null"),
    "eff_dim": Margin((0.95, 1.05), (0.8, 1.25)),
    "core_tail": within(0.10, 0.25, around=1.0),
}
"""Margins of section 11 of the design of diagnostics; see :data:`SOURCE`."""

DECLARED = (
    "columns",
    "w1",
    "tvd",
    "levels_lost",
    "levels_invented",
    "missing",
    "var_ratio_range",
    "max_dz",
    "core_tail",
)
"""Metrics whose worst verdict is that of a report."""

IMPOSSIBLE = 0.001

FLAGS: dict[str, Flag] = {
    "near_copies": Flag(),
    "holdout_test": Flag(),
    "levels_lost": Flag(IMPOSSIBLE, "pass"),
    "levels_invented": Flag(IMPOSSIBLE, "pass"),
}
"""Numbers without a margin, which warn where their p-value is small: as small as the report's alpha, or .001."""
