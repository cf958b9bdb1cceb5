"""Densities of scikit-learn as generators of a study."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.collapse.generators.base import Generator, Made
from synthmix.collapse.generators.described import described
from synthmix.collapse.generators.gaussian import NUMBERS
from synthmix.errors import InputError

_SEEDS = 2**32


class Density(Generator):
    """A density of scikit-learn (``fit(X)``, ``sample(n)``): KernelDensity, GaussianMixture and their like.

    Parameters
    ----------
    estimator : object
        Cloned for every fit; its parameter ``random_state``, or that of ``sample``, is set from the seed.
    name : str, optional
        By default the name of its class.

    Notes
    -----
    Takes tables of numbers without missing values, and gives real numbers back. Row weights are used where ``fit``
    takes ``sample_weight``. A kernel density adds its bandwidth's variance in every generation: it inflates.
    """

    def __init__(self, estimator: Any, name: str | None = None) -> None:
        self.name: str = type(estimator).__name__ if name is None else name
        self._estimator = estimator
        self.takes_weights: bool = "sample_weight" in inspect.signature(estimator.fit).parameters  # type: ignore[misc]

    def told(self, kinds: Mapping[str, str], target: str | None) -> Density:  # noqa: ARG002
        """Return this generator.

        Raises
        ------
        InputError
            When a column does not hold numbers; the message names all such columns.
        """
        wrong = [f"{name!r} ({kind})" for name, kind in kinds.items() if kind not in (*NUMBERS, "constant")]
        if wrong:
            raise InputError(
                f"generator {self.name!r} takes numbers only, and the table has {', '.join(wrong)}; "
                "leave these columns out of the study, or wrap the density in a function that encodes them"
            )
        return copy.copy(self)

    def make(self, table: pd.DataFrame, n_rows: int, seed: int, weights: NDArray[np.float64] | None = None) -> Made:
        """Return rows of the fitted density."""
        from sklearn.base import clone

        if not self.takes_weights:
            self.refuse_weights(weights)
        small = seed % _SEEDS  # scikit-learn takes 32 bits
        fresh = clone(self._estimator)
        if "random_state" in fresh.get_params():
            fresh.set_params(random_state=small)
        values = table.to_numpy(np.float64, na_value=np.nan)
        fresh.fit(values) if weights is None else fresh.fit(values, sample_weight=weights)
        seeded = "random_state" in inspect.signature(fresh.sample).parameters
        drawn = fresh.sample(n_rows, random_state=small) if seeded else fresh.sample(n_rows)
        if isinstance(drawn, tuple):  # rows and the component of each
            drawn = drawn[0]
        return Made(pd.DataFrame(np.asarray(drawn), columns=table.columns))

    def describe(self) -> dict[str, Any]:
        """Return class and parameters."""
        params = {name: value for name, value in self._estimator.get_params().items() if name != "random_state"}
        return {"kind": "density", "class": described(type(self._estimator)), "params": described(params)}
