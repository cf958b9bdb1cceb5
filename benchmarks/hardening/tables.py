"""Tables of any mix of columns, gaps and sizes, as hypothesis makes and shrinks them.

hypothesis draws what the columns are, how many rows there are and a seed; the cells come from the seed. So an example
is small, shrinks to few columns, and its values look like data.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

Rng = np.random.Generator
Maker = Callable[[Rng, int], Any]


def _words(rng: Rng, n: int) -> Any:
    return rng.choice(np.array(["", "a", "bb", "é", "x,y", 'q"', "NA", "line\nbreak"], dtype=object), n)


def _moments(rng: Rng, n: int) -> Any:
    return pd.Timestamp("2021-03-28") + pd.to_timedelta(rng.integers(0, 10**6, n), unit="s")


def _category(rng: Rng, n: int) -> Any:
    return pd.Categorical.from_codes(rng.integers(0, 3, n), ["low", "mid", "top", "unused"], ordered=True)


def _zero_inflated(rng: Rng, n: int) -> Any:
    return np.where(rng.random(n) < 0.7, 0.0, rng.gamma(2.0, size=n).round(2))


def _dates(rng: Rng, n: int) -> Any:
    return pd.Series([dt.date(2020, 1, 1) + dt.timedelta(int(i)) for i in rng.integers(0, 400, n)], dtype=object)


# What fit takes.
FINE: dict[str, Maker] = {
    "real": lambda rng, n: rng.normal(size=n),
    "decimals": lambda rng, n: (10 * rng.normal(size=n)).round(2),
    "huge": lambda rng, n: 1e140 * rng.normal(size=n),
    "tiny": lambda rng, n: 1e-140 * rng.normal(size=n),
    "shifted": lambda rng, n: 1e9 + rng.normal(size=n),
    "heavy": lambda rng, n: np.exp(4 * rng.normal(size=n)),
    "zero-inflated": _zero_inflated,
    "whole": lambda rng, n: rng.integers(-5, 60, n),
    "large whole": lambda rng, n: rng.integers(2**52, 2**53, n),
    "uint8": lambda rng, n: rng.integers(0, 256, n).astype(np.uint8),
    "float32": lambda rng, n: rng.normal(size=n).astype(np.float32),
    "Int64": lambda rng, n: pd.array(rng.integers(0, 9, n), "Int64"),
    "Float64": lambda rng, n: pd.array(rng.normal(size=n), "Float64"),
    "bool": lambda rng, n: rng.random(n) < 0.4,
    "boolean": lambda rng, n: pd.array(rng.random(n) < 0.4, "boolean"),
    "text": _words,
    "string": lambda rng, n: pd.array(_words(rng, n), "string"),
    "ordered": _category,
    "unordered": lambda rng, n: pd.Categorical(rng.choice(["u", "v"], n), ["w", "v", "u"]),
    "time": _moments,
    "zoned": lambda rng, n: _moments(rng, n).tz_localize("UTC").tz_convert("Europe/Paris"),
    "duration": lambda rng, n: pd.to_timedelta(rng.integers(0, 9999, n), unit="min"),
    "date": _dates,
    "constant": lambda rng, n: np.full(n, float(rng.integers(0, 9))),
    "constant text": lambda _rng, n: ["k"] * n,
    "missing": lambda _rng, n: np.full(n, np.nan),
}
# What fit refuses, with the column's name in the message.
REFUSED: dict[str, Maker] = {
    "infinite": lambda rng, n: np.where(np.arange(n) == n // 2, np.inf, rng.normal(size=n)),
    "beyond 2**53": lambda rng, n: 2**53 + 1 + rng.integers(0, 2**40, n),
    "beyond squares": lambda rng, n: 1e200 * (1.0 + rng.random(n)),
}
HOLED = frozenset({"real", "decimals", "heavy", "zero-inflated", "Int64", "Float64", "boolean", "text", "string",
                   "ordered", "unordered", "time", "zoned", "duration", "date", "float32"})  # fmt: skip


@dataclass(frozen=True)
class World:
    """A generated table and what is known about it.

    Attributes
    ----------
    table : pandas.DataFrame
    kinds : tuple of str
        What each column is.
    names : "plain", "numbers" or "twice"
        How columns are named; "twice" gives two columns one name.
    """

    table: pd.DataFrame
    kinds: tuple[str, ...]
    names: str

    @property
    def must_be_refused(self) -> bool:
        """Whether no synthesizer can be fitted to it."""
        twice = self.names == "twice" and len(self.kinds) > 1
        return len(self.table) < 2 or not self.kinds or twice or any(kind in REFUSED for kind in self.kinds)


def world(kinds: tuple[str, ...], n: int, seed: int, gaps: float, names: str, *, twins: bool = False) -> World:
    """Return the table of these choices."""
    rng = np.random.Generator(np.random.Philox(key=seed))
    columns: list[Any] = []
    for kind in kinds:
        column = pd.Series((FINE | REFUSED)[kind](rng, n))
        hole = rng.random(n) < gaps
        if kind in HOLED and hole.any() and not hole.all():
            column = column.where(~hole)
        columns.append(column)
    if twins and kinds and kinds[0] == "real":  # a column that is nearly another one
        kinds = (*kinds, "real")
        columns.append(columns[0] + 1e-9 * rng.normal(size=n))
    labels: list[Any] = [f"{kind} {j}" for j, kind in enumerate(kinds)]
    if names == "numbers":
        labels = list(range(3, 3 + len(kinds)))
    elif names == "twice":
        labels[-1:] = labels[:1]
    table = pd.concat(columns, axis=1) if columns else pd.DataFrame(index=range(n))
    table.columns = pd.Index(labels) if labels else table.columns
    return World(table, kinds, names)


def worlds() -> st.SearchStrategy[World]:
    """Return a strategy for tables: most of 2 to 40 rows, some of none, one, or more columns than rows."""
    some = st.lists(st.sampled_from(sorted(FINE)), min_size=1, max_size=6)
    wide = st.lists(st.sampled_from(sorted(FINE)), min_size=15, max_size=30)
    bad = st.tuples(some, st.sampled_from(sorted(REFUSED))).map(lambda pair: [*pair[0], pair[1]])
    numbers = st.lists(st.sampled_from(["real", "heavy", "shifted", "whole", "decimals"]), min_size=2, max_size=4)
    shapes = [some] * 10 + [numbers] * 6 + [wide] * 2 + [bad] * 2 + [st.just([])]
    kinds = st.sampled_from(shapes).flatmap(lambda one: one)
    return st.builds(
        world,
        kinds.map(tuple),
        st.sampled_from([*range(40, 3, -1), 2, 3, 0, 1]),
        st.integers(0, 2**32),
        st.sampled_from([0.0, 0.0, 0.2, 0.7]),
        st.sampled_from(["plain"] * 12 + ["numbers"] * 3 + ["twice"]),
        twins=st.booleans(),
    )


def options() -> st.SearchStrategy[dict[str, Any]]:
    """Return a strategy for options of a synthesizer; the default, chained, a third of the time."""
    chained = st.fixed_dictionaries({"pairing": st.just("chained"), "encoding": st.sampled_from(["normal", "raw"])})
    chosen = st.fixed_dictionaries(
        {
            "weights": st.sampled_from(["rotation", "epbeta", "sphere", "beta", "uniform", "dirichlet", "hybrid"]),
            "pairing": st.sampled_from(["nearest", "random", "cyclic"]),
            "encoding": st.sampled_from(["normal", "raw"]),
            "donor": st.sampled_from(["largest", "squared"]),
            "small_cells": st.sampled_from(["merge", "copy"]),
            "discrete": st.sampled_from(["donor", "donor", "donor", "scores"]),
        }
    )
    rotated = st.fixed_dictionaries(
        {
            "weights": st.just("rotation"),
            "pairing": st.sampled_from(["nearest", "random"]),
            "encoding": st.sampled_from(["normal", "raw"]),
        }
    )
    grid = st.sampled_from(["auto", "source", "source"])
    which = st.sampled_from([st.just({}), st.just({}), chained, chosen, chosen, rotated]).flatmap(lambda one: one)
    return st.builds(lambda one, grid, seed: {**one, "grid": grid, "random_state": seed}, which, grid,
                     st.integers(0, 2**64 - 1))  # fmt: skip
