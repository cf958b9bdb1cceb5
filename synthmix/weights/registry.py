"""Laws by their short names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from synthmix.errors import OptionError, did_you_mean
from synthmix.weights.base import WeightsLaw
from synthmix.weights.beta import Beta
from synthmix.weights.custom import Custom
from synthmix.weights.dirichlet import Dirichlet
from synthmix.weights.epbeta import EpBeta
from synthmix.weights.hybrid import Hybrid
from synthmix.weights.rotation import Rotation
from synthmix.weights.sphere import Sphere
from synthmix.weights.uniform import Uniform

# A law without sensible defaults (Custom) is known by name only to law_from_dict.
LAWS: dict[str, type[WeightsLaw]] = {
    law.law_name: law for law in (Beta, Uniform, EpBeta, Dirichlet, Sphere, Rotation, Hybrid)
}
_STORED: dict[str, type[WeightsLaw]] = {**LAWS, Custom.law_name: Custom}


def from_name(name: str) -> WeightsLaw:
    """Return the law `name` with its default parameters.

    Parameters
    ----------
    name : {"beta", "uniform", "epbeta", "dirichlet", "sphere", "rotation", "hybrid"}
        Short name.

    Raises
    ------
    OptionError
        For any other name; near names are listed.
    """
    if name in LAWS:
        return LAWS[name]()
    hint = did_you_mean(name.partition(":")[0], LAWS)
    if ":" in name:
        hint += " Give parameters by an object of synthmix.weights, such as Beta(a=0.2)"
    if name in ("chained", "nearest", "random", "cyclic", "within_class"):
        hint = f"; it is a pairing: give pairing={name!r}"
    raise OptionError(f"weights={name!r} is no known law{hint}")


def resolve_weights(weights: WeightsLaw | str) -> WeightsLaw:
    """Return `weights` as a law: a law itself, or the short name of one.

    Raises
    ------
    OptionError
        For an unknown name, a class that was not called, or any other object.
    """
    if isinstance(weights, WeightsLaw):
        return weights
    if isinstance(weights, str):
        return from_name(weights)
    if isinstance(weights, type) and issubclass(weights, WeightsLaw):
        raise OptionError(f"weights={weights.__name__} is a class; call it, for example {weights.__name__}(...)")
    raise OptionError(
        f"weights={weights!r} has type {type(weights).__name__}; give a law such as EpBeta(delta=0.05) "
        f"or a name{did_you_mean('', LAWS)}"
    )


def law_from_dict(data: Mapping[str, Any]) -> WeightsLaw:
    """Return the law that :meth:`WeightsLaw.to_dict` wrote; raise OptionError for anything else."""
    name = data.get("law")
    if name not in _STORED:
        raise OptionError(f"law={name!r} is no known law{did_you_mean(name, _STORED)}")
    parameters = {str(key): value for key, value in data.items() if key != "law"}
    try:
        return _STORED[name](**parameters)
    except TypeError as error:
        raise OptionError(f"law {name!r} with {sorted(parameters)}: {error}; write it with to_dict") from error
