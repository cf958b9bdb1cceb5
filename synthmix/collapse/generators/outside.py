"""Generators that somebody else wrote: objects with ``fit`` and ``sample``, and plain functions."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.collapse.generators.base import Generator, Made
from synthmix.collapse.generators.described import described

_COUNTS = ("num_rows", "n_rows", "n_samples", "n", "count", "size")
_SETTERS = ("set_random_state", "set_seed")
_FIELDS = ("random_state", "seed")
_SEEDS = 2**31  # what the narrowest of them take


class FitSample(Generator):
    """An object with ``fit(table)`` and ``sample(num_rows=...)``, as the synthesizers of SDV and their like.

    Parameters
    ----------
    synthesizer : object
        Unfitted; copied deeply for every fit.
    name : str, optional
        By default the name of its class.

    Notes
    -----
    The seed goes, before the fit, to a method ``set_random_state`` or ``set_seed``, or else to an attribute
    ``random_state`` or ``seed``, and to an argument of these names of ``sample``. Where there is none of them,
    :attr:`note` says so: such a study cannot be repeated, and a synthesizer that seeds itself with a constant makes
    chains that are not independent. No row has an ancestor.
    """

    def __init__(self, synthesizer: Any, name: str | None = None) -> None:
        self.name: str = type(synthesizer).__name__ if name is None else name
        self._synthesizer = synthesizer
        parameters = inspect.signature(synthesizer.sample).parameters
        self._count = next((word for word in _COUNTS if word in parameters), None)
        self._argument = next((word for word in _FIELDS if word in parameters), None)
        self._setter = next((word for word in _SETTERS if callable(getattr(synthesizer, word, None))), None)
        self._field = next((word for word in _FIELDS if hasattr(synthesizer, word)), None)

    @property
    def note(self) -> str:
        """Return that the seed cannot be set, where it cannot."""
        if self._argument or self._setter or self._field:
            return ""
        return (
            f"generator {self.name!r} has no seed that can be set: its chains cannot be repeated, and they are not "
            "independent where it seeds itself with a constant"
        )

    def make(self, table: pd.DataFrame, n_rows: int, seed: int, weights: NDArray[np.float64] | None = None) -> Made:
        """Return rows of a fresh copy that was fitted to a copy of `table`."""
        self.refuse_weights(weights)
        fresh, small = copy.deepcopy(self._synthesizer), seed % _SEEDS
        if self._setter is not None:
            getattr(fresh, self._setter)(small)
        elif self._field is not None:
            setattr(fresh, self._field, small)
        fresh.fit(table.copy())
        options = {} if self._argument is None else {self._argument: small}
        drawn = (
            fresh.sample(n_rows, **options) if self._count is None else fresh.sample(**{self._count: n_rows} | options)
        )
        return drawn if isinstance(drawn, Made) else Made(drawn)

    def describe(self) -> dict[str, Any]:
        """Return the class and what the object holds."""
        return {"kind": "fit_sample", **described(self._synthesizer)}


class Function(Generator):
    """A function ``f(table, n_rows, seed)`` that returns a table, or a :class:`Made` where it knows the parents.

    Parameters
    ----------
    function : callable
        Its table argument is a copy. To run in several processes it has to be defined at the top level of a module.
    name : str, optional
        By default the name of the function.
    """

    def __init__(self, function: Callable[[pd.DataFrame, int, int], Any], name: str | None = None) -> None:
        self.name: str = getattr(function, "__name__", type(function).__name__) if name is None else name
        self._function = function

    def make(self, table: pd.DataFrame, n_rows: int, seed: int, weights: NDArray[np.float64] | None = None) -> Made:
        """Return what the function returns."""
        self.refuse_weights(weights)
        drawn = self._function(table.copy(), n_rows, seed)
        return drawn if isinstance(drawn, Made) else Made(drawn)

    def describe(self) -> dict[str, Any]:
        """Return the function's name and a hash of its source."""
        return {"kind": "function", "function": described(self._function)}
