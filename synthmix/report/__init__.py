"""Pages and pictures of results: building blocks that compute nothing and know no result."""

from __future__ import annotations

from synthmix.report.blocks import Command, Facts, Judged, Picture, Table, Text, Verdicts
from synthmix.report.card import Card
from synthmix.report.page import Page, Section, write_page
from synthmix.report.sparkline import Range

__all__ = [
    "Card",
    "Command",
    "Facts",
    "Judged",
    "Page",
    "Picture",
    "Range",
    "Section",
    "Table",
    "Text",
    "Verdicts",
    "write_page",
]
