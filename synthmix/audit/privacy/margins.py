"""What is tolerated where the user says nothing, which numbers decide, and which only raise an alarm."""

from __future__ import annotations

from synthmix.drift.verdict import INFINITE, Flag, Margin, at_most

SOURCE = (
    "starting values, not from the literature. One percent of the people in a table may be too many: decide with those "
    "who answer for them"
)

DEFAULT_MARGINS: dict[str, Margin] = {
    "membership:distance, FPR 0.01": at_most(0.02, 0.05),
    "membership:density, FPR 0.01": at_most(0.02, 0.05),
    "membership:distance, FPR 0.001": at_most(0.01, 0.02),
    "membership:density, FPR 0.001": at_most(0.01, 0.02),
    "membership_auc:distance": at_most(0.70, 0.70),
    "membership_auc:density": at_most(0.70, 0.70),
    "parent_exposure:excess": at_most(0.01, 0.01),
    "parent_exposure:excess, normal scores": at_most(0.01, 0.01),
    "collinear_triples:rows": at_most(0.01, 0.01),
    "collinear_triples:rows, normal scores": at_most(0.01, 0.01),
    "lattice": at_most(0.01, 0.01),
    "duplicates:all columns": at_most(0.01, 0.01),
    "duplicates:tolerance": at_most(0.01, 0.01),
    "duplicates:quasi-identifiers": at_most(0.05, 0.10),
    "replicated_uniques:": at_most(0.01, 0.01),
    "attribute:excess": at_most(0.02, 0.05),
    "attribute:residual": at_most(0.05, 0.10),
    "singling_out": at_most(0.05, 0.10),
    "linkability": at_most(0.05, 0.10),
    "max_weight": Margin((-INFINITE, 0.05), (-INFINITE, INFINITE)),
}
"""A share of one percent is the least that a few hundred attacked rows can certify; "max_weight" only warns.

An area of .70 is what normal scores of equal spread have that find .056 of the members at a false positive rate of 1 %:
a holdout that is too small for such rates still tells a table that gives its rows away.
"""

DECLARED = ("membership", "membership_auc", "parent_exposure", "collinear_triples", "lattice", "duplicates")
"""Membership and reconstruction decide; distances are screens."""

FLAGS: dict[str, Flag] = {"dcr_share": Flag(), "nndr": Flag()}
"""Screens: they warn where their p-value is small, and a large one clears nobody."""
