"""Label permutations of two tables that are counted by level: exact, and as cheap as the number of levels allows.

A permutation of the labels of n + m rows over levels of t_1, t_2, ... rows gives each level a number of "real" rows
with a multivariate hypergeometric law. It is drawn level by level, one uniform a level, by inversion.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from synthmix.kernels.compile import inlined, kernel
from synthmix.kernels.philox import MARGINAL_PERMUTE, uniform

_SHORT = 24  # levels of fewer rows are inverted from zero on, others from the mode


@inlined
def _from_zero(u: float, good: int, bad: int, taken: int) -> int:
    """Invert the hypergeometric law from 0 on; needs ``taken <= bad``."""
    p = 1.0
    for k in range(taken):
        p *= (bad - k) / (good + bad - k)
    count = 0
    u -= p
    while u >= 0.0 and count < taken:
        p *= (good - count) / (count + 1.0) * (taken - count) / (bad - taken + count + 1.0)
        count += 1
        u -= p
    return count


@inlined
def _from_mode(u: float, good: int, bad: int, taken: int, log_factorial: NDArray[np.float64]) -> int:
    """Invert the hypergeometric law outwards from its mode."""
    low, high = max(0, taken - bad), min(taken, good)
    mode = int((taken + 1.0) * (good + 1.0) / (good + bad + 2.0))
    mode = min(max(mode, low), high)
    ways = log_factorial[good] - log_factorial[mode] - log_factorial[good - mode]
    ways += log_factorial[bad] - log_factorial[taken - mode] - log_factorial[bad - taken + mode]
    ways -= log_factorial[good + bad] - log_factorial[taken] - log_factorial[good + bad - taken]
    p = math.exp(ways)
    u -= p
    if u < 0.0:
        return mode
    up, down, p_up, p_down = mode, mode, p, p
    while up < high or down > low:
        if up < high:
            p_up *= (good - up) / (up + 1.0) * (taken - up) / (bad - taken + up + 1.0)
            up += 1
            u -= p_up
            if u < 0.0:
                return up
        if down > low:
            p_down *= down / (good - down + 1.0) * (bad - taken + down) / (taken - down + 1.0)
            down -= 1
            u -= p_down
            if u < 0.0:
                return down
    return mode  # the last bits of the sum of all probabilities


@kernel
def permuted_counts(
    totals: NDArray[np.int64],
    n: int,
    log_factorial: NDArray[np.float64],
    seed: np.uint64,
    first: int,
    out: NDArray[np.int64],
) -> None:
    """Fill row b of out (B, levels) with the number of real rows of each level under label permutation ``first + b``.

    `log_factorial` holds ``log k!`` up to the number of rows of both tables.
    """
    rows = totals.sum()
    for b in range(out.shape[0]):
        good, bad = n, rows - n
        for level in range(totals.size):
            taken = totals[level]
            u = uniform(seed, np.uint64(first + b), MARGINAL_PERMUTE, np.uint64(level))
            if taken == 1:
                count = 1 if u * (good + bad) < good else 0
            elif taken <= _SHORT and taken <= bad:
                count = _from_zero(u, good, bad, taken)
            else:
                count = _from_mode(u, good, bad, taken, log_factorial)
            out[b, level] = count
            good -= count
            bad -= taken - count


@kernel
def rank_statistics(
    permuted: NDArray[np.int64], totals: NDArray[np.int64], n: int, m: int, out: NDArray[np.float64]
) -> None:
    """Fill out (B, 3) with ``n m KS``, Cramer-von Mises T and Anderson-Darling A^2 of ascending levels.

    Row b of `permuted` (B, levels) counts the real rows of each level, `totals` those of both tables.
    """
    total = float(n + m)
    for number in range(out.shape[0]):
        best, i, j = 0, 0, 0
        cvm, ad = 0.0, 0.0
        for level in range(totals.size):
            a = permuted[number, level]
            b = totals[level] - a
            rank = i + j + 0.5 * (a + b + 1.0)
            off_x, off_y = rank - i - 0.5 * (a + 1.0), rank - j - 0.5 * (b + 1.0)
            cvm += n * (a * off_x * off_x + a * (float(a) * a - 1.0) / 12.0)
            cvm += m * (b * off_y * off_y + b * (float(b) * b - 1.0) / 12.0)
            t = float(a + b)
            below = i + j + 0.5 * t
            weight = below * (total - below) - 0.25 * total * t
            if weight > 0.0:
                miss = total * (i + 0.5 * a) - below * n  # that of the other table is its negative
                ad += t / total * miss * miss / weight * (1.0 / n + 1.0 / m)
            i += a
            j += b
            best = max(best, abs(i * m - j * n))
        out[number, 0] = float(best)
        out[number, 1] = cvm / (float(n) * m * total) - (4.0 * float(n) * m - 1.0) / (6.0 * total)
        out[number, 2] = ad * (total - 1.0) / total


@kernel
def count_statistics(
    permuted: NDArray[np.int64], totals: NDArray[np.int64], n: int, m: int, out: NDArray[np.float64]
) -> None:
    """Fill out (B, 3) with chi-square, G and ``2 n m TVD`` of levels in any order, none of them empty.

    Row b of `permuted` (B, levels) counts the real rows of each level, `totals` those of both tables.
    """
    share = n / float(n + m)
    for number in range(out.shape[0]):
        chi2, g, gap = 0.0, 0.0, 0
        for level in range(totals.size):
            a = permuted[number, level]
            b = totals[level] - a
            expect_a, expect_b = share * totals[level], (1.0 - share) * totals[level]
            miss = a - expect_a
            chi2 += miss * miss * (1.0 / expect_a + 1.0 / expect_b)
            if a > 0:
                g += 2.0 * a * math.log(a / expect_a)
            if b > 0:
                g += 2.0 * b * math.log(b / expect_b)
            gap += abs(a * m - b * n)
        out[number, 0] = chi2
        out[number, 1] = g
        out[number, 2] = float(gap)
