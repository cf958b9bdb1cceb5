"""Real tables with a rare class, learners, and what is done to training rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synthmix import MixupResampler

Frame = pd.DataFrame
Resample = Callable[[Frame, Any, int], tuple[Frame, Any]]


@dataclass(frozen=True)
class Task:
    """A table, its target, and which of its values are the rare class."""

    name: str
    file: str
    column: str
    rare: Callable[[pd.Series], pd.Series]

    def read(self, folder: Path) -> tuple[Frame, Any]:
        table = pd.read_csv(folder / f"{self.file}.csv")
        return table.drop(columns=self.column), self.rare(table[self.column]).to_numpy().astype(int)


TASKS = (
    Task("wine, quality 4 or less", "wine_quality", "quality", lambda values: values <= 4),
    Task("abalone, 7 rings", "abalone", "rings", lambda values: values == 7),
    Task("abalone, 19 rings", "abalone", "rings", lambda values: values == 19),
)
NOTHING, WEIGHTED = "nothing", "class weights"


def learners() -> dict[str, Any]:
    """Return fresh learners by name."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    return {
        "logistic regression": LogisticRegression(max_iter=2000),
        "boosted trees": HistGradientBoostingClassifier(random_state=0),
    }


def ways() -> dict[str, Resample]:
    """Return what is done to training rows, by name; SMOTE and copies where imbalanced-learn is installed."""
    found: dict[str, Resample] = {
        NOTHING: lambda X, y, _: (X, y),
        WEIGHTED: lambda X, y, _: (X, y),
        "MixupResampler()": ours(),
        "MixupResampler(pairing='nearest')": ours(pairing="nearest"),
        "MixupResampler(weights='uniform', pairing='random')": ours(weights="uniform", pairing="random"),
    }
    try:
        import imblearn.over_sampling as peers
    except ModuleNotFoundError:
        return found
    return {**found, "copies": lambda X, y, seed: peers.RandomOverSampler(random_state=seed).fit_resample(X, y),
            "SMOTE": lambda X, y, seed: smote(peers, X, y, seed)}  # fmt: skip


def ours(**options: Any) -> Resample:
    return lambda X, y, seed: MixupResampler(random_state=seed, **options).fit_resample(X, y)


def smote(peers: Any, X: Frame, y: Any, seed: int) -> tuple[Frame, Any]:
    """Return SMOTE's rows on standardised numbers, as distances need it; categories by SMOTE-NC."""
    numeric = X.select_dtypes("number").columns
    middle, scale = X[numeric].mean(), X[numeric].std()
    scaled = X.astype(dict.fromkeys(numeric, float)).assign(**((X[numeric] - middle) / scale))
    words = [name for name in X if name not in numeric]
    made, labels = peers.SMOTENC(words, random_state=seed).fit_resample(scaled, y)
    return made.assign(**(made[numeric] * scale + middle)), labels


def scores(learner: Any, train: tuple[Frame, Any], test: tuple[Frame, Any]) -> dict[str, float]:
    """Return what a learner reaches on test rows that nothing was done to."""
    from sklearn import metrics
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    columns = make_column_transformer(
        (StandardScaler(), make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), make_column_selector(dtype_exclude="number")),
    )
    rare = make_pipeline(columns, learner).fit(*train).predict_proba(test[0])[:, 1]
    return {
        "average precision": float(metrics.average_precision_score(test[1], rare)),
        "ROC AUC": float(metrics.roc_auc_score(test[1], rare)),
        "balanced accuracy at 1/2": float(metrics.balanced_accuracy_score(test[1], rare > 0.5)),
        "Brier score": float(np.mean((rare - test[1]) ** 2)),
    }
