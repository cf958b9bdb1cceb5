"""A law of mixing weights from its short forms."""

from __future__ import annotations

import inspect
import numbers
from typing import TypeAlias

from synthmix.arguments import options_of
from synthmix.errors import OptionError, did_you_mean
from synthmix.weights import Beta, WeightsLaw, resolve_weights
from synthmix.weights.registry import LAWS

LawLike: TypeAlias = WeightsLaw | str | float | None

NO_MIXING = "none"


def resolve_law(law: LawLike) -> WeightsLaw | None:
    """Return the law that `law` stands for; None is no mixing at all, lam = 1 in every draw.

    Parameters
    ----------
    law : WeightsLaw, str, float or None
        A law of :mod:`synthmix.weights`; a number a for Beta(a, a); a name such as ``"uniform"``, with parameters as
        ``"beta:0.2"``, ``"beta:2,0.7"`` or ``"epbeta:delta=0.05,eps=0.3"``. The number 0, ``"beta:0"``, ``"none"`` and
        None are plain training without mixing.

    Notes
    -----
    A tiny positive a, such as 1e-8, is the Beta law itself: lam is 0 or 1, each half of the time, so that rows and
    labels are copies, of the row or of its partner. Only 0 means that every row stays itself.

    Raises
    ------
    OptionError
        For an unknown name, a parameter that is no number or out of range.
    """
    if law is None or law == NO_MIXING:
        return None
    if isinstance(law, numbers.Real) and not isinstance(law, bool):
        return None if law == 0 else Beta(float(law))
    if isinstance(law, str) and ":" in law:
        return _from_text(law)
    return resolve_weights(law)  # type: ignore[arg-type]  # it says what is wrong with any other object


def one_sided_mean(law: LawLike) -> float:
    """Return 1 - c = 1 - E sum w^2, the expected weight of the partner in the one-sided form of mixup.

    For losses that are linear in the label, mixup is training with the row's own label on lam' x_i + (1 - lam') x_j,
    lam' of another law, with E[1 - lam'] = 1 - c: a / (2 a + 1) for Beta(a, a). It is 0 for laws that keep the
    covariance (EpBeta, Sphere) and without mixing. It is the coefficient of :func:`synthmix.torch.mixupe_loss`.

    Raises
    ------
    OptionError
        As :func:`resolve_law`.
    """
    found = resolve_law(law)
    return 0.0 if found is None else 1.0 - found.moments().c


def _from_text(text: str) -> WeightsLaw | None:
    """Return the law of ``name:parameters``."""
    name, _, rest = text.partition(":")
    if name.strip() not in LAWS:
        raise OptionError(f"law={text!r}: {name!r} is no known law{did_you_mean(name, LAWS)}")
    build = LAWS[name.strip()]
    known = tuple(inspect.signature(build).parameters)
    try:
        words = options_of(f"law={text!r}", rest, known, unnamed=len(known))
        values = {word: _number(text, value) for word, value in (words or {"": ""}).items()}
    except OptionError as error:
        raise OptionError(f"{error}; write for example 'beta:0.2' or 'beta:a=2,b=0.7'") from error
    if name.strip() == Beta.law_name and list(values.values()) == [0]:
        return None
    return build(**values)


def _number(text: str, value: str) -> float:
    try:
        return float(value) if any(mark in value for mark in ".eE") else int(value)
    except ValueError as error:
        raise OptionError(f"law={text!r}: {value!r} is no number") from error
