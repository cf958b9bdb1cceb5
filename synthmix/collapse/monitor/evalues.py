"""Evidence, valid at any time, that a region of the data loses or gains rows beyond neutral drift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synthmix.errors import OptionError

Direction = Literal["down", "up"]
Floats = NDArray[np.float64]

SHRINK = (0.98, 0.95, 0.9, 0.8, 0.5)
GROWTH = (1.02, 1.05, 1.1, 1.25, 2.0)
_MOST = 1.0 - 1e-9  # the largest share under the null: its logarithms are finite


def region_log_e(
    count: ArrayLike, rows: ArrayLike, share: ArrayLike, *, delta: float = 0.0, direction: Direction = "down"
) -> Floats:
    """Return logarithms of the e-values of one generation, one for each factor of the grid.

    Parameters
    ----------
    count, rows : array, shape (...)
        Rows of the new generation inside the region, and all of them.
    share : array, shape (...)
        T, the region's share of the rows that the generation was made from.
    delta : float
        What the null tolerates: a relative loss (or gain) of the chance up to `delta` in each generation.
    direction : {"down", "up"}
        "down": the null is ``P(row inside | earlier rows) >= (1 - delta) T``, the alternatives are 0.98, 0.95, 0.9, 0.8
        and 0.5 of that. "up" is its mirror image: ``<= (1 + delta) T`` and 1.02, 1.05, 1.1, 1.25 and 2 times it.

    Returns
    -------
    array, shape (..., 5)
        ``K log(q/p0) + (m - K) log((1 - q)/(1 - p0))`` for K of m rows inside, p0 the bound and q = factor x p0. The
        exponential has expectation at most 1 under the null, and exactly 1 on its boundary.

    Raises
    ------
    OptionError
        For a `delta` outside [0, 1) or an unknown direction.

    Notes
    -----
    Add over generations and over independent chains first, factor by factor, and average over the factors then
    (:func:`e_process`): the mean of products is an e-process, a product of means would bet on each generation anew.

    It holds when the new rows are independent or negatively associated given the earlier ones, and each is inside with
    a chance that is on average at least p0: unequal chances lower E, permuted donors make counts negatively associated.
    It fails when rows of a batch share their randomness: one weight for the whole batch, one noise added to all rows.
    Guards that keep it valid: p0 is at most 1 - 1e-9, and for growth at least 1/m; a factor with q >= 1 gives E = 1.

    References
    ----------
    Ville (1939), Etude critique de la notion de collectif. Ramdas, Grunwald, Vovk and Shafer (2023), Game-theoretic
    statistics and safe anytime-valid inference, Statistical Science 38.
    """
    if not 0.0 <= delta < 1.0:
        raise OptionError(f"delta={delta}: give a tolerated share of change from 0 to below 1")
    if direction not in ("down", "up"):
        raise OptionError(f"direction={direction!r}: give 'down' or 'up'")
    K, m, T = (np.asarray(one, np.float64)[..., None] for one in (count, rows, share))
    factor = np.array(SHRINK if direction == "down" else GROWTH)
    bound = (1.0 - delta) * T if direction == "down" else np.maximum((1.0 + delta) * T, 1.0 / np.maximum(m, 1.0))
    p0 = np.minimum(bound, _MOST)
    factor = np.where(factor * p0 < 1.0, factor, 1.0)
    value: Floats = K * np.log(factor) + (m - K) * (np.log1p(-p0 * factor) - np.log1p(-p0))
    return value


def e_process(log_e: Floats) -> Floats:
    """Return the logarithm of the e-process after each generation.

    Parameters
    ----------
    log_e : array, shape (chains, generations, factors)
        Of :func:`region_log_e`; NaN where a chain has no such generation, which counts as no evidence.

    Returns
    -------
    array, shape (generations,)
        The mean over the factors of the product over chains and generations so far. Under the null the chance that it
        ever reaches log(1/alpha) is at most alpha (Ville), whenever one looks and whatever makes one stop.
    """
    sums = np.cumsum(np.nan_to_num(log_e, nan=0.0).sum(axis=0), axis=0)
    return log_mean(sums, axis=1)


def log_mean(logs: Floats, axis: int) -> Floats:
    """Return the logarithm of the mean of exponentials: means of e-values are e-values under any dependence."""
    top = logs.max(axis=axis, keepdims=True)
    mean = np.exp(logs - top).mean(axis=axis)
    return np.asarray(np.log(mean) + np.squeeze(top, axis=axis), np.float64)


def e_bh(log_e: Sequence[float] | Floats, alpha: float = 0.05) -> NDArray[np.bool_]:
    """Return which of k e-values are listed at a false discovery rate of `alpha`, under any dependence.

    Those at least as large as the k*-th largest, k* the last place i with ``e_(i) >= k / (alpha i)``.

    References
    ----------
    Wang and Ramdas (2022), False discovery rate control with e-values, Journal of the Royal Statistical Society B 84.
    """
    values = np.asarray(log_e, np.float64)
    order = np.argsort(-values, kind="stable")
    ranks = np.arange(1, values.size + 1)
    passing = np.flatnonzero(values[order] >= np.log(values.size / (alpha * ranks))) if values.size else ranks
    listed = np.zeros(values.size, bool)
    if passing.size:
        listed[order[: passing[-1] + 1]] = True
    return listed
