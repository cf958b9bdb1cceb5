"""Whatever a user may give as a generator, as a Generator."""

from __future__ import annotations

from typing import Any

from synthmix.collapse.generators.base import Generator
from synthmix.collapse.generators.density import Density
from synthmix.collapse.generators.mixup import Mixup
from synthmix.collapse.generators.outside import FitSample, Function
from synthmix.collapse.generators.specs import generator_of
from synthmix.errors import OptionError
from synthmix.synthesizer import MixupSynthesizer

_ACCEPTED = (
    "a word such as 'epbeta:delta=.05', a MixupSynthesizer, a density of scikit-learn, an object with fit(table) and "
    "sample(n_rows), or a function f(table, n_rows, seed)"
)


def resolve_generator(name: str | None, given: object) -> Generator:
    """Return what was given as a generator of a study.

    Parameters
    ----------
    name : str, optional
        How the study calls it; by default the word itself, or the name of the class or function.
    given : str, Generator, MixupSynthesizer, density, object with fit and sample, or callable
        Words: "bootstrap", "gaussian", "independent", or a law of weights with options, see :func:`generator_of`.

    Raises
    ------
    OptionError
        For an unknown word or option, a class that was not called, or any other object.
    """
    generator = _resolved(given)
    return generator if name is None else generator.named(str(name))


def _resolved(given: Any) -> Generator:
    if isinstance(given, Generator):
        return given
    if isinstance(given, str):
        return generator_of(given)
    if isinstance(given, MixupSynthesizer):
        return Mixup(given)
    if isinstance(given, type):
        raise OptionError(f"generator {given.__name__} is a class; call it: {given.__name__}(...)")
    both = callable(getattr(given, "fit", None)) and callable(getattr(given, "sample", None))
    if both and callable(getattr(given, "get_params", None)) and type(given).__module__.split(".")[0] == "sklearn":
        return Density(given)
    if both:
        return FitSample(given)
    if callable(given):
        return Function(given)
    raise OptionError(f"generator {given!r} of type {type(given).__name__} cannot be used; give {_ACCEPTED}")
