"""The audit: every section, one table, one verdict each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from synthmix.audit.margins import DECLARED, SECTIONS, SOURCE, SectionName
from synthmix.audit.question import Question, make_question
from synthmix.audit.report import AuditReport
from synthmix.audit.sections import WORK, judged, open_questions, verdict_of
from synthmix.drift.compare import about_drift
from synthmix.drift.finding import Finding
from synthmix.drift.settings import Level
from synthmix.drift.tidy import SCHEMA_VERSION
from synthmix.drift.verdict import Margin
from synthmix.errors import OptionError, did_you_mean
from synthmix.random_state import RandomState
from synthmix.synthesizer import MixupSynthesizer

Tell = Callable[[str], None]


def audit(
    train: Any,
    synthetic: Any,
    holdout: Any = None,
    *,
    target: str | int | None = None,
    models: Sequence[Any] | str = (),
    generator: MixupSynthesizer | None = None,
    sensitive: Sequence[str] | str = (),
    level: Level = "standard",
    margins: Mapping[str, Margin | float] | None = None,
    random_state: RandomState = 0,
    schema: Mapping[str, str] | None = None,
    quasi: Sequence[str] | str = (),
    n_jobs: int = 1,
    tell: Tell | None = None,
    sections: Sequence[SectionName] | SectionName = SECTIONS,
) -> AuditReport:
    """Answer whether a synthetic table may be used: fidelity, inference, prediction, privacy.

    ``synthmix.audit(...)`` is this function.

    Parameters
    ----------
    train : table
        The real rows that the synthetic table was made from: pandas, polars, Arrow, or a two-dimensional array.
    synthetic : table
        Columns are matched by name.
    holdout : table, optional
        Real rows of the same population that the synthetic table was not made from. Without them neither privacy nor
        prediction can pass: what cannot be concluded is said in ``about["open"]``.
    target : str or int, optional
        The column that is predicted from all others, and the response of the default model; a position in an array.
    models : sequence of str, (str, str) or synthmix.inference.Model
        Formulas, or (formula, family) pairs, of models that analysts will fit: ``"y ~ a + b"``, ``("z ~ a",
        "binomial")``. By default the model of `target` on the other columns. Formulas are Python expressions: take none
        from strangers.
    generator : MixupSynthesizer, optional
        The fitted one that made the table: standard errors are adjusted for its weights, and what its plan exposes is
        counted.
    sensitive : sequence of str
        Columns whose levels are groups that must not be served worse, and whose values must not be inferred.
    level : {"quick", "standard", "full"}
        quick: no tests of whole rows, no distance attacks. full: everything.
    margins : mapping of str to Margin or float, optional
        What is tolerated, instead of :data:`synthmix.audit.DEFAULT_MARGINS`.
    random_state : int, numpy.random.Generator, numpy.random.RandomState or None
        Equal tables and seeds give equal reports, for any number of threads and any order of rows.
    schema : mapping of str to str, optional
        Kinds of columns that override the inferred ones.
    quasi : sequence of str
        Quasi-identifiers: columns that an outsider may know of a person.
    n_jobs : int
        Threads, -1 for all cores.
    tell : callable, optional
        Called with the name of each section before its work starts.
    sections : sequence of {"fidelity", "inference", "prediction", "privacy"}
        The ones that are worked on, in this order; the report has no others.

    Returns
    -------
    AuditReport

    Raises
    ------
    InputError
        When no column is common, the holdout lacks a column, one holds another kind of values or infinite ones, or a
        named column or model is of no use; the message names it.
    OptionError
        For an option that is unknown or out of range.

    Notes
    -----
    Every number has its null and its interval, which a margin is compared with; a section's verdict is the worst of its
    declared metrics (:data:`synthmix.audit.DECLARED`), the report's the worst of the sections.

    Formulas see all tables in one form: numbers as floats, times as numbers, levels (also of integers that `schema`
    calls categorical) as text.

    A passed audit is no proof of anonymity. Attacks that were not tried may work, and mixing without noise gives no
    formal guarantee. Wrong when rows depend on each other (repeated measurements, households, time series): intervals,
    and the comparison with the holdout, take rows as independent.
    """
    asked = _asked(sections)
    if isinstance(holdout, str):
        remedy = f"a column to predict is given by its name, target={holdout!r}"
        raise OptionError(f"holdout={holdout!r} is no table; {remedy}")
    question = make_question(
        train, synthetic, holdout, target=target, models=models, generator=generator, sensitive=sensitive, quasi=quasi,
        level=level, margins=margins, random_state=random_state, schema=schema, n_jobs=n_jobs,
    )  # fmt: skip
    findings: list[Finding] = []
    parts: list[pd.DataFrame] = []
    for section in asked:
        if tell is not None:
            tell(section)
        found = WORK[section](question)
        findings += found
        parts.append(judged(section, found, question.rules[section], question.settings.alpha))
    unanswered = {section: open_questions(section, question, part) for section, part in zip(asked, parts, strict=True)}
    verdicts = {section: verdict_of(part, unanswered[section]) for section, part in zip(asked, parts, strict=True)}
    table = pd.concat(parts, ignore_index=True)
    table.attrs["schema_version"] = SCHEMA_VERSION
    about = {**_about(question, findings), "verdicts": verdicts, "open": unanswered}
    return AuditReport(table, about, question.tables)


def _asked(sections: object) -> tuple[SectionName, ...]:
    words = (sections,) if isinstance(sections, str) else sections
    if not isinstance(words, Sequence) or not words:
        raise OptionError(f"sections={sections!r}: name some of {', '.join(SECTIONS)}")
    for word in words:
        if word not in SECTIONS:
            raise OptionError(f"sections names {word!r}, which is none{did_you_mean(word, SECTIONS)}")
    return tuple(section for section in SECTIONS if section in words)


def _about(question: Question, findings: list[Finding]) -> dict[str, Any]:
    return {
        **about_drift(question.tables, question.settings, findings, question.margins),
        "declared": {section: list(names) for section, names in DECLARED.items()},
        "margins": SOURCE,
        "target": question.target,
        "models": [str(model) for model in question.models],
        "generator": None if question.generator is None else str(question.generator),
        "sensitive": list(question.sensitive),
        "quasi": list(question.quasi),
    }
