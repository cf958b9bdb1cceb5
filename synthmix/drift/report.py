"""The report: one tidy table of numbers, each with its interval, its null, its margin and its verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synthmix.drift.finding import Finding
from synthmix.drift.tidy import Adjusted, TidyReport, tidy_table
from synthmix.drift.verdict import Flag, Margin

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, repr=False)
class DriftReport(TidyReport):
    """Drift of a new table from a reference.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a number. Columns are those of :class:`synthmix.drift.finding.Finding`, and ``p_adj``, ``adj_method``,
        ``warn_low``, ``warn_high``, ``fail_low``, ``fail_high``, ``verdict``, ``declared``. (metric, variant, scope,
        column, column2, level, null_kind) identifies a row. ``table.attrs["schema_version"]`` tells the layout.
    about : dict
        Sizes, level, seed, versions, and what the budget cut.
    """

    def summary(self, rows: int = 12) -> str:
        """Return the verdict and what stands out as text of at most about `rows` lines for each part."""
        from synthmix.drift.text import summary

        return summary(self, rows)

    def __str__(self) -> str:
        return self.summary()

    def plot(self) -> Figure:
        """Return one figure: every judged number with its interval, its null and its margins."""
        from synthmix.drift.picture import draw_report

        return draw_report(self)


def make_report(
    findings: Iterable[Finding],
    margins: Mapping[str, Margin],
    declared: Iterable[str],
    about: dict[str, Any],
    adjusted: Mapping[int, Adjusted] | None = None,
    *,
    flags: Mapping[str, Flag] | None = None,
    alpha: float = 0.05,
) -> DriftReport:
    """Put findings into a table and judge each.

    Parameters
    ----------
    findings : iterable of Finding
    margins : mapping of str to Margin
        Metric to margin; ``"metric:variant"`` comes before ``"metric"``. Metrics without one are not judged, nor are
        variants called "raw", whose number less its floor is judged.
    declared : iterable of str
        Metrics that decide the verdict of the report.
    about : dict
    adjusted : mapping of int to Adjusted, optional
        Place of a finding to its adjusted p-values.
    flags : mapping of str to Flag, optional
        Numbers that have no margin and warn where their p-value is small; of a test with parts (scope "joint") the
        first, which is the test itself.
    alpha : float
        Of the report.
    """
    return DriftReport(tidy_table(findings, margins, declared, adjusted, flags=flags, alpha=alpha), about)
