"""How much more least squares vary on mixed rows than their own formula says, from the moments of the weights.

Synthetic rows are W Z: row a mixes the real rows Z with weights w_a, which do not depend on Z. With
M = W'(I - 11'/m)W the error of the slopes is (X'MX)^-1 X'M e, so that for independent real rows with errors of one
variance s^2 their variance is s^2 tr(M^2) / tr(M)^2 times the inverse covariance of a row, and the naive formula gives
s^2 / m times it. Hence the factor m tr(M^2) / tr(M)^2, for any law of the columns; that of a mean is
|W'1|^2 / tr(W'W).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np

from synthmix.arguments import count
from synthmix.errors import OptionError, did_you_mean
from synthmix.mixing.plan import Plan
from synthmix.weights import WeightMoments

Meeting: TypeAlias = Literal["iid", "distinct", "anchor", "cyclic", "groups"]


@dataclass(frozen=True)
class VarianceFactors:
    """True over naive variance of estimates from mixed rows.

    Attributes
    ----------
    slope : float
        Of the slopes of ordinary least squares.
    mean : float
        Of the mean of a column, and of the level of a regression at the mean of its regressors.
    own : float
        The part of `slope` that belongs to errors of a real row with its own regressors: E sum_i M_ii^2 in place of
        tr(M^2). Under homoskedastic errors it does not matter.
    c, p4, b : float
        Mean of sum w^2, of sum w^4 and of (sum w^2)^2 of a row.
    """

    slope: float
    mean: float
    own: float
    c: float
    p4: float
    b: float


def variance_factors(
    moments: WeightMoments, meeting: Meeting, n_real: int, n_synth: int, *, start: int = 0
) -> VarianceFactors:
    """Return the factors for rows `start` to ``start + n_synth - 1`` of a table of `n_real` rows.

    Parameters
    ----------
    moments : WeightMoments
        Of the law of the weights, with its finite-sample correction where it has one.
    meeting : {"iid", "distinct", "anchor", "cyclic", "groups"}
        How parents are drawn; "groups" for laws that rotate disjoint groups.
    n_real, n_synth : int
    start : int
        Number of the first synthetic row: passes over the table begin at multiples of `n_real`.

    Returns
    -------
    VarianceFactors

    Raises
    ------
    OptionError
        For an unknown `meeting`, fewer than two real rows or no synthetic row.

    Notes
    -----
    Leading order in 1/n. With q_r = E w_r^2, c = sum q_r, B = E (sum w^2)^2, A = E sum w^4 and P the sum over passes of
    their squared numbers of rows, two rows of different passes have E (w_a'w_b)^2 = c^2/n, and two of one pass
    (c^2 - Q)/n, where Q = 0 (iid, distinct), q_1^2 (anchor: own parents differ), sum q_r^2 (cyclic: the parents of each
    role differ) or c^2 (groups: rows are orthogonal). So slope = B/c^2 + m/n - Q P / (c^2 n m). Means: w_a'w_b instead,
    mean = 1 + m/(n c) - Q' P / (n m c) with E w_r in place of q_r. A rotation over whole passes has W'W = (m/n) I, in
    every draw and however its groups are formed: slope and mean are m/n exactly, 1 for one pass. `own` of a rotation
    over parts of passes is too large by up to a tenth, because rows of a part are spread evenly over groups.
    """
    if meeting not in get_args(Meeting):
        raise OptionError(f"meeting {meeting!r} is unknown{did_you_mean(meeting, get_args(Meeting))}")
    n, m, first = count("n_real", n_real), count("n_synth", n_synth), count("start", start)
    if n < 2 or m < 1:
        raise OptionError(f"n_real={n_real!r}, n_synth={n_synth!r}: give at least 2 real rows and 1 synthetic row")
    c, b, p4 = moments.c, moments.B, moments.p4
    share = m / n
    passes = _squared_passes(n, m, first) / (n * m)
    slope, mean, own = _same_pass(moments, meeting)
    return VarianceFactors(
        slope=b / c**2 + share - slope / c**2 * passes,
        mean=1.0 + share / c - mean / c * passes,
        own=p4 / c**2 + share - own / c**2 * passes,
        c=c,
        p4=p4,
        b=b,
    )


def factors_of_plan(plan: Plan, n_real: int) -> VarianceFactors:
    """Return the factors of synthetic rows whose plan is at hand, given the plan.

    Parameters
    ----------
    plan : Plan
        Of ``MixupSynthesizer.plan(start, stop)``.
    n_real : int
        Rows of the real table.

    Returns
    -------
    VarianceFactors
        Without any approximation of the weights: m tr(M^2) / tr(M)^2 of this plan.

    Notes
    -----
    Valid when parents were not chosen by the values of the columns (random and cyclic pairing in one cell).
    """
    from scipy.sparse import csr_array

    m, k = plan.weights.shape
    rows = np.repeat(np.arange(m), k)
    mixing = csr_array((plan.weights.ravel(), (rows, plan.parents.ravel())), shape=(m, n_real))
    gram = (mixing.T @ mixing).tocsr()
    used = np.asarray(mixing.sum(axis=0)).ravel()
    trace, squares = float(gram.trace()), used @ used / m
    product = float((gram.data**2).sum()) - 2.0 * float(used @ (gram @ used)) / m + float(used @ used) ** 2 / m**2
    diagonal = gram.diagonal() - used**2 / m
    sums = np.asarray((mixing**2).sum(axis=1)).ravel()
    return VarianceFactors(
        slope=m * product / (trace - squares) ** 2,
        mean=float(used @ used) / (trace - squares),
        own=m * float(diagonal @ diagonal) / (trace - squares) ** 2,
        c=trace / m,
        p4=float((mixing.data**4).sum()) / m,
        b=float((sums**2).mean()),
    )


def _same_pass(moments: WeightMoments, meeting: Meeting) -> tuple[float, float, float]:
    """Return what two rows of one pass have in common less than two rows of different ones, times n."""
    second = np.diag(moments.second)
    if meeting == "anchor":
        return float(second[0] ** 2), float(moments.mean[0] ** 2), float(second[0] ** 2)
    if meeting == "cyclic":
        return float(second @ second), float(moments.mean @ moments.mean), float(second @ second)
    if meeting == "groups":
        return moments.c**2, 1.0, moments.p4
    return 0.0, 0.0, 0.0


def _squared_passes(n: int, m: int, start: int) -> float:
    """Return the sum over passes of their squared numbers of rows."""
    first = min(m, n - start % n)
    whole, rest = divmod(m - first, n)
    return float(first) ** 2 + whole * float(n) ** 2 + float(rest) ** 2
