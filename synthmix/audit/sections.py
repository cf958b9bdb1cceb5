"""The four sections of an audit: what each asks, and what cannot be concluded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from synthmix.audit.frames import frame_of
from synthmix.audit.margins import Rules, SectionName
from synthmix.audit.question import Question
from synthmix.drift.compare import adjusted_p_values, drift_findings
from synthmix.drift.finding import Finding
from synthmix.drift.marginal.family import benjamini_hochberg, holm
from synthmix.drift.tidy import Adjusted, tidy_table
from synthmix.drift.verdict import Verdict, worst

NO_HOLDOUT = (
    "no holdout: whether synthetic rows are nearer to the training rows than fresh rows of the same population are "
    "cannot be told, so membership, copies and reconstruction are not cleared"
)


def fidelity(question: Question) -> list[Finding]:
    """Return the numbers of the drift report."""
    return drift_findings(question.tables, question.settings, question.rules["fidelity"].margins)


def inference(question: Question) -> list[Finding]:
    """Return how conclusions from declared models change."""
    from synthmix.inference import inference_findings

    tables, settings = question.tables, question.settings
    return inference_findings(
        frame_of(tables, tables.real), frame_of(tables, tables.synthetic), question.models,
        generator=question.generator, alpha=settings.alpha, level=settings.level, seed=settings.seed,
        target=question.target,
    )  # fmt: skip


def prediction(question: Question) -> list[Finding]:
    """Return what models lose that learn from the synthetic table."""
    from synthmix.audit.prediction.findings import prediction_findings

    return prediction_findings(
        question.tables, target=question.target, sensitive=question.sensitive, settings=question.settings
    )


def privacy(question: Question) -> list[Finding]:
    """Return what attacks find."""
    from synthmix.audit.privacy import privacy_findings

    settings, target = question.settings, question.target
    return privacy_findings(
        question.tables, generator=question.generator, sensitive=question.sensitive, quasi=question.quasi,
        classes=target if target in question.tables.code_names else "", level=settings.level, seed=settings.seed,
        threads=settings.threads,
    )  # fmt: skip


WORK: dict[SectionName, Callable[[Question], list[Finding]]] = {
    "fidelity": fidelity,
    "inference": inference,
    "prediction": prediction,
    "privacy": privacy,
}


def judged(section: SectionName, findings: list[Finding], rules: Rules, alpha: float) -> pd.DataFrame:
    """Return the tidy table of one section, with its name in the first column."""
    adjusted = adjusted_p_values(findings) if section == "fidelity" else _groups(findings)
    table = tidy_table(findings, rules.margins, rules.declared, adjusted, flags=rules.flags, alpha=alpha)
    table.insert(0, "section", section)
    table["section"] = table["section"].astype("str")
    return table


def _groups(findings: list[Finding]) -> dict[int, Adjusted]:
    """Return adjusted p-values of the gaps of groups: one family for each learner."""
    found: dict[int, Adjusted] = {}
    for variant in dict.fromkeys(one.variant for one in findings if one.metric == "group_gap"):
        places = [k for k, one in enumerate(findings) if one.metric == "group_gap" and one.variant == variant]
        p_values = np.array([findings[place].p_value for place in places])
        for place, p, q in zip(places, holm(p_values), benjamini_hochberg(p_values), strict=True):
            found[place] = Adjusted(float(p), float(q), "Holm")
    return found


def open_questions(section: SectionName, question: Question, table: pd.DataFrame) -> list[str]:
    """Return why a section can conclude less than it was asked for."""
    if section == "fidelity":
        return []
    if section == "privacy":
        return _not_attacked(table) if question.tables.holdout is not None else [NO_HOLDOUT]
    if question.target is None and not question.models:
        return []
    lacking = table[table["declared"] & table["value"].isna()]
    return list(dict.fromkeys(lacking["note"].tolist()))


def _not_attacked(table: pd.DataFrame) -> list[str]:
    """Return why nobody tried to find members, where nobody did: other numbers do not answer that."""
    tried = table[table["metric"] == "membership"]
    if tried.empty:
        return ["level 'quick' does not attack membership, and other numbers do not answer for it; use 'standard'"]
    if tried["value"].notna().any():
        return []
    why = f"membership at few false alarms was not attacked ({tried['note'].iloc[0]})"
    return [f"{why}; half of the holdout are the non-members, so hold out twice as many rows"]


def verdict_of(table: pd.DataFrame, unanswered: list[str]) -> Verdict:
    """Return the worst verdict of the declared metrics; what is not answered cannot pass."""
    found = worst(list(table.loc[table["declared"], "verdict"]))
    return worst([found, "inconclusive"]) if unanswered else found
