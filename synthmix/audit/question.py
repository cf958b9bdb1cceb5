"""What an audit is asked, checked before any work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from synthmix.arguments import resolve_target
from synthmix.audit.margins import Rules, SectionName, rules_with
from synthmix.drift.compare import checked_settings
from synthmix.drift.reference import Reference
from synthmix.drift.settings import Level, Settings
from synthmix.drift.tables import Tables, align
from synthmix.drift.verdict import Margin
from synthmix.errors import InputError, OptionError, did_you_mean
from synthmix.random_state import RandomState
from synthmix.synthesizer import MixupSynthesizer


@dataclass(frozen=True, eq=False)
class Question:
    """The tables and what is asked about them.

    Attributes
    ----------
    tables : Tables
    target : str or None
    models : tuple
        As they were declared.
    generator : MixupSynthesizer or None
    sensitive, quasi : tuple of str
    settings : Settings
    rules : dict
        Section to how it is judged.
    margins : mapping or None
        Those that the user set.
    """

    tables: Tables
    target: str | None
    models: tuple[Any, ...]
    generator: MixupSynthesizer | None
    sensitive: tuple[str, ...]
    quasi: tuple[str, ...]
    settings: Settings
    rules: dict[SectionName, Rules]
    margins: Mapping[str, Margin | float] | None


def make_question(
    train: Any,
    synthetic: Any,
    holdout: Any,
    *,
    target: object,
    models: object,
    generator: object,
    sensitive: object,
    quasi: object,
    level: Level,
    margins: Mapping[str, Margin | float] | None,
    random_state: RandomState,
    schema: Mapping[str, str] | None,
    n_jobs: int,
) -> Question:
    """Check every option, read and align the tables.

    Raises
    ------
    OptionError, InputError
        As :func:`synthmix.audit.audit` says.
    """
    if margins is not None and not isinstance(margins, Mapping):
        raise OptionError(f"margins={margins!r} is no mapping; give a dictionary from metric to margin")
    rules = rules_with(margins)
    settings, _ = checked_settings(level, None, 0.05, random_state, None, n_jobs, "resample")
    if generator is not None and not isinstance(generator, MixupSynthesizer):
        kind = type(generator).__name__
        raise OptionError(f"generator of type {kind}: give the fitted MixupSynthesizer that made the synthetic table")
    listed = {name: _listed(name, value) for name, value in (("sensitive", sensitive), ("quasi", quasi))}
    reference = Reference.of(train, schema)
    names = tuple(column.name for column in reference.columns)
    predicted = resolve_target(target, names, positional=isinstance(train, np.ndarray))
    for option, columns in listed.items():
        for column in columns:
            if column not in names:
                raise InputError(f"{option} names {column!r}, which is not a column{did_you_mean(column, names)}")
    tables = align(reference, synthetic, holdout)
    for option, columns in listed.items():
        lacking = [column for column in columns if column not in (*tables.names, *tables.code_names)]
        if lacking:
            raise InputError(
                f"{option} names {lacking[0]!r}, which identifies rows or is no column of the synthetic table"
            )
    return Question(
        tables, predicted, _models(models), generator, listed["sensitive"], listed["quasi"], settings, rules, margins
    )


def _listed(name: str, value: object) -> tuple[str, ...]:
    words = (value,) if isinstance(value, str) else value
    if not isinstance(words, Sequence) or not all(isinstance(word, str) for word in words):
        raise OptionError(f"{name}={value!r}: give the names of columns, such as {name}=('sex', 'race')")
    return tuple(dict.fromkeys(words))


def _models(models: Any) -> tuple[Any, ...]:
    """Return declared models as a tuple; a single formula or (formula, family) pair is one."""
    if isinstance(models, str) or not isinstance(models, Sequence):
        return (models,)
    return tuple(models)
