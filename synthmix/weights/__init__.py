"""The laws of mixing weights: how much of each parent a synthetic row takes.

==============  =========  =====================================================================================
law             parents    keeps, for independent rows, in expectation unless said otherwise
==============  =========  =====================================================================================
Beta, Uniform   2          mean
Dirichlet       k          mean
EpBeta          2          mean, covariance, third central moments; tails grow
Sphere          k          mean, covariance; shape drifts to Gaussian
Hybrid          k          mean, covariance, one value of the kurtosis
Rotation        k rows     mean, covariance and linear models exactly in every draw; shape drifts to Gaussian
Custom          any        mean, and what its moments say
==============  =========  =====================================================================================

No law keeps mean, covariance, skewness and every kurtosis, except one that copies rows.
"""

from __future__ import annotations

from synthmix.weights.base import WeightsLaw
from synthmix.weights.beta import Beta
from synthmix.weights.custom import Custom
from synthmix.weights.dirichlet import Dirichlet
from synthmix.weights.epbeta import EpBeta
from synthmix.weights.epbeta_solver import largest_delta
from synthmix.weights.finite_sample import Scheme, covariance_factor, mean_variance_factor, required_qbar
from synthmix.weights.hybrid import Hybrid
from synthmix.weights.law_data import LawData
from synthmix.weights.moments import Preservation, WeightMoments
from synthmix.weights.registry import from_name, law_from_dict, resolve_weights
from synthmix.weights.rotation import Rotation, rotation_moments
from synthmix.weights.sphere import Sphere
from synthmix.weights.uniform import Uniform

__all__ = [
    "Beta",
    "Custom",
    "Dirichlet",
    "EpBeta",
    "Hybrid",
    "LawData",
    "Preservation",
    "Rotation",
    "Scheme",
    "Sphere",
    "Uniform",
    "WeightMoments",
    "WeightsLaw",
    "covariance_factor",
    "from_name",
    "largest_delta",
    "law_from_dict",
    "mean_variance_factor",
    "required_qbar",
    "resolve_weights",
    "rotation_moments",
]
