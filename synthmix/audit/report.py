"""The report of an audit: the table of all sections, their verdicts, and what could not be concluded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from synthmix.audit.margins import SectionName
from synthmix.drift.tables import Tables
from synthmix.drift.tidy import TidyReport
from synthmix.drift.verdict import Verdict, worst

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, repr=False)
class AuditReport(TidyReport):
    """Whether a synthetic table may be used: fidelity, inference, prediction, privacy.

    Attributes
    ----------
    table : pandas.DataFrame
        One row a number: the columns of :class:`synthmix.drift.DriftReport`, with ``section`` before them. Within a
        section (metric, variant, scope, column, column2, level, null_kind) identifies a row.
    about : dict
        Sizes, level, seed, versions, what was asked, what the budget cut. ``about["open"]`` says for each section why
        it concludes less than it was asked for.
    tables : Tables
        What was compared, for pictures. It holds the real rows; no file that the report writes does.

    Notes
    -----
    No verdict here says that a table is anonymous. "pass" says that the declared numbers lie within their margins.
    Pages hide the names of levels that fewer than five real rows have. The table, the summary and the JSON and Parquet
    files name them.
    """

    tables: Tables

    @property
    def verdicts(self) -> dict[SectionName, Verdict]:
        """The verdict of each section: the worst of its declared metrics, and never "pass" with an open question.

        "na" where nothing was asked of it. Only the sections that were worked on are there.
        """
        return dict(self.about["verdicts"])

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the sections; never an average of scores."""
        return worst(list(self.verdicts.values()))

    def summary(self, rows: int = 12) -> str:
        """Return the verdicts, what is open and what stands out as text of at most about `rows` lines for each part."""
        from synthmix.audit.text import summary

        return summary(self, rows)

    def __str__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        from synthmix.audit.card import audit_card

        return audit_card(self).html()

    def plot(self) -> Figure:
        """Return one figure: every judged number with its interval, its null and its margins."""
        from synthmix.drift.pictures.margins import draw_report

        return draw_report(self, "Audit")

    def to_html(self, path: str | Path, *, command: str = "") -> None:
        """Write a page to a file, whole or not at all. It needs no network and holds no row of any table.

        Pictures show binned counts and quantiles; cells and levels of fewer than five real rows are left out. The
        pictures of attacks are computed when they are drawn.

        Parameters
        ----------
        path : str or Path
        command : str
            What the reader runs to get the same report; by default a call of :func:`synthmix.audit.audit`.
        """
        from synthmix.audit.page import audit_page
        from synthmix.report import write_page

        write_page(path, audit_page(self, command))
