"""What becomes of a table when a generator is fitted to its own output, generation after generation."""

from __future__ import annotations

from synthmix.collapse.generators import (
    Bootstrap,
    Density,
    FitSample,
    Function,
    GaussianRefit,
    Generator,
    IndependentColumns,
    Made,
    Mixup,
    resolve_generator,
)
from synthmix.collapse.regimes import (
    Accumulate,
    AccumulateSubsample,
    FixedShare,
    Regime,
    Replace,
    Weighted,
    Window,
    resolve_regime,
)
from synthmix.collapse.result import CollapseResult
from synthmix.collapse.study import CollapseStudy

__all__ = [
    "Accumulate",
    "AccumulateSubsample",
    "Bootstrap",
    "CollapseResult",
    "CollapseStudy",
    "Density",
    "FitSample",
    "FixedShare",
    "Function",
    "GaussianRefit",
    "Generator",
    "IndependentColumns",
    "Made",
    "Mixup",
    "Regime",
    "Replace",
    "Weighted",
    "Window",
    "resolve_generator",
    "resolve_regime",
]
