"""Fit and sample with the defaults, as many rows as the source has, beside SDV's Gaussian copula."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from benchmarks.real_tables import data_folder
from benchmarks.speed.checks import table_like
from benchmarks.speed.peers.call import as_frame, peer_rows
from benchmarks.speed.sections import limits
from benchmarks.speed.settings import Settings
from benchmarks.speed.timing import Case, Row, not_available, race
from synthmix import MixupSynthesizer

ADULT, NUMBERS = "adult", "numbers"


def synthesized(table: pd.DataFrame) -> pd.DataFrame:
    """Return as many synthetic rows of a table as it has."""
    made: pd.DataFrame = MixupSynthesizer(random_state=1).fit(table).sample(len(table))
    return made


def measure(settings: Settings) -> dict[str, Any]:
    """Time both tables in one race, then the peer in processes of its own."""
    tables = {NUMBERS: as_frame(limits.source(settings.sizes, "float64"))}
    path = data_folder() / "adult.csv"
    if path.is_file():
        tables[ADULT] = pd.read_csv(path, nrows=settings.sizes.rows_in)
    cases = [
        Case(
            f"synthmix, {name}",
            lambda table=table: partial(synthesized, table),
            len(table),
            table_like(table, len(table)),
        )
        for name, table in tables.items()
    ]
    rows: list[Row] = race(cases, settings.slow_rounds)
    if ADULT not in tables:
        names = (f"synthmix, {ADULT}", *(f"SDV GaussianCopula, {ADULT}, {part}" for part in ("fit", "sample")))
        rows += [not_available(name, f"no {path}") for name in names]
    peers = {}
    for name, table in tables.items():
        theirs, peers[name] = peer_rows("sdv", f"SDV GaussianCopula, {name},", table, len(table), settings)
        rows += theirs
    return {"cases": rows, "peers": peers, "rows": {name: len(table) for name, table in tables.items()}}
