"""Levels that few real rows have stay out of pages: such a level can be a person."""

from __future__ import annotations

import numpy as np
import pandas as pd

from synthmix.drift.pictures.bins import FEWEST
from synthmix.drift.tables import Tables

RARE = "(rare level)"
_NAMED = ("levels_lost", "levels_invented")  # their notes list levels


def without_rare_levels(table: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    """Return the table of a report without the names of levels that fewer than five real rows have.

    Parameters
    ----------
    table : pandas.DataFrame
        Of a report; it is not changed.
    tables : Tables
        What was compared.
    """
    shown = table.copy()
    for column, rare in rare_levels(tables).items():
        mine = (shown["column"] == column) | (shown["column2"] == column)
        shown.loc[mine & shown["level"].isin(rare), "level"] = RARE
        shown.loc[mine & shown["metric"].isin(_NAMED), "note"] = "levels that few rows have are not named here"
        for label in rare:  # a coefficient's name holds its level
            hit = (shown["scope"] == "model") & shown["level"].str.contains(f"[T.{label}]", regex=False)
            shown.loc[hit, "level"] = f"{column} {RARE}"
    return shown


def rare_levels(tables: Tables) -> dict[str, list[str]]:
    """Return for each discrete column the levels that one to four real rows have, where there are any."""
    found = {}
    for place, column in enumerate(tables.code_names):
        labels = tables.labels[column]
        sides = [side.codes[:, place] for side in (tables.real, tables.holdout) if side is not None]
        counts = np.bincount(np.concatenate(sides), minlength=len(labels)).tolist()
        rare = [label for label, count in zip(labels, counts, strict=True) if 0 < count < FEWEST]
        if rare:
            found[column] = rare
    return found
