"""The whole report: options, bad input, saved references, the right names first."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy.stats import norm

import synthmix
from synthmix.drift import Budget, DriftReport, Margin, Reference, at_most
from synthmix.errors import FileError, InputError, ModelFileError, OptionError
from synthmix.io import read_table, write_table

QUICK = Budget(rows=400, permutations=49)


def table(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    return pd.DataFrame(
        {
            "x": x,
            "y": np.where(rng.random(rows) < 0.1, np.nan, x + rng.normal(size=rows)),
            "k": rng.integers(0, 9, rows),
            "when": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 400, rows), unit="D"),
            "day": [f"2024-01-{d:02d}" for d in rng.integers(1, 29, rows)],
            "c": rng.choice(["a", "b", None], rows, p=[0.5, 0.4, 0.1]),
            "flag": rng.random(rows) < 0.3,
            "id": [f"row {seed} {i}" for i in range(rows)],
        }
    )


def report(real, synthetic, *more, **options) -> DriftReport:
    return synthmix.drift_report(real, synthetic, *more, **{"budget": QUICK, "null": "floor", **options})


def row(found: DriftReport, metric: str, column: str = "", variant: str | None = None) -> pd.Series:
    rows = found.table[(found.table["metric"] == metric) & (found.table["column"] == column)]
    rows = rows if variant is None else rows[rows["variant"] == variant]
    assert len(rows) == 1
    return rows.iloc[0]


# --- shape ---


@pytest.mark.parametrize("level", ["quick", "standard", "full"])
def test_every_level_gives_a_tidy_table(level, tmp_path):
    found = report(table(150, 0), table(130, 1), table(140, 2), level=level)
    rows = found.table
    assert (rows["value"].notna() | rows["note"].ne("")).all()
    p = rows["p_value"].dropna()
    assert ((p > 0.0) & (p <= 1.0)).all()
    assert set(rows["verdict"]) <= {"pass", "warn", "fail", "inconclusive", "na"}
    assert (rows.loc[rows["verdict"] == "inconclusive", "n_needed"].dropna() > 0).all()
    assert ("joint_test" in set(rows["metric"])) == (level != "quick")
    assert ("prdc" in set(rows["metric"])) == (level == "full")
    assert (row(found, "holdout_test", variant="fused")["p_value"] > 0.01) if level != "quick" else True
    adjusted = rows[rows["adj_method"] == "Holm"]
    assert (adjusted["p_adj"] >= adjusted["q_value"] - 1e-15).all()
    assert (adjusted["q_value"] >= adjusted["p_value"] - 1e-15).all()
    found.to_parquet(tmp_path / "r.parquet")
    assert pq.read_table(tmp_path / "r.parquet").num_rows == len(rows)
    assert json.loads(found.to_json())["about"] == found.about
    assert "drift:" in str(found)


def test_keys_are_named_and_not_compared():
    found = report(table(150, 0), table(130, 1), level="quick")
    assert "identifies rows" in row(found, "columns", "id")["note"]
    assert set(found.table.loc[found.table["column"] == "id", "metric"]) == {"columns"}


def test_a_seed_is_a_seed():
    real, new = table(150, 0), table(130, 1)
    first = report(real, new).to_json()
    assert report(real, new).to_json() == first
    assert report(real, new, random_state=1).to_json() != first


# --- missing values ---


def test_second_moments_say_which_rows_they_use():
    real, new = table(200, 0), table(200, 1).assign(x=lambda f: f["x"].where(f.index > 150))
    found = report(real, new, level="quick")
    share = real["y"].notna().mean()
    assert f"complete rows only: {share:.1%} of the real rows" in row(found, "var_ratio_range", variant="low")["note"]
    assert row(found, "missing", "x")["verdict"] == "fail"
    flags = found.table[found.table["column2"].eq("y (missing)") | found.table["column"].eq("y (missing)")]
    assert len(flags)
    assert flags["metric"].eq("dz").all()


def test_a_column_that_is_mostly_missing_does_not_take_the_rows_of_others():
    new = table(200, 1).assign(y=np.nan)
    found = report(table(200, 0), new, level="standard")
    note = row(found, "var_ratio_range", variant="low")["note"]
    assert "left out: y" in note
    assert "no observed value in the new table" in row(found, "w1", "y", "excess")["note"]
    assert found.verdict == "fail"
    assert row(found, "missing", "y")["verdict"] == "fail"


# --- bad input: a row that says why, or an error that names the column ---


def test_a_column_on_one_side_only_fails():
    real = table(100, 0)
    found = report(real, table(100, 1).drop(columns="k").assign(more=1), level="quick")
    assert row(found, "columns", "k")["verdict"] == "fail"
    assert row(found, "columns", "more")["verdict"] == "fail"
    assert found.verdict == "fail"
    assert "k: 1 (the new table has no such column)" in found.summary()


def test_infinite_values_are_an_error_that_names_the_column():
    real = table(100, 0)
    broken = real.assign(x=real["x"].where(real.index != 7, np.inf))
    for tables in ((real, broken), (broken, real)):
        with pytest.raises(InputError, match="column 'x' holds inf in row 7"):
            report(*tables)
    with pytest.raises(InputError, match="column 'x' holds inf"):
        report(real, real, broken)


def test_a_swapped_type_is_an_error_that_names_the_column():
    with pytest.raises(InputError, match="'x'"):
        report(table(50, 0), table(50, 1).assign(x="many"))


def test_a_category_of_one_side_is_named():
    new = table(300, 1)
    new.loc[:150, "c"] = "new"
    found = report(table(300, 0), new, level="quick")
    assert "'new' (151 new rows)" in row(found, "levels_invented", "c")["note"]
    assert row(found, "levels_invented", "c")["verdict"] == "warn"
    found = report(new, table(300, 0), level="quick")
    assert row(found, "levels_lost", "c")["verdict"] == "warn"


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 12])
def test_a_few_rows_give_rows_with_reasons(rows):
    for tables in ((table(rows, 0), table(60, 1)), (table(60, 0), table(rows, 1)), (table(rows, 0), table(rows, 1))):
        found = report(*tables)
        assert (found.table["value"].notna() | found.table["note"].ne("")).all()
        assert found.verdict != "pass"


def test_no_rows_are_an_error():
    for tables in ((table(50, 0), table(50, 1).head(0)), (table(50, 0).head(0), table(50, 1))):
        with pytest.raises(InputError, match="table is empty"):
            report(*tables)


@pytest.mark.parametrize("new", [1.0, 2.0, np.nan])
def test_constant_columns_give_numbers_or_reasons(new):
    real = pd.DataFrame({"one": np.ones(80), "c": ["a"] * 80})
    found = report(real, real.assign(one=new))
    assert (found.table["value"].notna() | found.table["note"].ne("")).all()
    moved = row(found, "w1", "one", "excess")
    assert (moved["verdict"] == "fail") == (new == 2.0)
    assert (found.verdict == "fail") == (new != 1.0)


def test_ties_everywhere_are_no_trouble():
    rng = np.random.default_rng(0)
    real, new = (pd.DataFrame(rng.integers(0, 2, (200, 3)), columns=list("abc")) for _ in range(2))
    found = report(real, new)
    assert (found.table["value"].notna() | found.table["note"].ne("")).all()
    assert found.verdict != "fail"


def test_no_numbers_and_no_levels():
    levels = [table(120, seed)[["c", "flag"]] for seed in (0, 1)]
    assert "no numeric column" in row(report(*levels), "var_ratio_range", variant="low")["note"]
    numbers = [table(120, seed)[["x", "k"]] for seed in (0, 1)]
    assert "tvd" not in set(report(*numbers).table["metric"])
    arrays = [np.random.default_rng(seed).normal(size=(100, 2)) for seed in (0, 1)]
    assert report(*arrays, level="quick").verdict != "fail"
    with pytest.raises(InputError, match="no column in common"):
        report(levels[0], numbers[1])


def test_a_holdout_needs_the_columns():
    with pytest.raises(InputError, match="holdout table has no column 'k'"):
        report(table(50, 0), table(50, 1), table(50, 2).drop(columns="k"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"level": "ful"}, "did you mean 'full'"),
        ({"null": "both"}, "null='both'"),
        ({"alpha": 0.0}, "alpha=0.0"),
        ({"alpha": True}, "alpha=True"),
        ({"budget": 60}, "budget=60"),
        ({"n_jobs": 0}, "n_jobs=0"),
        ({"random_state": -1}, "random_state=-1"),
        ({"margins": {"w2": 0.1}}, "'w1'"),
        ({"margins": {"w1": -1}}, "positive"),
        ({"margins": [1]}, "no mapping"),
    ],
)
def test_wrong_options(options, said):
    with pytest.raises(OptionError, match=said):
        report(table(50, 0), table(50, 1), **options)


# --- margins ---


def test_margins_are_the_users():
    real, new = table(300, 0), table(300, 1).assign(x=lambda f: f["x"] + 0.6)
    assert row(report(real, new, level="quick"), "w1", "x", "excess")["verdict"] == "fail"
    wide = report(real, new, level="quick", margins={"w1": 2.0})
    assert row(wide, "w1", "x", "excess")["verdict"] == "pass"
    assert row(wide, "w1", "x", "excess")["fail_high"] == pytest.approx(6.0)
    assert wide.about["margins_set"] == ["w1"]
    own = report(real, new, level="quick", margins={"var_ratio_range:high": Margin((-np.inf, 9), (-np.inf, 9))})
    assert row(own, "var_ratio_range", variant="high")["verdict"] == "pass"
    tight = report(real, new, margins={"energy_coef": at_most(1e-9, 1e-8)})
    assert row(tight, "energy_coef")["verdict"] == "fail"


def test_margins_of_a_null_are_in_the_terms_of_the_number():
    found = report(table(300, 0), table(300, 1))
    energy, coverage = row(found, "energy_coef"), row(found, "coverage")
    assert energy["warn_high"] == pytest.approx(2 * energy["null_center"])
    assert coverage["fail_low"] == pytest.approx(coverage["null_center"] - 0.15)


# --- a reference that is compared many times ---


def test_a_saved_reference_gives_the_same_report(tmp_path):
    real, new = table(200, 0), table(200, 1)
    reference = Reference.of(real)
    expected = report(real, new).to_json()
    assert report(reference, new).to_json() == expected
    reference.save(tmp_path / "r.reference")
    loaded = Reference.load(tmp_path / "r.reference")
    assert report(loaded, new).to_json() == expected
    assert report(loaded, new).to_json() == expected  # the second comparison finds columns sorted
    loaded.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "r.reference").read_bytes()
    with pytest.raises(OptionError, match="schema belongs"):
        report(loaded, new, schema={"k": "categorical"})


def test_levels_of_any_type_are_saved(tmp_path):
    values = [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-02-01")]
    real = pd.DataFrame({"t": pd.Categorical(values * 20), "n": pd.Categorical([1, 2] * 20), "x": np.arange(40) / 7})
    Reference.of(real).save(tmp_path / "r")
    found = report(Reference.load(tmp_path / "r"), real, level="quick")
    for column in ("t", "n"):
        assert row(found, "tvd", column, "raw")["value"] == 0.0
        assert row(found, "levels_invented", column)["value"] == 0.0


def test_foreign_and_damaged_references_are_refused(tmp_path):
    model = tmp_path / "model"
    synthmix.MixupSynthesizer(random_state=0).fit(table(60, 0)[["x", "k"]]).save(model)
    with pytest.raises(ModelFileError, match="not 'synthmix-reference'"):
        Reference.load(model)
    Reference.of(table(60, 0)).save(tmp_path / "r")
    with pytest.raises(ModelFileError, match="not 'synthmix-model'"):
        synthmix.load(tmp_path / "r")
    (tmp_path / "cut").write_bytes((tmp_path / "r").read_bytes()[:500])
    with pytest.raises(ModelFileError, match="truncated"):
        Reference.load(tmp_path / "cut")
    with pytest.raises(FileError):
        Reference.load(tmp_path / "none")


# --- the right names first, on real rows ---


def gaussian_copula(real: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Draw rows with the real margins and the rank correlations of a normal law, levels in the order of their text."""
    n = len(real)
    ordered = {name: real[name].astype(object).where(real[name].notna(), "") for name in real}
    keys = {name: real[name] if real[name].dtype.kind in "if" else ordered[name] for name in real}
    scores = norm.ppf((np.array([keys[name].rank(method="first") for name in real]) - 0.5) / n)
    rng = np.random.default_rng(seed)
    draws = norm.cdf(rng.multivariate_normal(np.zeros(len(scores)), np.corrcoef(scores), size=n))
    return pd.DataFrame(
        {
            name: real[name]
            .iloc[np.argsort(keys[name].to_numpy(), kind="stable")[(draws[:, k] * n).astype(int)]]
            .to_numpy()
            for k, name in enumerate(real)
        }
    ).astype(real.dtypes)


