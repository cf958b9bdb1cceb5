"""Colours of pages and pictures: those of Okabe and Ito, which most colour-blind readers can tell apart.

Each has a name, a value on paper and a lighter one on a dark screen. Pictures are drawn in the values for paper; inside
a page every value becomes a variable of the style sheet, so that one picture serves both.
"""

from __future__ import annotations

INK, PAPER, GRID, FAINT = "#1c2733", "#ffffff", "#d5dbe1", "#8794a1"
BLUE, ORANGE, GREEN, VERMILLION, PURPLE, SKY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9"

DARK = {
    "ink": (INK, "#e4e9ee"),
    "paper": (PAPER, "#14191f"),
    "grid": (GRID, "#38424d"),
    "faint": (FAINT, "#93a0ad"),
    "blue": (BLUE, "#4aa3e0"),
    "orange": (ORANGE, "#f0b432"),
    "green": (GREEN, "#2fc49b"),
    "vermillion": (VERMILLION, "#f58540"),
    "purple": (PURPLE, "#e2a0c6"),
    "sky": (SKY, "#8fd2f7"),
}
"""Name to the colour on paper and the one on a dark screen."""

REAL, SYNTHETIC = FAINT, VERMILLION
"""Of real and of synthetic rows, in every picture."""

VERDICTS = {"pass": GREEN, "inconclusive": SKY, "warn": ORANGE, "fail": VERMILLION, "na": FAINT}
MARKS = {"pass": "o", "inconclusive": "s", "warn": "^", "fail": "X", "na": "."}
SIGNS = {"pass": "✓", "inconclusive": "?", "warn": "▲", "fail": "✕", "na": "–",
         "exact": "✓", "in expectation": "≈", "not preserved": "✕"}  # fmt: skip
"""A colour, a mark in pictures and a sign in text for each verdict; no verdict is told by its colour alone.
The words of certificates have signs as well."""

LINES: tuple[tuple[str, str], ...] = (
    (BLUE, "o"),
    (VERMILLION, "s"),
    (GREEN, "^"),
    (PURPLE, "D"),
    (ORANGE, "v"),
    (SKY, "P"),
    (INK, "X"),
)
"""Colour and mark of the first, second, ... series of a picture; dashes are left for predictions."""


def variables(dark: bool) -> str:
    """Return the colours as variables of a style sheet."""
    return "".join(f"--{name}:{values[dark]};" for name, values in DARK.items())
