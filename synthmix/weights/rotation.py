"""Group rotation: the weights of k rows at once, as an orthogonal matrix that fixes the mean of the group."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from synthmix.weights import checks
from synthmix.weights.base import WeightsLaw
from synthmix.weights.largest_weight import angle_density, angles, expected_max_given_first, integral
from synthmix.weights.law_data import ROTATION, LawData, law_data
from synthmix.weights.moments import WeightMoments
from synthmix.weights.special import FloatArray, gauss_legendre
from synthmix.weights.sphere_moments import fixed_first, full_sphere, given_first


@dataclass(frozen=True)
class Rotation(WeightsLaw):
    """Rotate disjoint groups of k rows by random orthogonal matrices Q with Q 1 = 1.

    Keeps sums and cross-products of the table, hence mean, covariance, correlations and every regression of columns on
    columns, exactly in every draw, however the groups are formed. Excess kurtosis and skewness of randomly grouped rows
    are multiplied by the p_4 and p_3 below (large n); local groups lose only the part inside the groups.

    Parameters
    ----------
    k : int
        Rows in a group, 3 to 256. With two rows only the identity and the swap fix the mean.
    strength : float
        1e-6 to 1. The expected squared displacement of a row is `strength` times that of a uniform rotation; the
        expected weight of a row's own values is 1 - strength (1 - 1/k). Useful are strengths up to .25, and 1: in
        between rows move less than at 1, but skewness and kurtosis may be kept less well.

    Raises
    ------
    OptionError
        For values outside these ranges.

    Notes
    -----
    Q = J + H' O H with J = 11'/k and Helmert rows H. Strength 1: O is Haar, and a row of Q has the law of
    :class:`Sphere`. Below 1: O = V diag(R(t), ..., R(t)[, 1]) V', V Haar, R(t) a plane rotation, with
    cos t = 1 - strength for odd k and 1 - strength (k-1)/(k-2) for even k.

    The declared moments are those of one row of Q. The law of O is invariant under conjugation, so that given its own
    weight a the rest of the row is uniform on the sphere that is left: for odd k a is constant, for even k
    a = 1/k + (1-1/k)(cos t + (1 - cos t) x^2), x a coordinate of a uniform unit vector in k-1 dimensions.

    Examples
    --------
    >>> round(Rotation(5, strength=0.25).moments().label_noise, 4)
    0.2
    """

    k: int = 5
    strength: float = 1.0
    law_name: ClassVar[str] = "rotation"
    grouped: ClassVar[bool] = True

    def __post_init__(self) -> None:
        remedy = "give k=3 or more; only two rows can be swapped, not mixed, with their mean fixed"
        object.__setattr__(self, "k", checks.parents(self.k, 3, remedy))
        remedy = "1 rotates fully, 0.1 moves rows little, and 0 would copy every row"
        object.__setattr__(self, "strength", checks.between("strength", self.strength, 1e-6, 1.0, remedy))

    def moments(self) -> WeightMoments:
        """Return the moments of one row of Q; the row's own weight is the first."""
        return rotation_moments(self.k, self.strength)

    def kernel_data(self) -> LawData:
        """Return the law as arrays."""
        return law_data(ROTATION, self.k, params=(self.strength,))

    def parameters(self) -> dict[str, Any]:
        """Return k and strength."""
        return {"k": self.k, "strength": self.strength}


@lru_cache(maxsize=64)
def rotation_moments(k: int, strength: float) -> WeightMoments:
    """Return the moments of a row of the rotation of k rows; groups of a table can be larger than the law's k."""
    if strength == 1.0:
        return full_sphere(k)
    if k % 2 == 1:
        return fixed_first(k, 1.0 - strength * (1.0 - 1.0 / k))
    return _even(k, 1.0 - strength * (k - 1.0) / (k - 2.0))


def _even(k: int, cosine: float) -> WeightMoments:
    """Return the moments for even k, averaged over the angle between a row and the fixed axis of the rotation."""

    def own(angle: FloatArray) -> FloatArray:
        return np.asarray(1.0 / k + (1.0 - 1.0 / k) * (cosine + (1.0 - cosine) * np.cos(angle) ** 2))

    def density(angle: FloatArray) -> FloatArray:
        return np.asarray(2.0 * angle_density(k) * np.sin(angle) ** (k - 3))

    # The expected maximum has kinks where the own weight passes an angle of the sphere of k weights.
    square = (np.cos(angles(k)) - cosine) / (1.0 - cosine)
    kinks = np.arccos(np.sqrt(square[(square > 0.0) & (square < 1.0)]))
    breaks = np.unique(np.concatenate([[0.0], kinks, np.linspace(0.0, 0.5 * np.pi, 9)[1:]]))
    largest = integral(lambda x: density(x) * expected_max_given_first(k, own(x)), breaks)
    nodes, weights = gauss_legendre(breaks[:-1], breaks[1:], 24)
    angle = nodes.ravel()
    return given_first(k, own(angle), weights.ravel() * density(angle), float(largest(breaks[-1:])[0]))
