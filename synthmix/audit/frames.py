"""Tables in their common form as pandas frames, for formulas: numbers as numbers, levels as text."""

from __future__ import annotations

import numpy as np
import pandas as pd

from synthmix.drift.tables import Table, Tables


def frame_of(tables: Tables, rows: Table) -> pd.DataFrame:
    """Return the rows of one table, in the order of the reference's columns.

    Levels are text whatever their storage is, missing ones None; times are numbers in the units of the reference. All
    tables read alike, and the order of rows is one that only their values decide.
    """
    columns: dict[str, np.ndarray] = {}
    for column in tables.reference.columns:
        if column.name in tables.names:
            columns[column.name] = rows.numbers[:, tables.names.index(column.name)]
        elif column.name in tables.code_names:
            labels = np.array([*tables.labels[column.name][:-1], None], object)
            columns[column.name] = labels[rows.codes[:, tables.code_names.index(column.name)]]
    return pd.DataFrame(columns)
