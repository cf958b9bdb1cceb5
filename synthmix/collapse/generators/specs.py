"""Generators by a word, as the command line names them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from synthmix.arguments import options_of, plain_value
from synthmix.collapse.generators.base import Generator
from synthmix.collapse.generators.bootstrap import Bootstrap, IndependentColumns
from synthmix.collapse.generators.gaussian import GaussianRefit
from synthmix.collapse.generators.mixup import Mixup
from synthmix.errors import OptionError, did_you_mean
from synthmix.synthesizer import MixupSynthesizer
from synthmix.weights.registry import LAWS

CONTROLS: dict[str, Callable[..., Generator]] = {
    "bootstrap": Bootstrap,
    "gaussian": GaussianRefit,
    "independent": IndependentColumns,
}
# Options of the synthesizer that a word may set beside those of the law. Studies mix raw values of random partners
# unless told otherwise: the closed forms of covariance, kurtosis and drift are those of this case.
_MIXING = {"pairing": "random", "encoding": "raw", "grid": "auto", "discrete": "donor", "donor": "largest"}


def generator_of(spec: str) -> Generator:
    """Return the generator of a word such as "epbeta:delta=.05" or "rotation:5,pairing=nearest,encoding=normal".

    Parameters
    ----------
    spec : str
        ``name[:first][,option=value]...``. Names: "bootstrap", "gaussian" (option divisor), "independent", and the laws
        of weights: "beta", "uniform", "epbeta", "dirichlet", "sphere", "rotation", "hybrid" with their own options, the
        first of which may stand without its name ("beta:0.2" is "beta:a=0.2"). Laws also take pairing ("random" unless
        given), encoding ("raw" unless given), grid, discrete and donor.

    Raises
    ------
    OptionError
        For an unknown name or option, or a value out of range.

    Notes
    -----
    A library default serves the user of one table: nearest partners, normal scores. A study compares with theory: with
    random partners and raw values the covariance factor, the kurtosis map and the drift of a variance are known.
    """
    name, _, rest = spec.strip().partition(":")
    name = name.strip()
    build = CONTROLS.get(name) or LAWS.get(name)
    if build is None:
        raise OptionError(f"unknown generator {spec!r}{did_you_mean(name, (*CONTROLS, *LAWS))}")
    mixing = _MIXING if name in LAWS else {}
    own = [word for word in inspect.signature(build).parameters if word not in ("n_rows", "scheme")]
    words = options_of(f"generator {spec!r}", rest, [*own, *mixing], unnamed=min(1, len(own)))
    options = {word: plain_value(text) for word, text in words.items()}
    chosen = {word: str(options.pop(word, default)) for word, default in mixing.items()}
    try:
        made: Any = build(**options)
        generator = made if isinstance(made, Generator) else Mixup(MixupSynthesizer(made, **chosen))  # type: ignore[arg-type]
    except (TypeError, OptionError) as error:  # a text where a number belongs, or out of range
        raise OptionError(f"generator {spec!r}: {error}") from error
    return generator.named(spec.strip())
