"""A collapse study that was never run: closed forms with noise, in the tables that a study gives."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from synthmix.collapse.analysis import agreement, contrasts, halflife, profile
from synthmix.collapse.monitor import alarms

FACTORS = {"beta:1": 2 / 3, "epbeta": 1.0, "rotation:5": 1.0, "bootstrap": 0.999, "gaussian": 0.998}
HOSTILE = "$x$ <script>"
Path = tuple[np.ndarray, float, bool]


def _variance(factor: float, regime: str, rows: str, last: int) -> np.ndarray:
    g = np.arange(last + 1)
    if regime == "replace":
        return factor**g
    if regime == "accumulate":
        pool = np.cumprod(np.concatenate([[1.0], (g[1:] + factor) / (g[1:] + 1)]))
        return pool if rows == "pool" else np.concatenate([[1.0], factor * pool[:-1]])
    path = [1.0]
    for _ in range(last):
        path.append(factor * (0.2 + 0.8 * path[-1]))
    return np.array(path)


def _kurtosis(generator: str, g: np.ndarray) -> np.ndarray:
    if generator == "beta:1":
        return 4.5 - 4.5 * 0.9**g
    return 3 * 1.1**g - 3 if generator == "epbeta" else np.zeros(g.size)


def _survival(last: int) -> np.ndarray:
    q = [0.0]
    for _ in range(last):
        q.append(np.exp(q[-1] - 1))
    return 1 - np.array(q)


def _paths(generator: str, regime: str, rows: str, last: int) -> dict[tuple[str, str, str], Path]:
    """Return metric, variant, column to path, noise of a step (relative), whether it is predicted."""
    g = np.arange(last + 1)
    variance = _variance(FACTORS[generator], regime, rows, last)
    alive = np.ones(last + 1) if generator == "gaussian" else _survival(last)
    slow = alive if regime == "replace" else 1 - (1 - alive) / 4
    known = generator == "bootstrap" and regime == "replace"
    exact = generator == "rotation:5"
    change = 1e-14 * np.sqrt(g + 1) if exact else 0.02 * np.sqrt(g + 1) + abs(1 - variance)
    return {
        ("variance", "", "income"): (variance, 0.0 if exact else 0.02, True),
        ("variance", "", HOSTILE): (variance, 0.0 if exact else 0.02, True),
        ("kurtosis", "", "income"): (_kurtosis(generator, g), 0.03, regime == "replace"),
        ("var_ratio_range", "low", ""): (1 - np.minimum(change, 0.99), 0.0, False),
        ("var_ratio_range", "high", ""): (1 + change / 2, 0.0, False),
        ("region", "tail", ""): (0.05 * variance, 0.0, False),
        ("region", "core", ""): (1 - 0.5 * variance, 0.0, False),
        ("levels", "", "job"): (slow, 0.02, known),
        ("ancestors", "", ""): (slow, 0.01, known),
    }


def _cells(generators: tuple[str, ...], regimes: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    for generator in generators:
        for regime in regimes:
            yield generator, regime, "new"
            if regime != "replace":
                yield generator, regime, "pool"


def study_result(
    generators: tuple[str, ...] = tuple(FACTORS),
    regimes: tuple[str, ...] = ("replace", "accumulate", "fixed share 0.2"),
    last: int = 20,
    chains: int = 8,
) -> SimpleNamespace:
    """Return what a study gives."""
    rng = np.random.Generator(np.random.Philox(key=5))
    rows: list[dict[str, Any]] = []
    laws: list[dict[str, Any]] = []
    for generator, regime, kind in _cells(generators, regimes):
        base = {"generator": generator, "regime": regime, "n": 1000, "rows": kind, "draw": 0}
        for (metric, variant, column), (path, noise, known) in _paths(generator, regime, kind, last).items():
            what = {**base, "metric": metric, "variant": variant, "column": column}
            laws += [{**what, "generation": g, "value": float(value)} for g, value in enumerate(path) if known]
            for chain in range(chains):
                steps = np.cumsum(noise * np.concatenate([[0.0], rng.normal(size=last)]))
                values = path + 2 * steps if metric == "kurtosis" else path * np.exp(steps)
                shown = np.minimum(values, 1.0) if metric in ("levels", "ancestors") else values
                rows += [
                    {**what, "chain": chain, "generation": g, "level": "", "value": float(value), "count": 1000}
                    for g, value in enumerate(shown)
                ]
    table, predicted = pd.DataFrame(rows), pd.DataFrame(laws)
    told = predicted.assign(kind="exact", statistic="mean", always=False)
    return SimpleNamespace(
        trajectories=table, predicted=predicted, profile=profile(table), halflife=halflife(table, predicted),
        agreement=agreement(table, told), alarms=alarms(table), contrasts=contrasts(table), errors=_errors(),
        warned=_warned(), manifest=_manifest(generators, regimes),
    )  # fmt: skip


def _errors() -> pd.DataFrame:
    one = {"generator": "gaussian", "regime": "accumulate", "n": 1000, "draw": 0, "chain": 3, "generation": 7}
    return pd.DataFrame([{**one, "error": "ValueError: <b>singular</b>", "traceback": "File /home/somebody/x.py"}])


def _warned() -> pd.DataFrame:
    return pd.DataFrame([{"generator": "gaussian", "regime": "replace", "warning": "w: <i>flat</i>", "chains": 2}])


def _manifest(generators: tuple[str, ...], regimes: tuple[str, ...]) -> dict[str, Any]:
    study = {
        "generators": {name: {"kind": name} for name in generators},
        "regimes": {name: {"kind": name} for name in regimes},
        "generations": 20, "replicates": 8, "data_draws": 1, "seed": 7,
        "data": {"sha256": "ab" * 32, "rows": 1000}, "controls": ["bootstrap"], "n": [1000], "metrics": None,
        "monitors": None, "schema": {}, "target": None, "keep": "none", "has_controls": True, "fresh": None,
        "ruler": None,
    }  # fmt: skip
    words = {name: name for name in generators if name != "bootstrap"}
    return {"study": study, "versions": {"synthmix": "0.1", "numpy": "2"}, "words": words, "source": "/home/me/in.csv"}
