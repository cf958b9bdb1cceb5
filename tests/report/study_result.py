"""A collapse study that was never run: closed forms with noise, in the tables that a study gives."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

G = 20
REGIMES = ("replace", "accumulate", "fixed share 0.2")
FACTORS = {"beta:1": 2 / 3, "epbeta": 1.0, "rotation:5": 1.0, "bootstrap": 0.999, "gaussian": 0.998}


def _variance(factor: float, regime: str) -> np.ndarray:
    g = np.arange(G + 1)
    if regime == "replace":
        return factor**g
    if regime == "accumulate":
        return np.cumprod(np.concatenate([[1.0], (g[1:] + factor) / (g[1:] + 1)]))
    path = [1.0]
    for _ in range(G):
        path.append(factor * (0.2 + 0.8 * path[-1]))
    return np.array(path)


def _kurtosis(generator: str, g: np.ndarray) -> np.ndarray:
    if generator == "beta:1":
        return 4.5 - 4.5 * 0.9**g
    if generator == "epbeta":
        return 3 * 1.1**g - 3
    return np.zeros(G + 1)


def _survival() -> np.ndarray:
    q = [0.0]
    for _ in range(G):
        q.append(np.exp(q[-1] - 1))
    return 1 - np.array(q)


def _paths(generator: str, regime: str) -> dict[tuple[str, str, str], tuple[np.ndarray, float, float]]:
    """Return metric, variant, column to path, noise of a step (relative), whether it is predicted."""
    g = np.arange(G + 1)
    variance = _variance(FACTORS[generator], regime)
    alive = _survival() if generator != "gaussian" else np.ones(G + 1)
    slow = alive if regime == "replace" else 1 - (1 - alive) / 4
    change = np.where(generator == "rotation:5", 1e-14 * np.sqrt(g + 1), 0.02 * np.sqrt(g + 1) + abs(1 - variance))
    return {
        ("variance", "", "income"): (variance, 0.0 if generator == "rotation:5" else 0.02, 1.0),
        ("variance", "", "$x$ <script>"): (variance, 0.0 if generator == "rotation:5" else 0.02, 1.0),
        ("kurtosis", "", "income"): (_kurtosis(generator, g) * (variance if regime != "replace" else 1), 0.03, 1.0),
        ("var_ratio_range", "low", ""): (1 - np.minimum(change, 0.99), 0.0, 0.0),
        ("var_ratio_range", "high", ""): (1 + change / 2, 0.0, 0.0),
        ("levels", "", "job"): (slow, 0.02, float(generator == "bootstrap" and regime == "replace")),
        ("ancestors", "", ""): (slow, 0.01, float(generator == "bootstrap" and regime == "replace")),
    }


def study_result(chains: int = 8) -> SimpleNamespace:
    """Return what a study gives."""
    rng = np.random.Generator(np.random.Philox(key=5))
    rows, laws = [], []
    for generator in FACTORS:
        for regime in REGIMES:
            for (metric, variant, column), (path, noise, known) in _paths(generator, regime).items():
                base = {"generator": generator, "regime": regime, "n": 1000}
                what = {"metric": metric, "variant": variant, "column": column}
                if known:
                    laws += [{**base, **what, "generation": g, "value": value} for g, value in enumerate(path)]
                for chain in range(chains):
                    steps = np.cumsum(noise * np.concatenate([[0.0], rng.normal(size=G)]))
                    values = path * np.exp(steps) if metric != "kurtosis" else path + 2 * steps
                    share = np.minimum(values, 1.0) if metric in ("levels", "ancestors") else values
                    rows += [
                        {**base, "draw": 0, "chain": chain, "generation": g, "rows": "new" if regime == "replace" else
                         "pool", **what, "level": "", "value": value, "count": 1000}
                        for g, value in enumerate(share)
                    ]  # fmt: skip
    return SimpleNamespace(
        trajectories=pd.DataFrame(rows), predicted=pd.DataFrame(laws), **_others(), errors=_errors(), manifest=_about()
    )


def _others() -> dict[str, pd.DataFrame]:
    cells = [{"generator": name, "regime": regime, "n": 1000} for name in FACTORS for regime in REGIMES]
    profile, half, alarms = [], [], []
    for cell in cells:
        rate = np.log(_variance(FACTORS[cell["generator"]], cell["regime"])[-1]) / G
        falling = rate < -0.01
        half.append({**cell, "metric": "variance", "variant": "", "column": "income", "rate": rate, "low": rate - 0.01,
                     "high": rate + 0.01, "half_life": np.log(0.5) / rate if falling else np.inf, "predicted": rate,
                     "z": 0.4})  # fmt: skip
        profile.append({**cell, "onset": 2.0 if falling else np.nan, "half_life": half[-1]["half_life"],
                        "half_life_low": 1.0, "half_life_high": 9.0, "predicted": half[-1]["half_life"], "z": 0.4,
                        "asymptote": "0" if falling else "plateau", "tail": "shrinks" if falling else "stays"})  # fmt: skip
        if falling:
            alarms += [{**cell, "draw": 0, "chain": chain, "region": "tail", "generation": 2 + chain % 3,
                        "log_e": 3.4} for chain in range(8)]  # fmt: skip
    contrasts = pd.DataFrame([
        {"generator": name, "n": 1000, "metric": "variance", "regimes": "accumulate - replace", "value": 0.9,
         "low": 0.7, "high": 1.1, "p_value": 0.004} for name in FACTORS
    ])  # fmt: skip
    return {"profile": pd.DataFrame(profile), "halflife": pd.DataFrame(half), "alarms": pd.DataFrame(alarms),
            "contrasts": contrasts}  # fmt: skip


def _errors() -> pd.DataFrame:
    return pd.DataFrame([{"generator": "gaussian", "regime": "accumulate", "n": 1000, "draw": 0, "chain": 3,
                          "generation": 7, "error": "ValueError: <b>singular</b>"}])  # fmt: skip


def _about() -> dict[str, object]:
    return {"data_hash": "sha256:" + "ab" * 32, "seed": 7, "versions": {"synthmix": "0.1", "numpy": "2"},
            "command": "synthmix collapse in.csv --generator beta:1 --regime replace -o study/"}  # fmt: skip
