"""What a page is made of: text, tables, verdicts, pictures, commands. They hold results and compute none."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from synthmix.report.numbers import number_text
from synthmix.report.sparkline import Range, sparkline

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Text:
    """Paragraphs, separated by empty lines.

    Attributes
    ----------
    text : str
        Plain text; everything in it is shown as it stands.
    tone : {"plain", "note", "warning"}
        Notes stand apart, warnings too and say so in a word.
    """

    text: str
    tone: Literal["plain", "note", "warning"] = "plain"

    @property
    def paragraphs(self) -> list[str]:
        """The paragraphs."""
        return [part.strip() for part in self.text.split("\n\n") if part.strip()]


@dataclass(frozen=True)
class Cell:
    """A cell of a table: what is shown, the number that it is sorted by as scripts read it, its verdict."""

    text: str
    number: str = ""
    badge: str = ""


@dataclass(frozen=True, eq=False)
class Table:
    """A table that a reader can sort and filter.

    Attributes
    ----------
    frame : pandas.DataFrame
    caption : str
        What the table shows; screen readers say it first.
    labels : mapping of str to str
        Column to its heading, where the name is not one.
    badges : sequence of str
        Columns whose cells are verdicts.
    digits : int
        Significant digits of numbers.
    filterable : bool
        Offer a box that hides the rows without a text.
    most : int
        Rows that are shown; a line says how many are left out.
    """

    frame: pd.DataFrame
    caption: str
    labels: Mapping[str, str] = field(default_factory=dict)
    badges: Sequence[str] = ("verdict",)
    digits: int = 3
    filterable: bool = False
    most: int = 400

    @property
    def headings(self) -> list[tuple[str, bool]]:
        """Heading of each column, and whether it holds numbers."""
        from pandas.api.types import is_bool_dtype, is_numeric_dtype

        return [
            (self.labels.get(str(name), str(name)), is_numeric_dtype(kind) and not is_bool_dtype(kind))
            for name, kind in self.frame.dtypes.items()
        ]

    @property
    def rows(self) -> list[list[Cell]]:
        """Cells of the rows that are shown."""
        shown = self.frame.head(self.most)
        columns = [
            [self._cell(value, str(name) in self.badges) for value in shown[name].tolist()] for name in self.frame
        ]
        return [list(cells) for cells in zip(*columns, strict=True)]

    @property
    def left_out(self) -> int:
        """Rows that are not shown."""
        return max(0, len(self.frame) - self.most)

    def _cell(self, value: Any, badge: bool) -> Cell:
        from pandas import NA

        if value is None or value is NA:
            return Cell("–")
        if isinstance(value, bool | np.bool_):
            return Cell("yes" if value else "no")
        if isinstance(value, int | float | np.number):
            return Cell(
                number_text(value if isinstance(value, int) else float(value), self.digits), _for_scripts(float(value))
            )
        text = str(value)
        return Cell(text, badge=text if badge else "")


def _for_scripts(value: float) -> str:
    """Return a number to sort by: nine digits tell apart what a reader may, and make pages smaller."""
    if math.isnan(value):
        return ""
    return f"{value:.9g}" if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One line of a table of verdicts.

    Attributes
    ----------
    name : str
        What was judged.
    verdict : str
        "pass", "inconclusive", "warn", "fail" or "na".
    range : Range, optional
        The number, its interval and its margins; shown as a small line.
    note : str
        Why, in a few words.
    link : str
        Id of the section that says more.
    """

    name: str
    verdict: str
    range: Range | None = None
    note: str = ""
    link: str = ""

    @property
    def line(self) -> str:
        """The small line as SVG, "" where there is no number or no margin."""
        return sparkline(self.range) if self.range is not None and self.range.tolerated else ""


@dataclass(frozen=True)
class Verdicts:
    """A table of verdicts, each with its number, interval and margins as a small line."""

    rows: Sequence[Judged]
    caption: str = "Verdicts"


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure with what a reader needs who cannot see it.

    Attributes
    ----------
    figure : matplotlib.figure.Figure
    title : str
    alt : str
        What the picture shows, in words and numbers.
    caption : str
        How to read it.
    table : Table, optional
        The numbers behind it, folded away.
    """

    figure: Figure
    title: str
    alt: str
    caption: str = ""
    table: Table | None = None


@dataclass(frozen=True)
class Command:
    """A command or code that a reader can copy."""

    code: str
    label: str = "How to reproduce this"


@dataclass(frozen=True)
class Facts:
    """Names and values, such as sizes, versions and hashes."""

    facts: Mapping[str, object]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Names and values as text."""
        return [(str(name), _fact(value)) for name, value in self.facts.items()]


def _fact(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_fact(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_fact, value)) or "none"
    return str(value)


Block: TypeAlias = Text | Table | Verdicts | Picture | Command | Facts
