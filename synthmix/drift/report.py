"""The report: one tidy table of numbers, each with its interval, its null, its margin and its verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthmix.drift.finding import Finding
from synthmix.drift.tidy import Adjusted, TidyReport, tidy_table
from synthmix.drift.verdict import Flag, Margin
from synthmix.errors import OptionError

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

    def _repr_html_(self) -> str:
        from synthmix.drift.card import drift_card

        return drift_card(self).html()

    def plot(self) -> Figure:
        """Return one figure: every judged number with its interval, its null and its margins."""
        from synthmix.drift.pictures.margins import draw_report

        return draw_report(self)

    def to_html(
        self, path: str | Path, real: Any = None, synthetic: Any = None, *, schema: Mapping[str, str] | None = None,
        command: str = "",
    ) -> None:  # fmt: skip
        """Write the report as one page that needs no network, whole or not at all; equal reports give equal bytes.

        Parameters
        ----------
        path : path
        real, synthetic : tables, optional
            What was compared; with both the page also draws columns, associations, components and radii. It holds no
            row of them: bins and levels of fewer than five rows are left out. The labels of lost and invented levels
            are in its tables, as in the report's own.
        schema : mapping of str to str, optional
            Kinds of columns, as :func:`drift_report` got them.
        command : str
            How to make the report again, for readers to copy.

        Raises
        ------
        OptionError
            When one of the two tables is missing.
        FileError
            When the file cannot be written.
        """
        from synthmix.drift.page import drift_page
        from synthmix.drift.reference import Reference
        from synthmix.drift.tables import align
        from synthmix.report import write_page

        tables = None
        if real is not None or synthetic is not None:
            if real is None or synthetic is None:
                raise OptionError("to_html: give both tables, real and synthetic, or neither")
            reference = real if isinstance(real, Reference) else Reference.of(real, schema)
            tables = align(reference, synthetic)
        write_page(path, drift_page(self, tables, command))


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
