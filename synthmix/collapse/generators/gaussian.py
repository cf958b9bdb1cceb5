"""The control that the literature studies in closed form: a Gaussian fitted and drawn from."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.arguments import one_of
from synthmix.collapse.generators.base import Generator, Made, draw_rows, random_of, rows_of
from synthmix.errors import InputError

_DIVISORS = ("n", "n-1")
NUMBERS = ("real", "integer", "decimal")


class GaussianRefit(Generator):
    """Fits mean and covariance of the numeric columns and draws new rows from that Gaussian.

    Parameters
    ----------
    divisor : {"n-1", "n"}
        Of the covariance. "n-1" is unbiased: the mean of a variance over chains stays, its median falls. "n" is the
        maximum likelihood fit of the literature: the mean of a variance falls by 1 - 1/n in each generation.

    Notes
    -----
    All other columns (levels, booleans, times) are copied together from rows drawn at random with replacement: their
    joint frequencies are refitted, their association with the numbers is lost in one step. Whole numbers come back as
    real ones.

    Missing numbers: mean and covariance are those of the rows without a missing number, and a new row has the gaps of
    the row that its other columns are copied from. With weights w (sum 1) the mean is sum w x, the covariance
    sum w (x - mean)(x - mean)', divided by 1 - sum w^2 for "n-1".

    No row has an ancestor.

    References
    ----------
    Shumailov et al. (2024), AI models collapse when trained on recursively generated data, Nature 631. Kazdan et al.
    (2024), Collapse or thrive?, arXiv 2410.16713 (divisor n).
    """

    takes_weights: ClassVar[bool] = True

    def __init__(self, divisor: Literal["n-1", "n"] = "n-1") -> None:
        one_of("divisor", divisor, _DIVISORS)
        self.name = "gaussian"
        self.divisor = divisor
        self._numeric: tuple[str, ...] | None = None

    def told(self, kinds: Mapping[str, str], target: str | None) -> GaussianRefit:  # noqa: ARG002
        """Return this generator with the numeric columns fixed.

        Raises
        ------
        InputError
            When there is no numeric column.
        """
        numeric = tuple(name for name, kind in kinds.items() if kind in NUMBERS)
        if not numeric:
            raise InputError(f"generator {self.name!r} needs a numeric column; the table has none: use 'bootstrap'")
        other = copy.copy(self)
        other._numeric = numeric
        return other

    def make(self, table: pd.DataFrame, n_rows: int, seed: int, weights: NDArray[np.float64] | None = None) -> Made:
        """Return rows of the fitted Gaussian.

        Raises
        ------
        InputError
            When fewer than two rows have no missing number, or there is no numeric column.
        """
        names = [name for name in table.columns if self._is_numeric(table, name)]
        if not names:
            raise InputError(f"generator {self.name!r} needs a numeric column; the table has none: use 'bootstrap'")
        values = table[names].to_numpy(np.float64, na_value=np.nan)
        random = random_of(seed)
        drawn = self._draw(values, n_rows, random, weights)
        picked = draw_rows(random, len(table), n_rows, weights)
        gaps = np.isnan(values)
        if gaps.any():
            drawn[gaps[picked]] = np.nan
        new = dict(zip(names, drawn.T, strict=True))
        rest = rows_of(table[[name for name in table.columns if name not in new]], picked)
        return Made(pd.DataFrame({name: new[name] if name in new else rest[name] for name in table.columns}))

    def _is_numeric(self, table: pd.DataFrame, name: str) -> bool:
        if self._numeric is not None:
            return name in self._numeric
        dtype = table[name].dtype
        return pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)

    def _draw(
        self, values: NDArray[np.float64], size: int, random: np.random.Generator, weights: NDArray[np.float64] | None
    ) -> NDArray[np.float64]:
        complete = ~np.isnan(values).any(axis=1)
        fitted = values[complete]
        if fitted.shape[0] < 2:
            raise InputError(
                f"generator {self.name!r}: {fitted.shape[0]} rows have no missing number, and a covariance needs two"
            )
        share = np.full(fitted.shape[0], 1.0) if weights is None else weights[complete]
        share = share / share.sum()
        mean = share @ fitted
        centred = fitted - mean
        covariance = (centred * share[:, None]).T @ centred
        if self.divisor == "n-1":
            covariance /= 1.0 - float(share @ share)
        sizes, axes = np.linalg.eigh(covariance)
        root = axes * np.sqrt(np.maximum(sizes, 0.0))
        return np.asarray(mean + random.standard_normal((size, mean.size)) @ root.T)

    def describe(self) -> dict[str, Any]:
        """Return the kind and the divisor."""
        return {"kind": "gaussian", "divisor": self.divisor}
