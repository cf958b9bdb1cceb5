"""Regimes that look back: the last generation alone, all of them, a sample of all, the last few."""

from __future__ import annotations

import numbers
from dataclasses import dataclass
from typing import Any, ClassVar

from synthmix.collapse.regimes.base import Batch, Real, Regime, State, stacked
from synthmix.errors import OptionError


@dataclass(frozen=True)
class Replace(Regime):
    """P_g = N_g: every generation is made from the one before, and nothing else."""

    pool_is_new: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """Return "replace"."""
        return "replace"

    def step(self, state: State, new: Batch, real: Real) -> State:  # noqa: ARG002
        """Return the new rows as the pool."""
        return State(new)

    def describe(self) -> dict[str, Any]:
        """Return the kind."""
        return {"kind": "replace"}


@dataclass(frozen=True)
class Accumulate(Regime):
    """P_g = P_(g-1) and N_g: nothing is thrown away, and the pool grows by n rows in each generation.

    References
    ----------
    Gerstgrasser et al. (2024), Is model collapse inevitable?, arXiv 2404.01413.
    """

    @property
    def name(self) -> str:
        """Return "accumulate"."""
        return "accumulate"

    def step(self, state: State, new: Batch, real: Real) -> State:  # noqa: ARG002
        """Return the pool with the new rows below it."""
        return State(stacked([state.pool, new]))

    def describe(self) -> dict[str, Any]:
        """Return the kind."""
        return {"kind": "accumulate"}


@dataclass(frozen=True)
class AccumulateSubsample(Regime):
    """P_g = n rows, drawn without replacement, of D_0, N_1, ..., N_g together: all is kept, the budget is fixed.

    References
    ----------
    Kazdan et al. (2024), Collapse or thrive?, arXiv 2410.16713.
    """

    @property
    def name(self) -> str:
        """Return "subsample"."""
        return "subsample"

    def start(self, origin: Batch) -> State:
        """Return the state before the first generation."""
        return State(origin, (origin,))

    def step(self, state: State, new: Batch, real: Real) -> State:
        """Return a fresh draw of all rows so far."""
        everything = stacked([*state.kept, new])
        return State(everything.draw(len(real.origin.table), real.random()), (everything,))

    def describe(self) -> dict[str, Any]:
        """Return the kind."""
        return {"kind": "subsample"}


@dataclass(frozen=True)
class Window(Regime):
    """P_g = the last `w` generations, of which D_0 is the zeroth; with `real`, D_0 as well once it has left the window.

    Parameters
    ----------
    w : int
        Generations, 1 or more; 1 without `real` is :class:`Replace`.
    real : bool
        Whether D_0 always stays.
    """

    w: int = 3
    real: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.w, bool) or not isinstance(self.w, numbers.Integral) or self.w < 1:
            raise OptionError(f"window w={self.w!r}: give a whole number of generations, 1 or more")
        object.__setattr__(self, "w", int(self.w))
        if not isinstance(self.real, bool):
            raise OptionError(f"window real={self.real!r}: give True or False")

    @property
    def name(self) -> str:
        """Return "window:3", or "window:3,real"."""
        return f"window:{self.w}{',real' if self.real else ''}"

    def start(self, origin: Batch) -> State:
        """Return the state before the first generation."""
        return State(origin, (origin,))

    def step(self, state: State, new: Batch, real: Real) -> State:
        """Return the last generations, and D_0 where it always stays."""
        kept = (*state.kept, new)[-self.w :]
        outside = self.real and real.generation >= self.w
        return State(stacked([real.origin, *kept] if outside else kept), kept)

    def describe(self) -> dict[str, Any]:
        """Return the parameters."""
        return {"kind": "window", "w": self.w, "real": self.real}
