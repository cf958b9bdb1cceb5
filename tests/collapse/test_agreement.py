"""A study with the true ruler: everything that has a law is found beside it, and wrong laws are far."""

import numpy as np
import pandas as pd
import pytest

from synthmix.collapse import CollapseStudy
from synthmix.collapse.analysis import agreement, halflife
from synthmix.collapse.laws import law_of
from synthmix.collapse.monitor import changes
from synthmix.collapse.pictures.pooled import pooled_curves


def table(rows: int = 600) -> pd.DataFrame:
    random = np.random.Generator(np.random.Philox(key=7))
    x = random.gamma(4.0, size=rows)
    return pd.DataFrame({"x": x, "y": x + random.normal(size=rows), "c": random.choice([*"aaaabbbccd"], rows)})


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    study = CollapseStudy(
        table(), ["uniform", "epbeta", "rotation:4"], ["replace", "accumulate"], n=120, generations=3, replicates=8,
        metrics=["mean", "variance", "kurtosis", "log_det", "trace_ratio", "levels", "heterozygosity", "ancestors",
                 "association", "nearest"], random_state=5,
    )  # fmt: skip
    return study.run(tmp_path_factory.mktemp("agreement") / "study")


def test_half_lives_stand_beside_their_laws(result):
    found = result.halflife
    beside = found[found["law"].notna()]
    assert set(beside["metric"]) == {"variance", "trace_ratio", "levels", "heterozygosity", "ancestors"}
    exact = beside[beside["law"] == "exact"]
    assert len(exact) > 40
    assert exact["z"].abs().max() < 6.0
    rotated = exact[(exact["generator"] == "rotation:4") & (exact["regime"] == "replace")]
    assert (rotated["z"] == 0.0).all()
    rates = exact.groupby(["generator", "regime", "metric", "column"])["predicted_rate"].agg(list)
    assert rates["uniform", "replace", "variance", "x"] == pytest.approx([2 / 3], rel=0.01)


def test_laws_without_a_rate_have_a_table_of_their_own(result):
    found = result.agreement
    assert set(found["metric"]) == {"mean", "kurtosis", "pooled_kurtosis", "log_det"}
    assert set(found.loc[found["metric"] == "mean", "statistic"]) == {"mean square"}
    large = found[(found["metric"] == "kurtosis") & (found["law"] == "large n")]
    assert len(large)
    assert large["z"].isna().all()
    rotated = found[(found["generator"] == "rotation:4") & (found["regime"] == "replace")].set_index("metric")
    assert (rotated.loc[["mean", "log_det"], "z"] == 0.0).all()
    tested = found[(found["law"] == "exact") & found["z"].notna()]
    assert {"mean", "pooled_kurtosis", "log_det"} <= set(tested["metric"])
    assert tested["z"].abs().max() < 6.0


def test_the_picture_of_the_kurtosis_shows_measured_and_law_of_the_table(result):
    found = result.agreement.query("metric == 'pooled_kurtosis' and regime == 'replace'")
    assert set(found["generator"]) == {"uniform", "epbeta", "rotation:4", "bootstrap", "gaussian"}
    curves = pooled_curves(result.trajectories, result.predicted)
    for generator, rows in found.groupby("generator"):
        curve = curves[generator, "replace"]
        assert curve.middle[-1] == pytest.approx(rows["measured"].mean(), rel=1e-12)
        assert curve.predicted[-1] == pytest.approx(rows["predicted"].mean(), rel=1e-12)


def test_wrong_laws_are_far(result):
    laws = result.predicted.copy()
    laws["generator"] = laws["generator"].replace({"uniform": "epbeta", "epbeta": "uniform"})
    far = halflife(result.trajectories, laws)
    assert far.loc[(far["generator"] == "uniform") & (far["metric"] == "variance"), "z"].abs().min() > 6.0
    gone = result.predicted.assign(value=result.predicted["value"] + 2e-10)
    late = halflife(result.trajectories, gone)
    late = late[(late["generator"] == "rotation:4") & (late["metric"] == "variance") & (late["regime"] == "replace")]
    assert np.isinf(late["z"]).all()  # 2e-10 is seen where a law holds in every draw
    means = agreement(result.trajectories, result.predicted.assign(value=20.0 * result.predicted["value"]))
    assert means.loc[(means["generator"] == "bootstrap") & (means["metric"] == "mean"), "z"].max() < -6.0


def test_predictions_say_what_they_are_laws_of(result):
    rows = result.predicted.query("generator == 'uniform' and regime == 'replace' and metric == 'pooled_kurtosis'")
    study = result.manifest["study"]

    class Said:
        def __init__(self, said):
            self.describe = lambda: said

    real = result.trajectories.query("generation == 0 and metric == 'kurtosis' and column == 'x'")["value"].iloc[0]
    law = law_of(
        Said(study["generators"]["uniform"]), "replace", "pooled_kurtosis", n=120, generations=3,
        start={"kurtosis": real},
    )  # fmt: skip
    mine = rows[rows["column"] == "x"]
    np.testing.assert_array_equal(mine["value"], law.path)
    assert set(mine["statistic"]) == {"ratio"}
    assert set(mine["kind"]) == {law.kind}


def test_changes_are_not_tested_where_the_real_table_is_at_a_bound(result):
    found = changes(result.trajectories)
    bound = found[found["metric"].isin(["nearest", "levels", "ancestors"]) | found["variant"].str.startswith("max_")]
    assert len(bound)
    assert bound[["t", "p_t", "p_flip"]].isna().all(axis=None)
    assert bound["note"].str.startswith("starts at its bound").all()
    assert found.loc[found["metric"] == "variance", "p_t"].notna().all()


def test_laws_of_several_draws_count_by_draw():
    study = CollapseStudy(
        table(), ["uniform"], ["replace"], n=60, generations=2, replicates=1, data_draws=3,
        metrics=["variance", "kurtosis", "levels", "mean"],
    )  # fmt: skip
    result = study.run()
    found = result.halflife
    laws = result.predicted.query("generator == 'bootstrap' and metric == 'levels' and generation == 2")["value"]
    row = found.query("generator == 'bootstrap' and metric == 'levels'").iloc[0]
    assert laws.max() > laws.min()
    assert row["predicted_ratio"] == pytest.approx(laws.mean())
    assert row["units"] == 3
    assert (result.agreement["units"] == 3).all()
