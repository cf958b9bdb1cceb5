"""Tables that are wrong in a known way, and what must say so."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

ROWS = 1500
Change = Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]
NUMBERS = ["age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week"]


def shuffled(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.iloc[np.random.default_rng(1).permutation(len(frame))].reset_index(drop=True)


def each_shuffled(_: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame({name: fresh[name].to_numpy()[rng.permutation(len(fresh))] for name in fresh}).astype(
        fresh.dtypes
    )


def with_age(change: Callable[[pd.Series], pd.Series]) -> Change:
    return lambda _, fresh: fresh.assign(age=change(fresh["age"]))


def shrunk(_: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    values = fresh[NUMBERS].astype(float)
    return fresh.assign(**(values.mean() + (values - values.mean()) * (2 / 3) ** 0.5))


def memorised(real: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    count = len(fresh) // 20
    return pd.concat([real.head(count), fresh.tail(len(fresh) - count)], ignore_index=True)


def without_category(_: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    return fresh.assign(workclass=fresh["workclass"].replace("Local-gov", "Private"))


def with_gaps(_: pd.DataFrame, fresh: pd.DataFrame) -> pd.DataFrame:
    return fresh.assign(age=fresh["age"].astype(float).where(np.arange(len(fresh)) % 8 > 0))


BREAKS: dict[str, Change] = {
    "fresh rows": lambda _, fresh: fresh,
    "identical copy, in order": lambda real, _: real,
    "identical copy, shuffled": lambda real, _: shuffled(real),
    "rows in another order": lambda _, fresh: shuffled(fresh),
    "age x -> 1000 x + 5,000,000": with_age(lambda age: 1000 * age + 5_000_000),
    "every column shuffled by itself": each_shuffled,
    "age shifted by half a standard deviation": with_age(lambda age: age + round(age.std() / 2)),
    "variance of numbers times 2/3": shrunk,
    "5 % of the rows memorised": memorised,
    "workclass Local-gov becomes Private": without_category,
    "age missing in one of 8 new rows": with_gaps,
    "age stored as float": with_age(lambda age: age.astype(float)),
    "column sex lost": lambda _, fresh: fresh.drop(columns="sex"),
    "column more added": lambda _, fresh: fresh.assign(more=1),
}

# What must claim a change (verdict warn or fail; tests: p at most .05), and what else may: consequences of the same
# change. Everything else must be silent.
MUST: dict[str, set[str]] = {
    "fresh rows": set(),
    "identical copy, in order": {"near_copies"},
    "identical copy, shuffled": {"near_copies"},
    "rows in another order": set(),
    "age x -> 1000 x + 5,000,000": {
        "w1", "tail_log2", "var_ratio_range", "marginal_family", "second_moments", "joint_test",
    },
    "every column shuffled by itself": {"max_dz", "dz", "coverage", "second_moments", "joint_test"},
    "age shifted by half a standard deviation": {"w1", "marginal_family", "joint_test"},
    "variance of numbers times 2/3": {
        "w1", "tail_log2", "core_tail", "columns", "marginal_family", "second_moments", "joint_test",
    },
    "5 % of the rows memorised": {"near_copies"},
    "workclass Local-gov becomes Private": {"tvd", "levels_lost", "marginal_family"},
    "age missing in one of 8 new rows": {"missing", "missing_patterns", "columns", "marginal_family"},
    "age stored as float": {"columns"},
    "column sex lost": {"columns"},
    "column more added": {"columns"},
}  # fmt: skip
MAY: dict[str, set[str]] = {
    "age x -> 1000 x + 5,000,000": {"eff_dim", "energy_coef", "coverage"},
    "every column shuffled by itself": {"missing_patterns", "energy_coef", "core_tail"},
    "age shifted by half a standard deviation": {"tail_log2", "energy_coef", "second_moments"},
    "variance of numbers times 2/3": {"var_ratio_range", "energy_coef"},
    "workclass Local-gov becomes Private": {"joint_test"},
    "age missing in one of 8 new rows": {"joint_test", "core_tail"},
}
TESTS = {"marginal_family": "ks, chi2, missing", "second_moments": "fused", "joint_test": "fused"}


def claims(report) -> set[str]:
    table = report.table
    found = set(table.loc[table["verdict"].isin(["warn", "fail"]), "metric"])
    tests = table[(table["metric"].map(TESTS) == table["variant"]) & (table["p_value"] <= 0.05)]
    return found | set(tests["metric"])
