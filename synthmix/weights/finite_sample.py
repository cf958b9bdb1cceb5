"""What a finite table does to the covariance: exact factors for each way to draw the parents.

Schemes, for a table of n rows and weights w_1, ..., w_k of independent draws for each row:

- ``"iid"``: all parents independent and uniform, a row may meet itself; any number of synthetic rows m.
- ``"distinct"``: the parents are k different rows, every choice equally likely; any m.
- ``"anchor"``: m = n; every row once as first parent, the others different rows drawn from the rest.
- ``"cyclic"``: m = n; rows on a circle in random order, each mixed with those at k-1 different distances, the same for
  all rows, so that it is once in every place.

With c = E sum w^2, v2 = (c n - 1)/(n - 1), ra = E w_1 - (1 - E w_1)/(n - 1) and V = sum_j Var w_j, all exact for any
table and any law of the weights (k <= n where parents differ).
"""

from __future__ import annotations

import math
from typing import Literal, TypeAlias, TypeVar, get_args

import numpy as np

from synthmix.errors import OptionError, did_you_mean
from synthmix.weights.checks import real_number
from synthmix.weights.moments import WeightMoments
from synthmix.weights.special import FloatArray

Number = TypeVar("Number", float, FloatArray)
Scheme: TypeAlias = Literal["iid", "distinct", "anchor", "cyclic"]


def check_scheme(n_rows: float, scheme: Scheme) -> float:
    """Return `n_rows` as a float; raise OptionError for fewer than two rows or an unknown scheme."""
    if scheme not in get_args(Scheme):
        raise OptionError(f"scheme {scheme!r} is unknown{did_you_mean(scheme, get_args(Scheme))}")
    n = real_number("n_rows", n_rows)
    if n < 2.0:
        raise OptionError(f"n_rows={n_rows!r}: mixing needs at least 2 rows; give a table or cell with more rows")
    return n


def _parts(moments: WeightMoments, n: float) -> tuple[float, float, float]:
    v2 = (moments.c * n - 1.0) / (n - 1.0)
    own = float(moments.mean[0])
    ra = own - (1.0 - own) / (n - 1.0)
    spread = float(np.sum(np.diagonal(moments.second) - moments.mean**2))
    return v2, ra, spread


def covariance_factor(moments: WeightMoments, scheme: Scheme, n_rows: float) -> float:
    """Return E[unbiased covariance of the synthetic rows] over the unbiased covariance of the `n_rows` real ones.

    Parameters
    ----------
    moments : WeightMoments
        Moments of the weights.
    scheme : {"iid", "distinct", "anchor", "cyclic"}
        How parents are drawn.
    n_rows : float
        Number of real rows n; for "anchor" and "cyclic" as many synthetic rows are made.

    Returns
    -------
    float
        iid (n-1)/n c ; distinct (n-1)/n v2 ; anchor v2 (1-1/n) + ra^2/n ; cyclic v2 - V/(n-1).
    """
    n = check_scheme(n_rows, scheme)
    v2, ra, spread = _parts(moments, n)
    if scheme == "iid":
        return (n - 1.0) / n * moments.c
    if scheme == "distinct":
        return (n - 1.0) / n * v2
    if scheme == "anchor":
        return v2 * (1.0 - 1.0 / n) + ra * ra / n
    return v2 - spread / (n - 1.0)


def mean_variance_factor(moments: WeightMoments, scheme: Scheme, n_rows: float) -> float:
    """Return the variance of the mean of n synthetic rows, given the table, in units of S/n.

    Parameters
    ----------
    moments, scheme, n_rows
        As in :func:`covariance_factor`.

    Returns
    -------
    float
        n/S times the variance: iid c (n-1)/n ; distinct v2 (n-1)/n ; anchor (v2 - ra^2)(n-1)/n ; cyclic V.
        For "iid" and "distinct" the variance of the mean of m rows is n/m times that of n rows.
    """
    n = check_scheme(n_rows, scheme)
    v2, ra, spread = _parts(moments, n)
    if scheme == "iid":
        return moments.c * (n - 1.0) / n
    if scheme == "distinct":
        return v2 * (n - 1.0) / n
    if scheme == "anchor":
        return (v2 - ra * ra) * (n - 1.0) / n
    return spread


def required_qbar(mean: Number, scheme: Scheme | None, n_rows: float = math.inf) -> Number:
    """Return the E l(1-l) of a two-point law with E l = `mean` for which :func:`covariance_factor` is exactly 1.

    Parameters
    ----------
    mean : float or ndarray
        E l.
    scheme : {"iid", "distinct", "anchor", "cyclic"} or None
        How parents are drawn; None for independent rows of a population, where the answer is 0.
    n_rows : float
        Number of real rows n.

    Returns
    -------
    float or ndarray
        iid -1/(2(n-1)) ; distinct -1/(2n) ; anchor (ra^2 - 1)/(2n) ; cyclic -mean (1-mean)/(n-1).
    """
    if scheme is None:
        return 0.0 * mean
    n = check_scheme(n_rows, scheme)
    if scheme == "iid":
        return 0.0 * mean - 0.5 / (n - 1.0)
    if scheme == "distinct":
        return 0.0 * mean - 0.5 / n
    if scheme == "anchor":
        ra = mean - (1.0 - mean) / (n - 1.0)
        return (ra * ra - 1.0) / (2.0 * n)
    return -mean * (1.0 - mean) / (n - 1.0)
