"""Tables without gaps and constants, for methods that can hold neither, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

MISSING = "(missing)"
FLAG = " (missing)"


@dataclass(frozen=True, eq=False)
class Filled:
    """A table in which nothing is missing and every column varies.

    Missing is a level of text columns. Numbers get the median, and a column of flags that says where: so the pattern of
    missing values is data that the method has to learn.
    """

    table: pd.DataFrame
    constants: dict[str, object]
    columns: tuple[str, ...]

    @property
    def discrete(self) -> list[str]:
        """Columns of levels, the flags among them."""
        return [name for name in self.table if not pd.api.types.is_numeric_dtype(self.table[name].dtype)]

    def put_back(self, made: pd.DataFrame) -> pd.DataFrame:
        """Return a synthetic table in the columns of the original."""
        out = {}
        for name in self.columns:
            if name in self.constants:
                out[name] = pd.Series([self.constants[name]] * len(made))
                continue
            values = made[name].reset_index(drop=True)
            flag = f"{name}{FLAG}"
            if flag in made:
                values = values.astype("float64").mask(made[flag].reset_index(drop=True).astype(str) == "yes")
            elif name in self.discrete:
                values = values.astype(object).where(values.astype(str) != MISSING, None)
            out[name] = values
        return pd.DataFrame(out)


def fill(table: pd.DataFrame) -> Filled:
    """Fill gaps and take constant columns out."""
    parts, constants = {}, {}
    for name in table:
        values, gaps = table[name], table[name].isna()
        if values.duplicated().iloc[1:].all():
            constants[str(name)] = values.iloc[0]
        elif not pd.api.types.is_numeric_dtype(values.dtype):
            parts[name] = values.where(~gaps, MISSING)
        else:
            parts[name] = values.fillna(values.median()) if gaps.any() else values
            if gaps.any():
                parts[f"{name}{FLAG}"] = pd.Series(np.where(gaps, "yes", "no"), dtype=object)
    return Filled(pd.DataFrame(parts), constants, tuple(map(str, table)))
