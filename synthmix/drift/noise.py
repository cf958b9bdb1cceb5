"""Whose sampling noise a closed form counts, and findings that have no number."""

from __future__ import annotations

from typing import Any, Literal

from synthmix.drift.finding import NAN, Finding, NullKind, Scope
from synthmix.errors import OptionError, did_you_mean

Z95 = 1.959963984540054  # quantiles of the normal law: two-sided 95 %,
ONE_SIDED = 1.6448536269514722  # one-sided 95 %,
POWER80 = 1.2815515655446004  # 80 % power on two sides,
POWER80_ONE_SIDED = 0.8416212335729143  # and on one

Noise = Literal["synthetic", "both"]
"""synthetic: the real table is the target itself, and a perfect generator draws its rows from it.
both: both tables are independent samples of one population, as two honest real samples are."""


def noise_factors(n_real: int, n_synth: int, noise: Noise) -> tuple[float, float]:
    """Return what a variance is multiplied with for each table: (1/n or 0, 1/m).

    Raises
    ------
    OptionError
        For an unknown `noise`.
    """
    if noise not in ("synthetic", "both"):
        raise OptionError(f"noise={noise!r} is not known{did_you_mean(noise, ('synthetic', 'both'))}")
    return (1.0 / n_real if noise == "both" else 0.0), 1.0 / n_synth


def null_of(noise: Noise) -> NullKind:
    """Return the kind of null that a closed form with this noise describes."""
    return "floor" if noise == "both" else "resample"


def absent(metric: str, family: str, scope: Scope, note: str, **what: Any) -> Finding:
    """Return a finding that has no number, and says why."""
    return Finding(metric=metric, family=family, scope=scope, value=NAN, note=note, **what)
