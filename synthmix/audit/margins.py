"""The margins of all sections, and which metrics decide each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from synthmix.audit.prediction import margins as prediction
from synthmix.audit.privacy import margins as privacy
from synthmix.drift import margins as fidelity
from synthmix.drift.verdict import Flag, Margin, resolve_margins
from synthmix.inference import margins as inference

SectionName = Literal["fidelity", "inference", "prediction", "privacy"]
SECTIONS: tuple[SectionName, ...] = get_args(SectionName)

SOURCE = f"{fidelity.SOURCE}. Of privacy: one percent of the people in a table may be too many"


@dataclass(frozen=True)
class Rules:
    """How the numbers of a section are judged.

    Attributes
    ----------
    margins : mapping of str to Margin
    declared : tuple of str
        Metrics whose worst verdict is that of the section.
    flags : mapping of str to Flag
    """

    margins: Mapping[str, Margin]
    declared: tuple[str, ...]
    flags: Mapping[str, Flag]


RULES: dict[SectionName, Rules] = {
    "fidelity": Rules(fidelity.DEFAULT_MARGINS, fidelity.DECLARED, fidelity.FLAGS),
    "inference": Rules(inference.DEFAULT_MARGINS, inference.DECLARED, inference.FLAGS),
    "prediction": Rules(prediction.DEFAULT_MARGINS, prediction.DECLARED, prediction.FLAGS),
    "privacy": Rules(privacy.DEFAULT_MARGINS, privacy.DECLARED, privacy.FLAGS),
}
DEFAULT_MARGINS: dict[str, Margin] = {name: margin for one in RULES.values() for name, margin in one.margins.items()}
"""Margins of all sections; no two sections have a metric in common."""
DECLARED: dict[SectionName, tuple[str, ...]] = {section: one.declared for section, one in RULES.items()}
"""The metrics that decide each section."""


def rules_with(margins: Mapping[str, Margin | float] | None) -> dict[SectionName, Rules]:
    """Return the rules with the user's margins in the place of the defaults.

    Raises
    ------
    OptionError
        For an unknown metric or a margin that is none.
    """
    found = resolve_margins(DEFAULT_MARGINS, margins)
    return {
        section: Rules({name: found[name] for name in one.margins}, one.declared, one.flags)
        for section, one in RULES.items()
    }
