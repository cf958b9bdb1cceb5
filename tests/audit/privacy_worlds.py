"""Tables whose privacy is known: where rows come from, and who could tell."""

from __future__ import annotations

import numpy as np
import pandas as pd

from synthmix.audit.privacy import DECLARED, DEFAULT_MARGINS, FLAGS, privacy_findings
from synthmix.drift.reference import Reference
from synthmix.drift.report import make_report
from synthmix.drift.tables import Tables, align

WHOLE = ("age", "percent", "school", "days")
NUMBERS = (*WHOLE, "income")


def population(rows: int, seed: int) -> pd.DataFrame:
    """Return people: four columns of whole numbers, one of fine numbers, one of groups, all related."""
    rng = np.random.default_rng([seed, 1])
    common = rng.normal(size=rows)
    draws = 0.5 * common[:, None] + rng.normal(size=(rows, 5))
    shares = 0.5 + 0.5 * np.tanh(0.6 * draws)
    return pd.DataFrame(
        {
            "age": np.rint(17 + 73 * shares[:, 0]),
            "percent": np.rint(100 * shares[:, 1]),
            "school": np.rint(1 + 15 * shares[:, 2]),
            "days": np.rint(400 * shares[:, 3]),
            "income": np.exp(draws[:, 4]),
            "group": np.array(list("abc"))[np.clip(np.rint(common + 1), 0, 2).astype(int)],
        }
    )


def mixed(table: pd.DataFrame, rows: int, seed: int, parents: int = 2, shape: float = 1.0) -> pd.DataFrame:
    """Return rows mixed with Dirichlet weights (two parents and shape 1: uniform), groups from the heaviest parent."""
    rng = np.random.default_rng([seed, 2])
    chosen = np.stack([rng.choice(len(table), parents, replace=False) for _ in range(rows)])
    weights = rng.dirichlet(np.full(parents, shape), size=rows)
    numbers = (weights[:, :, None] * table[list(NUMBERS)].to_numpy(float)[chosen]).sum(axis=1)
    made = pd.DataFrame(numbers, columns=list(NUMBERS))
    made["group"] = table["group"].to_numpy()[chosen[np.arange(rows), weights.argmax(axis=1)]]
    return made


def on_grid(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table rounded to the source's grid, and income to cents."""
    made = table.copy()
    made[list(WHOLE)] = made[list(WHOLE)].round()
    made["income"] = made["income"].round(2)
    return made


def neighbours_mixed(rows: np.ndarray, count: int, k: int, seed: int) -> np.ndarray:
    """Return rows between a row and one of its k nearest (SMOTE)."""
    rng = np.random.default_rng([seed, 3])
    gaps = ((rows[:, None, :] - rows[None, :, :]) ** 2).sum(axis=2)
    near = np.argsort(gaps, axis=1)[:, 1 : k + 1]
    first = rng.integers(len(rows), size=count)
    second = near[first, rng.integers(k, size=count)]
    share = rng.random((count, 1))
    return share * rows[first] + (1 - share) * rows[second]


def tables_of(train: pd.DataFrame, synthetic: pd.DataFrame, holdout: pd.DataFrame | None = None) -> Tables:
    """Return the three tables as an audit reads them."""
    return align(Reference.of(train), synthetic, holdout)


def verdicts(tables: Tables, **options: object) -> dict[tuple[str, str], str]:
    """Return the verdict of every number of an audit: (metric, variant) to verdict."""
    report = make_report(privacy_findings(tables, **options), DEFAULT_MARGINS, DECLARED, {}, flags=FLAGS)
    return {(row["metric"], row["variant"]): row["verdict"] for row in report.table.to_dict("records")}
