"""Equivalence: "preserved to within a margin" as a claim that is tested, for entries and for all contrasts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from synthmix.drift.finding import NAN, Finding
from synthmix.drift.moments.association import PairChange
from synthmix.drift.noise import absent
from synthmix.errors import OptionError


def equivalent_entries(changes: list[PairChange], margin: float) -> Finding:
    """Test that every association is preserved to within a margin on Fisher's scale.

    Parameters
    ----------
    changes : list of PairChange
        Of :func:`synthmix.drift.moments.association.pair_changes`.
    margin : float
        Largest tolerated change.

    Returns
    -------
    Finding
        `equivalent_entries`: the p-value is the largest of the pairs' two one-sided tests; small means equivalent. By
        the intersection-union principle it needs no correction for the number of pairs (size at most alpha, at the
        boundary much less).

    Raises
    ------
    OptionError
        For a margin that is not positive.
    """
    if not margin > 0.0:
        raise OptionError(f"margin={margin}: give a positive number")
    if not changes:
        return absent("equivalent_entries", "moments", "joint", "no pair of columns")
    p_values = [_entry_p(one, margin) for one in changes]
    worst = int(np.argmax(p_values))
    return Finding(
        metric="equivalent_entries",
        family="moments",
        scope="joint",
        column=changes[worst].first,
        column2=changes[worst].second,
        value=max(abs(one.dz) for one in changes),
        unit="z",
        p_value=p_values[worst],
        method=f"two one-sided tests of {len(changes)} pairs, margin {margin:g}, intersection-union",
        note="a small p-value shows equivalence",
    )


def _entry_p(change: PairChange, margin: float) -> float:
    """Return the least level at which the one-sided bounds of the change lie inside the margin."""
    from scipy.stats import norm

    if change.at_most(0.0) >= margin:
        return 1.0 if change.at_most(0.0) > margin else 0.5
    low, high = 0.0, 40.0
    if change.at_most(high) < margin:
        return 0.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if change.at_most(middle) < margin else (low, middle)
    return float(norm.sf(low))


def equivalent_contrasts(ratios: list[Finding], low: float, high: float) -> Finding:
    """Test that the variance of every linear contrast is preserved to within [low, high].

    Parameters
    ----------
    ratios : list of Finding
        The two of :func:`synthmix.drift.moments.spectrum.var_ratio_range`.
    low, high : float
        Tolerated ratios, around 1.

    Returns
    -------
    Finding
        `equivalent_contrasts`: the p-value is the larger of the two one-sided ones that belong to the outer bounds
        ``l_max / (1 - z se)`` and ``l_min / (1 + z se)``; small means equivalent.

    Raises
    ------
    OptionError
        For margins that do not surround 1.
    """
    from scipy.stats import norm

    if not 0.0 < low < 1.0 < high:
        raise OptionError(f"low={low}, high={high}: give ratios around 1")
    least, largest = ratios
    if least.value != least.value or largest.value != largest.value:
        return replace(least, metric="equivalent_contrasts", variant="", value=NAN)
    relative = [one.se / one.value if one.value > 0.0 else np.inf for one in ratios]
    gaps = (least.value / low - 1.0, 1.0 - largest.value / high)
    ps = [norm.sf(gap / se) if se > 0.0 else float(gap < 0.0) for gap, se in zip(gaps, relative, strict=True)]
    return Finding(
        metric="equivalent_contrasts",
        family="moments",
        scope="joint",
        value=max(float(largest.value), 1.0 / max(float(least.value), 1e-300)),
        better="target",
        target=1.0,
        p_value=float(max(ps)),
        n_real=least.n_real,
        n_synth=least.n_synth,
        method=f"two one-sided tests of the extreme contrasts, ratios {low:g} to {high:g}",
        note="a small p-value shows equivalence",
    )
