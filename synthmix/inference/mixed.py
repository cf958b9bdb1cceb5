"""How the rows of a synthesizer meet, and whether closed forms for least squares hold for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from synthmix.errors import InputError, OptionError
from synthmix.inference.factors import Meeting, VarianceFactors, variance_factors
from synthmix.mixing.choices import rule_of
from synthmix.mixing.source import Source
from synthmix.pairing import Chained, Pairing
from synthmix.synthesizer import MixupSynthesizer
from synthmix.weights import WeightMoments, WeightsLaw

INSTEAD = "use synthmix.inference.resynthesis_bootstrap"
_QUOTED = re.compile(r"""^Q\((["'])(.*)\1\)$""")
_CHANGED = re.compile(r"[(:*^]")
_CONSTANTS = ("Intercept", "const", "1")


@dataclass(frozen=True)
class Mixed:
    """What the closed forms need of a synthesizer.

    Attributes
    ----------
    moments : WeightMoments
    meeting : {"iid", "distinct", "anchor", "cyclic", "groups"}
    n_real : int
    local : bool
        Whether rows meet near ones.
    classes : tuple of str
        Columns that define the classes in which rows meet.
    numeric, discrete : tuple of str
        Columns that are mixed and columns that are copied, () where the synthesizer is not fitted.
    """

    moments: WeightMoments
    meeting: Meeting
    n_real: int
    local: bool
    classes: tuple[str, ...]
    numeric: tuple[str, ...]
    discrete: tuple[str, ...]

    def factors(self, n_synth: int, start: int) -> VarianceFactors:
        """Return the factors for rows `start` to ``start + n_synth - 1``.

        Raises
        ------
        OptionError
            For local pairing, unless groups are rotated over whole passes.
        """
        whole = start % self.n_real == 0 and n_synth % self.n_real == 0
        if self.local and not (self.meeting == "groups" and whole):
            raise OptionError(
                f"pairing near rows has no closed form here, unless groups are rotated over whole passes (multiples of "
                f"{self.n_real} rows); {INSTEAD}"
            )
        return variance_factors(self.moments, self.meeting, self.n_real, n_synth, start=start)


def describe(generator: MixupSynthesizer, n_real: int | None) -> Mixed:
    """Return how the rows of a synthesizer, fitted or not, meet.

    Raises
    ------
    OptionError
        When rows are not mixed in the data's own units, or the number of real rows is not known.
    InputError
        When patterns of missing values keep rows apart.
    """
    if not isinstance(generator, MixupSynthesizer):
        raise OptionError(f"generator of type {type(generator).__name__}: give a MixupSynthesizer, or {INSTEAD}")
    if generator.encoding != "raw":
        raise OptionError(f"encoding={generator.encoding!r} is not linear in the data's units; {INSTEAD}")
    if isinstance(rule_of(generator).pairing, Chained):
        raise OptionError(f"chained pairing has no closed form: each column has parents of its own; {INSTEAD}")
    executor = getattr(generator, "_executor", None)
    return _unfitted(generator, n_real) if executor is None else _fitted(generator, executor.source, n_real)


def _fitted(generator: MixupSynthesizer, source: Source, n_real: int | None) -> Mixed:
    if n_real is not None and n_real != source.n_rows:
        raise OptionError(f"n_real={n_real!r}, but the synthesizer was fitted to {source.n_rows} rows; leave it out")
    if source.has_missing:
        raise InputError(f"rows with different patterns of missing values do not meet; {INSTEAD}")
    if source.plan.copied_rows:
        raise InputError(f"{source.plan.copied_rows} rows of small classes are copied, not mixed; {INSTEAD}")
    kinds = {info.name: info.role for info in generator.columns_}
    classes = tuple(generator._state["class_columns"])
    return Mixed(
        moments=source.law.moments(),
        meeting=_meeting(source.law, source.pairing),
        n_real=source.n_rows,
        local=source.pairing.local,
        classes=classes,
        numeric=tuple(name for name, role in kinds.items() if role == "continuous"),
        discrete=tuple(name for name, role in kinds.items() if role == "discrete" and name not in classes),
    )


def _unfitted(generator: MixupSynthesizer, n_real: int | None) -> Mixed:
    pairing, law = rule_of(generator)
    if n_real is None:
        raise OptionError(
            "the synthesizer is not fitted: give n_real, the number of rows that it was, or will be, fitted to"
        )
    if pairing.class_columns is None:
        raise OptionError("WithinClass() without columns: fit the synthesizer, or name the class columns")
    meeting = _meeting(law, pairing)
    law = law if meeting == "groups" or pairing.class_columns else law.corrected(n_real, pairing.scheme)
    return Mixed(law.moments(), meeting, n_real, pairing.local, pairing.class_columns, (), ())


def _meeting(law: WeightsLaw, pairing: Pairing) -> Meeting:
    return "groups" if law.grouped else pairing.scheme


def check_terms(mixed: Mixed, endog: str, terms: Sequence[str]) -> tuple[str, ...]:
    """Return the terms that belong to class columns; refuse terms whose coefficients mixing does not keep.

    Raises
    ------
    OptionError
        For a response or a regressor that is copied from a donor, or is a function of columns; for classes that the
        model leaves out.
    """
    of_classes = tuple(name for name in terms if any(_names(name, column) for column in mixed.classes))
    for name in (endog, *terms):
        copied = [column for column in mixed.discrete if _names(name, column)]
        if copied:
            raise OptionError(
                f"{name!r}: column {copied[0]!r} is copied from one parent while others are mixed, which biases its "
                f"coefficients; {INSTEAD}, and look at its bias"
            )
        if name in _CONSTANTS or name in of_classes:
            continue
        plain = _plain(name)
        if plain not in mixed.numeric and (_CHANGED.search(name) and plain == name):
            raise OptionError(f"{name!r} is a function of columns, which mixing does not keep; {INSTEAD}")
    missing = [column for column in mixed.classes if not any(_names(name, column) for name in terms)]
    if missing:
        raise OptionError(
            f"rows meet within classes of {missing[0]!r}, which is not in the model: between classes nothing is mixed, "
            f"and no one factor holds; add it to the formula, or {INSTEAD}"
        )
    return of_classes


def _plain(name: str) -> str:
    found = _QUOTED.match(name)
    return found.group(2) if found else name


def _names(term: str, column: str) -> bool:
    """Return whether a term of a formula mentions a column."""
    return re.search(rf"(?<!\w){re.escape(column)}(?!\w)", term) is not None
