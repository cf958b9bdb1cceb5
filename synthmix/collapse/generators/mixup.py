"""A MixupSynthesizer as a generator of a study."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.collapse.generators.base import Generator, Made
from synthmix.mixing.choices import rule_of
from synthmix.mixing.plan import Plan
from synthmix.synthesizer import MixupSynthesizer

_PLAIN = ("grid", "discrete", "donor", "small_cells", "columns", "keys", "dtype")
_FIXED = ("string", "categorical", "boolean")  # kinds that a generation with fewer levels could read otherwise


class Mixup(Generator):
    """A :class:`~synthmix.MixupSynthesizer` with these options, made and fitted anew in every generation.

    Parameters
    ----------
    synthesizer : MixupSynthesizer
        Its options count; whether it is fitted, its threads and its random state do not.
    name : str, optional
        By default the repr of the synthesizer.

    Notes
    -----
    The ancestor of a row is its donor: the row that its discrete columns and its pattern of missing values come from.
    Rows of chained pairing have another one in each column, and no single ancestor. With the raw encoding whole
    numbers come back as real ones.
    """

    def __init__(self, synthesizer: MixupSynthesizer, name: str | None = None) -> None:
        self.name: str = repr(synthesizer) if name is None else name
        self._params = {**synthesizer.get_params(), "n_jobs": 1}
        self._pairing, self._law = rule_of(synthesizer)
        self._target: str | None = None
        self._words: dict[str, str] = {}

    def told(self, kinds: Mapping[str, str], target: str | None) -> Mixup:
        """Return this generator with the kinds of discrete columns fixed, so that few levels make none a key."""
        other = copy.copy(self)
        other._target = target
        other._words = {name: kind for name, kind in kinds.items() if kind in _FIXED}
        return other

    def make(self, table: pd.DataFrame, n_rows: int, seed: int, weights: NDArray[np.float64] | None = None) -> Made:
        """Return the first `n_rows` rows of a fresh synthesizer with this seed, and their donors."""
        self.refuse_weights(weights)
        columns = {**self._words, **(self._params["columns"] or {})}
        encoding = self._params["encoding"]
        own = {"columns": columns, "random_state": seed}
        if not isinstance(encoding, str):
            own["encoding"] = copy.deepcopy(encoding)  # a map is trained by the fit
        fitted = MixupSynthesizer(**{**self._params, **own}).fit(table, target=self._target)
        plan = fitted.plan(0, n_rows)
        return Made(fitted.sample(n_rows), plan.donors if isinstance(plan, Plan) else None)

    def describe(self) -> dict[str, Any]:
        """Return the options that decide the rows."""
        encoding, privacy = self._params["encoding"], self._params["privacy"]
        return {
            "kind": "mixup",
            "weights": self._law.to_dict(),
            "pairing": self._pairing.to_dict(),
            "encoding": encoding if isinstance(encoding, str) else repr(encoding),
            **{name: self._params[name] for name in _PLAIN},
            "privacy": None if privacy is None else float(privacy),
        }
