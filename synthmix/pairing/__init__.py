"""Pairing rules: which rows meet.

=====================  ==============================================================================
:class:`Random`        any rows of the table
:class:`Cyclic`        each row with those at random distances on a circle
:class:`WithinClass`   rows of the same class; another rule chooses inside
:class:`Nearest`       rows of the same leaf of a random-projection tree, a fresh tree for each pass
:class:`Chained`       for each column, rows of the same leaf of a tree on the other columns
=====================  ==============================================================================
"""

from __future__ import annotations

from typing import Any

from synthmix.errors import OptionError, did_you_mean
from synthmix.pairing.base import Cells, Neighbourhood, Pairing
from synthmix.pairing.chained import Chained
from synthmix.pairing.cyclic import Cyclic
from synthmix.pairing.nearest import Nearest
from synthmix.pairing.random import Random
from synthmix.pairing.within_class import WithinClass

__all__ = [
    "Cells",
    "Chained",
    "Cyclic",
    "Nearest",
    "Neighbourhood",
    "Pairing",
    "Random",
    "WithinClass",
    "resolve_pairing",
]

_BY_NAME: dict[str, type[Pairing]] = {
    "random": Random,
    "cyclic": Cyclic,
    "within_class": WithinClass,
    "nearest": Nearest,
    "chained": Chained,
}


def resolve_pairing(pairing: Pairing | str) -> Pairing:
    """Return the pairing rule for an object or a short name.

    Raises
    ------
    OptionError
        For an unknown name or another type.
    """
    if isinstance(pairing, Pairing):
        return pairing
    if isinstance(pairing, str) and pairing in _BY_NAME:
        return _BY_NAME[pairing]()
    if isinstance(pairing, str):
        raise OptionError(f"pairing={pairing!r} is no known pairing{did_you_mean(pairing, _BY_NAME)}")
    if isinstance(pairing, type) and issubclass(pairing, Pairing):
        raise OptionError(f"pairing={pairing.__name__} is a class; call it, for example {pairing.__name__}()")
    raise OptionError(f"pairing={pairing!r}: give one of {sorted(_BY_NAME)} or an object of synthmix.pairing")


def pairing_from_dict(described: dict[str, Any]) -> Pairing:
    """Return the pairing rule that ``to_dict`` described."""
    classes = {cls.__name__: cls for cls in _BY_NAME.values()}
    options = dict(described)
    name = options.pop("name")
    if name not in classes:
        raise OptionError(f"unknown pairing {name!r} in the description{did_you_mean(name, classes)}")
    if "pairing" in options:
        options["pairing"] = pairing_from_dict(options["pairing"])
    return classes[name](**options)
