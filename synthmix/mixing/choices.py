"""Which weights law and which pairing a synthesizer has, where its user left that open."""

from __future__ import annotations

import numbers
from typing import Any, NamedTuple

from synthmix.arguments import one_of, threads_of
from synthmix.errors import OptionError
from synthmix.mixing.source import DONORS
from synthmix.pairing import Chained, Nearest, Pairing, resolve_pairing
from synthmix.weights import Rotation, Sphere, WeightsLaw, resolve_weights

_PARENTS = 3  # of a chained cell: with fewer a sphere has two points, with more values drift towards the mean


class Rule(NamedTuple):
    """How rows meet, and how much of each there is in a new one."""

    pairing: Pairing
    law: WeightsLaw


def rule_of(synthesizer: Any) -> Rule:
    """Return the rule of a synthesizer, fitted or not, by its parameters."""
    said = (getattr(synthesizer, name) for name in ("weights", "pairing", "encoding", "discrete", "dtype"))
    return rule_for(*said)


def rule_for(
    weights: WeightsLaw | str | None,
    pairing: Pairing | str | None,
    encoding: Any,
    discrete: str = "donor",
    dtype: str = "float64",
) -> Rule:
    """Return the rule for what a user said.

    Where both are left open, normal scores are chained (decisions 0014 and 0018). Numbers in their own units, latent
    coordinates and levels that are mixed as scores are rotated among near rows instead. A law that is named without a
    pairing mixes near rows as well: what was asked for there is a whole row.

    Raises
    ------
    OptionError
        As ``law_for``, and for an unknown pairing.
    """
    if pairing is None:
        plain = isinstance(encoding, str) and (encoding, discrete, dtype) == ("normal", "donor", "float64")
        pairing = Chained() if plain and weights is None else Nearest()
    found = resolve_pairing(pairing)
    return Rule(found, law_for(weights, found))


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


def check_options(synthesizer: Any, pairing: Pairing) -> None:
    """Refuse options of a synthesizer that no later step would look at.

    Raises
    ------
    OptionError
        For unknown words, and for a precision or an encoding that does not go with the others.
    """
    encoding, dtype = synthesizer.encoding, synthesizer.dtype
    if isinstance(pairing, Chained) and (dtype == "float32" or not isinstance(encoding, str)):
        given = "dtype='float32'" if dtype == "float32" else f"encoding={encoding!r}"
        raise OptionError(f"{given} does not go with chained pairing, whose trees look at the table's own columns")
    _check_privacy(synthesizer.privacy, pairing)
    one_of("donor", synthesizer.donor, DONORS)
    threads_of(synthesizer.n_jobs)
    one_of("dtype", dtype, ("float64", "float32"))
    if dtype == "float32" and not isinstance(encoding, str):
        raise OptionError(
            "dtype='float32' needs encoding='raw': trained maps work in float64; leave dtype out, or mix in the "
            "data's own units"
        )
    if dtype == "float32" and encoding != "raw":
        raise OptionError(
            "dtype='float32' needs encoding='raw': the normal scores of many rows differ by less than float32 can "
            "tell; leave dtype out, or mix in the data's own units"
        )


def _check_privacy(privacy: object, pairing: Pairing) -> None:
    """Refuse a privacy that is no share, or that nothing would follow from."""
    if privacy is None:
        return
    real = isinstance(privacy, numbers.Real) and not isinstance(privacy, bool)
    if not real or not 0.5 < float(privacy) <= 1.0:  # type: ignore[arg-type]
        raise OptionError(
            f"privacy={privacy!r}: give the share of rows that may be nearer to those that they are made from, above "
            "0.5, which is chance, and at most 1"
        )
    if not isinstance(pairing, Chained) or pairing.leaf is not None:
        raise OptionError(
            f"privacy={privacy!r} chooses the leaf of chained pairing, but the pairing is {pairing!r}; give "
            "pairing=Chained() without a leaf, or leave privacy out"
        )
