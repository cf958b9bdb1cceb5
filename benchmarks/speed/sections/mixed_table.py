"""A mixed table, from pandas to pandas: synthmix, SDV's Gaussian copula, imbalanced-learn's SMOTENC.

A synthesizer keeps what moves the passes that it has made, so each sample asks for rows that nobody has asked for yet.
"""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import Any

import pandas as pd

from benchmarks.speed.checks import anything, table_like
from benchmarks.speed.peers.call import peer_rows
from benchmarks.speed.settings import Settings
from benchmarks.speed.tables import mixed
from benchmarks.speed.timing import Call, Case, race
from synthmix import MixupSynthesizer

METHODS: dict[str, dict[str, str]] = {
    "defaults": {},
    "pairing nearest": {"pairing": "nearest"},
    "pairing random": {"pairing": "random"},
}


def fit(table: pd.DataFrame, options: dict[str, str]) -> MixupSynthesizer:
    """Return a fitted synthesizer."""
    return MixupSynthesizer(random_state=1, **options).fit(table)  # type: ignore[arg-type]


def next_rows(synthesizer: MixupSynthesizer, rows: int) -> Call:
    """Return a call that samples so many rows, others each time."""
    numbers = count()

    def call() -> pd.DataFrame:
        number = next(numbers)
        table: pd.DataFrame = synthesizer.sample_rows(number * rows, (number + 1) * rows)
        return table

    return call


def our_cases(table: pd.DataFrame, rows: int, kind: str = "") -> list[Case]:
    """Return fit and sample with the defaults, with near and with random groups; `kind` goes into the names."""
    listed = []
    for method, options in METHODS.items():
        listed += [
            Case(
                f"synthmix fit, {method}{kind}",
                lambda options=options: partial(fit, table, options),
                len(table),
                anything,
                "source row",
            ),
            Case(
                f"synthmix sample, {method}{kind}",
                lambda options=options: next_rows(fit(table, options), rows),
                rows,
                table_like(table, rows),
            ),
        ]
    return listed


def measure(settings: Settings) -> dict[str, Any]:
    """Time fit and sample, then the peers in processes of their own."""
    sizes = settings.sizes
    table, rows = mixed(sizes.mixed_in), sizes.mixed_out
    complete = mixed(sizes.mixed_in, holes=False)  # SMOTENC cannot hold missing values
    ours = our_cases(table, rows) + our_cases(complete, rows, ", no holes")
    cases = race(ours, settings.slow_rounds)
    sdv, about_sdv = peer_rows("sdv", "SDV GaussianCopula", table, rows, settings)
    smotenc, about_smotenc = peer_rows("imblearn", "SMOTENC", complete, rows, settings)
    return {"cases": cases + sdv + smotenc, "peers": {"sdv": about_sdv, "imblearn": about_smotenc}}
