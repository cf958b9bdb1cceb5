"""Tables that come with scikit-learn and statsmodels: none of them had a part in any choice of a default.

Their list was fixed before anything was measured on them: all that have at least 300 rows and five columns, a column
that is natural to predict, and are no series in time.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

HERE = Path(__file__).resolve().parent
FOLDER, RESULTS = HERE / ".bundled", HERE / "results_bundled"
METHODS = [
    "second real sample", "row bootstrap", "independent columns", "sequential trees", "sequential trees, leaf 20",
    "sequential trees, reversed", "Gaussian copula", "kernel density", "synthmix default", "synthpop-py", "SMOTE",
    "SDV GaussianCopula", "chained leaf 8", "chained leaf 12", "chained leaf 20", "chained leaf 50",
]  # fmt: skip


@dataclass(frozen=True)
class Bundled:
    """A table, where it comes from, what is predicted, which columns are levels, and which number the rows."""

    name: str
    source: str
    target: str
    task: str
    levels: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()


TABLES = (
    Bundled("diabetes", "sklearn", "target", "regression", ("sex",)),
    Bundled("breast_cancer", "sklearn", "target", "classification"),
    Bundled("digits", "sklearn", "target", "classification"),
    Bundled("randhie", "statsmodels", "mdvis", "regression"),
    Bundled("fair", "statsmodels", "affairs", "regression", ("occupation", "occupation_husb")),
    Bundled("anes96", "statsmodels", "vote", "classification"),
    Bundled("modechoice", "statsmodels", "choice", "classification", ("mode",), ("individual",)),
    Bundled("star98", "statsmodels", "NABOVE", "regression"),
)


def from_sklearn(name: str) -> pd.DataFrame:
    """Return a table of scikit-learn, with its target."""
    from sklearn import datasets

    given: Callable[..., pd.DataFrame] = getattr(datasets, f"load_{name}")
    frame: pd.DataFrame = given(as_frame=True).frame  # type: ignore[attr-defined]
    return frame


def from_statsmodels(name: str) -> pd.DataFrame:
    """Return a table of statsmodels."""
    import statsmodels.api as sm

    frame: pd.DataFrame = getattr(sm.datasets, name).load_pandas().data
    return frame


def write(folder: Path = FOLDER) -> Path:
    """Write the tables and their manifest; return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = []
    for table in TABLES:
        load = from_sklearn if table.source == "sklearn" else from_statsmodels
        frame = _whole(load(table.name))
        frame.to_csv(folder / f"{table.name}.csv", index=False)
        manifest.append({
            "file": f"{table.name}.csv", "target": table.target, "task": table.task, "half": "final",
            "types": dict.fromkeys(table.levels, "category"), "drop": list(table.drop),
        })  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    return folder


def _whole(frame: pd.DataFrame) -> pd.DataFrame:
    """Return whole numbers, which statsmodels keeps as floats, as whole numbers."""
    whole = [name for name, column in frame.items() if column.notna().all() and (column % 1.0 == 0.0).all()]
    return frame.astype(dict.fromkeys(whole, "int64"))
