"""Families by their names."""

from __future__ import annotations

from synthmix.errors import OptionError, did_you_mean
from synthmix.families.base import Family
from synthmix.families.classes import Bernoulli, Categorical
from synthmix.families.counts import Geometric, NegativeBinomial, Poisson
from synthmix.families.gaussian import Gaussian, Lognormal
from synthmix.families.multivariate import DiagonalNormal, MultivariateNormal
from synthmix.families.positive import Beta, Exponential, Gamma

_BY_NAME: dict[str, type[Family]] = {
    family.name: family
    for family in (
        Gaussian,
        Lognormal,
        DiagonalNormal,
        MultivariateNormal,
        Categorical,
        Bernoulli,
        Poisson,
        Geometric,
        NegativeBinomial,
        Exponential,
        Gamma,
        Beta,
    )
}
_NOT_CLOSED = ("laplace", "student_t", "mixture")


def resolve_family(family: Family | str) -> Family:
    """Return the family for an object or a name.

    Parameters
    ----------
    family : Family or str
        A family, or one of "gaussian", "lognormal", "diagonal_normal", "multivariate_normal", "categorical",
        "bernoulli", "poisson", "geometric", "exponential", "gamma", "beta".

    Raises
    ------
    OptionError
        For another name, for a family that needs an argument, or for another type.
    """
    if isinstance(family, Family):
        return family
    if isinstance(family, type) and issubclass(family, Family):
        raise OptionError(f"family={family.__name__} is a class; call it, for example {family.__name__}(...)")
    if not isinstance(family, str):
        raise OptionError(f"family={family!r}: give one of {sorted(_BY_NAME)} or an object of synthmix.families")
    if family == NegativeBinomial.name:
        raise OptionError("family='negative_binomial' has a fixed r; give NegativeBinomial(r=...) of synthmix.families")
    if family in _NOT_CLOSED:
        raise OptionError(
            f"family={family!r} is no exponential family, and its pools leave it; choose from {sorted(_BY_NAME)}"
        )
    if family not in _BY_NAME:
        raise OptionError(f"unknown family {family!r}{did_you_mean(family, _BY_NAME)}")
    return _BY_NAME[family]()
