"""What is tolerated of an analyst's results where the user says nothing, and which metrics decide."""

from __future__ import annotations

from synthmix.drift.verdict import Flag, Margin, at_least, at_most, within

DEFAULT_MARGINS: dict[str, Margin] = {
    "coef_shift": within(3.0, 6.0),
    "sign_agreement": at_least(-0.15, -0.35, of="less the null"),
    "significance_agreement": at_least(-0.15, -0.35, of="less the null"),
    "pmse:logistic": at_most(3.0, 10.0, of="times the null"),
    "pmse:tree": at_most(1.3, 2.0, of="times the null"),
}
"""Starting values by effect size, not from the literature but for the 3 and 10 of pMSE, which are its folklore.

A shift of 3 standard errors of the real fit is about the least that a perfect generator can be certified for with as
many rows as the real table has: its own noise is one standard error.
"""

DECLARED = ("coef_shift", "sign_agreement", "significance_agreement", "pmse")
"""Metrics whose worst verdict is that of the inference section. Overlap is the shift once more and counts once."""

FLAGS: dict[str, Flag] = {"lack_of_fit": Flag()}