@pytest.fixture(scope="module")
def adult(data_file) -> list[pd.DataFrame]:
    whole = read_table(data_file("adult"))
    order = np.random.default_rng(0).permutation(len(whole))
    return [whole.iloc[order[k * 2000 : (k + 1) * 2000]].reset_index(drop=True) for k in range(2)]


def test_rows_of_a_holdout_do_not_fail(adult):
    found = report(*adult)
    assert not (found.table["verdict"] == "fail").any(), found.summary()
    assert found.verdict != "fail"


def test_a_gaussian_copula_fails_by_the_pairs_that_it_cannot_have(adult):
    failed = report(adult[0], gaussian_copula(adult[0], 1), adult[1], null="resample").failures()
    pairs = [frozenset(pair) for pair in failed.loc[failed["metric"] == "dz", ["column", "column2"]].to_numpy()[:3]]
    assert pairs[0] == {"education", "education_num"}
    assert {"relationship", "sex"} in pairs
    assert not failed["metric"].isin(["w1", "tvd"]).any()
    assert {"max_dz", "holdout_test"} <= set(failed["metric"])


def test_plain_mixup_fails_by_tails_and_core(adult):
    made = synthmix.MixupSynthesizer("uniform", "random", "raw", random_state=0).fit(adult[0]).sample(2000)
    found = report(adult[0], made, adult[1], null="resample", budget=Budget(rows=1500, permutations=99))
    failed = found.failures()
    assert {"w1", "tail_log2", "core_tail", "holdout_test"} <= set(failed["metric"])
    assert failed.loc[failed["metric"] == "tail_log2", "value"].lt(0).all()
    assert row(found, "core_tail", variant="core")["value"] > 1.1
    assert row(found, "core_tail", variant="tail")["value"] < 0.75
    first = failed.loc[failed["metric"] == "dz", ["column", "column2"]].to_numpy()[0]
    assert set(first) == {"education", "education_num"}


def test_tables_from_files(tmp_path):
    real, new = table(120, 0), table(120, 1)
    for name, frame in (("a", real), ("b", new)):
        write_table(frame, tmp_path / f"{name}.csv")
    found = report(read_table(tmp_path / "a.csv"), read_table(tmp_path / "b.csv"), level="quick")
    assert row(found, "w1", "when", "excess")["unit"] == "sd"
    assert row(found, "w1", "day", "excess")["verdict"] != "na"
