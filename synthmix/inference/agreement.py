"""Shares of coefficients that agree in sign or significance, with what chance alone would make of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.noise import Z95
from synthmix.inference.coefficients import Coefficients

Floats = NDArray[np.float64]
Chance = Callable[[Floats, float], Floats]
_DRAWS = 1999


def sign_chance(towards: Floats, noise: float) -> Floats:
    """Return the chance of an equal sign; `towards` are means of z-values, positive on the side of the real sign."""
    from scipy.special import ndtr

    chance: Floats = ndtr(towards / noise)
    return chance


def significance_chance(towards: Floats, noise: float, significant: NDArray[np.bool_], z: float) -> Floats:
    """Return the chance of the same conclusion: significant with that sign, or not significant."""
    from scipy.special import ndtr

    beyond, against = ndtr((towards - z) / noise), ndtr((-z - towards) / noise)
    chance: Floats = np.where(significant, beyond, np.maximum(1.0 - beyond - against, 0.0))
    return chance


def agreement_findings(compared: Coefficients, alpha: float, what: dict[str, Any]) -> list[Finding]:
    """Return sign_agreement and significance_agreement.

    The null is what a perfect generator of as many rows reaches. The interval is about the mean over other syntheses of
    that size: :func:`agreement_limits`.
    """
    from scipy.special import ndtri

    table = compared.table[compared.table["usable"]]
    z, noise = float(ndtri(1.0 - alpha / 2.0)), 1.0 / math.sqrt(compared.syntheses)
    effect = (table["real"] / table["se_real"]).to_numpy(np.float64)
    side, significant = np.where(effect < 0.0, -1.0, 1.0), np.abs(effect) > z
    seen = side * (table["synthetic"] / table["se_synthetic"]).to_numpy(np.float64)
    correlation = compared.correlation * np.outer(side, side)
    ideal = np.abs(effect) * math.sqrt(compared.n_synth / compared.n_real)
    rules: dict[str, tuple[str, Chance, Floats]] = {
        "sign_agreement": ("same_sign", sign_chance, np.zeros_like(seen)),
        "significance_agreement": (
            "same_significance",
            lambda towards, spread: significance_chance(towards, spread, significant, z),
            np.where(significant | (seen > 0.0), z, -z),
        ),
    }
    found = []
    for name, (column, chance, cut) in rules.items():
        value, ideally = float(table[column].mean()), chance(ideal, noise)
        spread = math.sqrt(float((ideally * (1.0 - ideally)).sum())) / len(table)
        center = float(ideally.mean())
        agrees = np.where(significant | (cut <= 0.0), 1.0, -1.0)
        low, high = agreement_limits(value, seen, cut, agrees, correlation, chance, noise)
        found.append(
            Finding(
                metric=name, family="inference", scope="model", value=value, better="high", null_kind="closed_form",
                null_center=center, null_low=max(0.0, center - Z95 * spread),
                null_high=min(1.0, center + Z95 * spread), ci_low=low, ci_high=high,
                ci_method="95 %, other syntheses of this size", method=f"share of {len(table)} coefficients",
                note=compared.note, **what,
            )
        )  # fmt: skip
    return found


def agreement_limits(
    value: float, seen: Floats, cut: Floats, side: Floats, correlation: Floats, chance: Chance, noise: float
) -> tuple[float, float]:
    """Return 95 % limits of the mean share of coefficients that agree, over syntheses of one size.

    Parameters
    ----------
    value : float
        The share that was seen, which has that mean.
    seen : array, shape (p,)
        z-values of the synthetic rows, positive on the side of the real sign.
    cut : array, shape (p,)
        The nearest z-value where agreement changes.
    side : array, shape (p,)
        1 where larger z-values agree, -1 where smaller ones do.
    correlation : array, shape (p, p)
        Of the z-values.
    chance : callable
        Of agreement, for means of z-values and their standard deviation.
    noise : float
        Standard deviation of a z-value, 1 for one synthesis.

    Notes
    -----
    How far the share strays from its mean depends on the z-values' means, which are not known; plugging in the seen
    values makes intervals too short, since they look surer than their means are. Each mean is taken as near to its cut
    as the seen value allows at 95 %, and the z-values are drawn around those. Of few coefficients the share tells
    little of its mean: limits are at least as wide as those of means that all move together. Draws have one fixed seed,
    as if the integral were solved.
    """
    gap = seen - cut
    means = cut + np.sign(gap) * np.maximum(np.abs(gap) - Z95 * noise, 0.0)
    roots, vectors = np.linalg.eigh(correlation)
    drawn = np.random.Generator(np.random.Philox(key=0)).standard_normal((_DRAWS, seen.size))
    around = means + noise * (drawn * np.sqrt(np.maximum(roots, 0.0))) @ vectors.T
    strays = (chance(around, 1e-300) > 0.5).mean(axis=1) - float(chance(means, noise).mean())
    low, high = np.quantile(strays, [0.025, 0.975], method="inverted_cdf")
    shift = Z95 * noise * math.sqrt(max(float(correlation.mean()), 0.0)) * side
    less, more = (float(chance(seen + step, noise).mean()) for step in (-shift, shift))
    return max(0.0, min(value - float(high), value, less)), min(1.0, max(value - float(low), value, more))
