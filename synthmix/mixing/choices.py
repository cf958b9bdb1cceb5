"""Which weights law goes with which pairing."""

from __future__ import annotations

from synthmix.errors import OptionError
from synthmix.pairing import Chained, Pairing
from synthmix.weights import Rotation, Sphere, WeightsLaw, resolve_weights

_PARENTS = 3  # of a chained cell: with fewer a sphere has two points, with more values drift towards the mean


def law_for(weights: WeightsLaw | str | None, pairing: Pairing) -> WeightsLaw:
    """Return the weights law for what a user said; None is ``Sphere(3)`` for chained pairing, else ``Rotation()``.

    Raises
    ------
    OptionError
        For an unknown law, and for one that mixes whole groups of rows where each column has parents of its own.
    """
    chained = isinstance(pairing, Chained)
    if weights is None:
        return Sphere(_PARENTS) if chained else Rotation()
    law = resolve_weights(weights)
    if chained and law.grouped:
        raise OptionError(
            f"weights={law!r} mix whole groups of rows, but chained pairing gives each column parents of its own; "
            "leave weights out, or give 'sphere', 'epbeta' or another law of single rows"
        )
    return law
