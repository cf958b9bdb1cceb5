"""Laws of descent for many rows: how many old rows still have descendants, by the number of copies that a row leaves.

In a table of many rows the descendants of a row are a branching process, so what is gone after g generations
follows from the generating function of the copies that one row leaves in the next generation. Laws here are for the
replace regime, as many rows in each generation, and levels with few copies (k much smaller than n).
"""

from __future__ import annotations

import math

import numpy as np

from synthmix.collapse.laws.paths import Path, rows_of, steps
from synthmix.errors import OptionError
from synthmix.weights import Scheme


def extinction_path(generations: int, *, scheme: Scheme = "iid", moved: float = 0.0, parents: int = 2) -> Path:
    """Return q_g, the probability that a row has no descendant in generation g; many rows.

    The share of rows of D_0 that are still ancestors is 1 - q_g, and a level with k copies is gone with probability
    q_g^k. Independent parents: q' = exp(q - 1), so about 2/g of the rows are left.

    Parameters
    ----------
    generations : int
    scheme : {"iid", "distinct", "anchor", "cyclic"}
        How parents are drawn.
    moved : float
        For "anchor" and "cyclic": the probability p that a row's discrete values come from a partner, not from its own
        first parent. A row leaves itself with probability 1-p. Besides, for "anchor" it leaves a Poisson(p) number of
        copies, for "cyclic" one at each of the k-1 other places with probability p/(k-1).
    parents : int
        Number k of parents.

    Returns
    -------
    ndarray, shape (generations + 1,)
    """
    path = [0.0]
    for _ in steps(generations)[1:]:
        path.append(_generating(path[-1], scheme, moved, parents))
    return np.array(path)


def _generating(q: float, scheme: str, moved: float, parents: int) -> float:
    """Return E q^C, C the copies that one row leaves."""
    if scheme in ("iid", "distinct"):
        return math.exp(q - 1.0)
    own = moved + (1.0 - moved) * q
    if scheme == "anchor":
        return own * math.exp(moved * (q - 1.0))
    if scheme == "cyclic":
        each = moved / (parents - 1.0)
        return float(own * (1.0 - each + each * q) ** (parents - 1))
    raise OptionError(f"scheme={scheme!r}: give iid, distinct, anchor or cyclic")


def copies_variance(n: float, scheme: Scheme = "iid", moved: float = 0.0, parents: int = 2) -> float:
    """Return the variance of the number of copies that a row leaves among n new rows; exact.

    iid, distinct 1 - 1/n ; anchor p (1-p) + p - p^2/(n-1) ; cyclic p (1-p) + p (1 - p/(k-1)), two parents 2 p (1-p).
    `moved` is p, `parents` k of :func:`extinction_path`.
    """
    rows = rows_of(n)
    if scheme in ("iid", "distinct"):
        return 1.0 - 1.0 / rows
    if scheme == "anchor":
        return moved * (1.0 - moved) + moved - moved**2 / (rows - 1.0)
    if scheme == "cyclic":
        return moved * (1.0 - moved) + moved * (1.0 - moved / (parents - 1.0))
    raise OptionError(f"scheme={scheme!r}: give iid, distinct, anchor or cyclic")


def donor_heterozygosity_path(
    n: float, generations: int, *, scheme: Scheme = "iid", moved: float = 0.0, parents: int = 2
) -> Path:
    """Return E (1 - sum p_g^2) / (1 - sum p_0^2) = (1 - Var(C)/(n-1))^g, C the copies that a row leaves. Exact.

    Two new rows have the same donor with probability Var(C)/(n-1), else they are two random different rows.
    """
    shared = copies_variance(n, scheme, moved, parents) / (rows_of(n) - 1.0)
    return np.asarray((1.0 - shared) ** steps(generations))


def hazard_path(generations: int) -> Path:
    """Return h_1, ..., h_G of Suresh et al.: h_1 = 1, h' = 1 - exp(-h), with h_0 = inf first; 1/g <= h_g <= 3/g.

    A count that is Poisson and refitted by maximum likelihood is alive after g fits with probability
    1 - exp(-n rate h_g), exactly. h_{g+1} = 1 - q_g of :func:`extinction_path`.
    """
    path = [math.inf]
    for _ in steps(generations)[1:]:
        path.append(-math.expm1(-path[-1]))
    return np.array(path)


def symbol_survival_bounds(share: float, n: float, generations: int) -> tuple[Path, Path]:
    """Return bounds of P(a symbol of probability p is alive after g fits to n draws), 1 for g = 0.

    1 - exp(-n p h_g) and 1 - (1 - 3 n p^2 - 3 g p) exp(-n p h_g), the latter at most 1 (Suresh et al. 2025). The
    first fit is to draws of the true law: a symbol with k of n copies in generation 0 has p = k/n and g fits.
    """
    gone = np.exp(-rows_of(n) * share * hazard_path(generations))
    slack = 1.0 - 3.0 * n * share**2 - 3.0 * steps(generations) * share
    lower, upper = 1.0 - gone, np.minimum(1.0, 1.0 - slack * gone)
    return lower, upper
