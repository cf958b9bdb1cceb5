"""How the table that the next generation is made from is put together from real and made rows."""

from __future__ import annotations

from synthmix.collapse.regimes.accumulate import Accumulate, AccumulateSubsample, Replace, Window
from synthmix.collapse.regimes.base import Batch, Real, Regime, State
from synthmix.collapse.regimes.real import FixedShare, Weighted
from synthmix.collapse.regimes.resolve import resolve_regime

__all__ = [
    "Accumulate",
    "AccumulateSubsample",
    "Batch",
    "FixedShare",
    "Real",
    "Regime",
    "Replace",
    "State",
    "Weighted",
    "Window",
    "resolve_regime",
]
