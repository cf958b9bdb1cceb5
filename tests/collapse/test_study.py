"""Studies: what is in the tables, what is refused before anything runs, and what an error costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from collapse.fake_ruler import fake_ruler
from collapse.small_study import small_study, small_table
from collapse.strangers import Seedless, empty, fails_in_generation_7

from synthmix.collapse import CollapseStudy
from synthmix.collapse.columns import TRAJECTORIES
from synthmix.errors import InputError, OptionError, SynthmixWarning


def test_tables_are_tidy_and_in_the_order_of_the_study():
    result = small_study(generators=["uniform"], regimes=["replace", "share:0.2"], replicates=1, data_draws=2).run()
    table = result.trajectories
    assert tuple(table.columns) == TRAJECTORIES
    assert (result.done, result.total, result.complete) == (12, 12, True)
    assert list(table["generator"].unique()) == ["uniform", "bootstrap", "gaussian"]
    keys = [*TRAJECTORIES[:11]]
    assert not table.duplicated(keys).any()
    assert set(table.loc[table["regime"] == "replace", "rows"]) == {"new"}
    pools = table[table["rows"] == "pool"]
    assert set(pools["generation"]) == set(range(9))
    assert "nearest" not in set(pools["metric"])  # dear metrics are for new rows
    variance = table[(table["metric"] == "variance") & (table["generation"] == 0)]
    assert np.allclose(variance["value"], 1.0)
    counts = table[(table["metric"] == "variance") & (table["rows"] == "new")]
    assert (counts["count"] == 30).all()
    starts = table[(table["metric"] == "nearest") & (table["generation"] > 0)]
    assert (starts["value"] == 30).all()  # the table of the generation before reaches the ruler
    assert result.errors.empty
    assert "12 of 12 chains" in result.summary()


def test_ancestors_are_followed_through_every_regime():
    result = small_study(generators=["epbeta"], regimes=["replace", "accumulate", "fresh:0.1"], replicates=1).run()
    table = result.trajectories[result.trajectories["metric"] == "ancestors"]
    wide = table[table["rows"] == "new"].pivot_table(
        index=["generator", "regime", "chain"], columns="generation", values="value"
    )
    assert (wide[0] == 1.0).all()
    replaced = wide.xs("replace", level="regime").drop("gaussian")
    assert (np.diff(replaced.to_numpy(), axis=1) <= 0).all()
    assert (replaced.loc["bootstrap", 8] < 0.5).all()
    assert "gaussian" not in set(table.loc[table["generation"] > 0, "generator"])  # it has none
    kept = table[(table["regime"] == "accumulate") & (table["rows"] == "pool") & (table["generator"] != "gaussian")]
    assert (kept["value"] == 1.0).all()


def test_closed_forms_of_variance_hold_in_a_small_study():
    data = pd.DataFrame({"x": np.random.Generator(np.random.Philox(key=2)).normal(size=3_000)})
    study = CollapseStudy(
        data, ["uniform", "rotation:3"], ["replace", "accumulate", "share:0.25"], n=600, generations=4, replicates=5,
        ruler=fake_ruler, random_state=3,
    )  # fmt: skip
    table = study.run().trajectories
    table = table[(table["metric"] == "variance") & (table["generation"] == 4)]
    mean = table.groupby(["generator", "regime", "rows"])["value"].mean()
    c = 2 / 3
    pool = np.prod([(k + c) / (k + 1) for k in range(1, 5)])
    assert mean["uniform", "replace", "new"] == pytest.approx(c**4, rel=0.1)
    assert mean["uniform", "accumulate", "pool"] == pytest.approx(pool, rel=0.05)
    share = c**4 * 0.75**4 + sum(0.25 * c * (c * 0.75) ** k for k in range(4))
    assert mean["uniform", "share:0.25", "new"] == pytest.approx(share, rel=0.15)
    assert abs(mean["rotation:3", "replace", "new"] - 1.0) < 1e-12
    assert abs(mean["rotation:3", "accumulate", "pool"] - 1.0) > 1e-12  # a part of an epoch, not exact


def test_an_error_in_generation_7_costs_its_own_chains_and_is_told():
    study = small_study(generators=["uniform", fails_in_generation_7], regimes=["replace"])
    with pytest.warns(SynthmixWarning, match=r"2 of 2 chains of 'fails_in_generation_7' ended early") as told:
        result = study.run()
    assert [warning.filename for warning in told] == [__file__]
    errors = result.errors
    assert list(errors["generation"]) == [7, 7]
    assert set(errors["error"]) == {"RuntimeError: the machine is tired"}
    assert "fails_in_generation_7" in errors["traceback"][0]
    reached = result.trajectories.groupby("generator")["generation"].max()
    assert reached["fails_in_generation_7"] == 6
    assert reached["uniform"] == reached["bootstrap"] == 8


def test_rows_that_cannot_be_used_end_the_chain_and_are_told():
    with pytest.warns(SynthmixWarning, match="generator 'empty', regime 'replace', generation 1: it returned 0 rows"):
        result = small_study(generators=[empty], regimes=["replace"]).run()
    assert set(result.errors["generator"]) == {"empty"}
    assert result.complete


def test_a_generator_without_a_seed_is_told():
    with pytest.warns(SynthmixWarning, match="'theirs' has no seed that can be set"):
        small_study(generators={"theirs": Seedless()}, regimes=["replace"], generations=1).run()


def test_a_mixture_of_scikit_learn_runs_for_twenty_generations():
    from sklearn.mixture import GaussianMixture

    random = np.random.Generator(np.random.Philox(key=9))
    table = pd.DataFrame(random.normal(size=(400, 2)) + 4.0 * random.integers(0, 2, (400, 1)), columns=[*"xy"])
    mixtures = {"one": GaussianMixture(1, random_state=3), "two": GaussianMixture(2, random_state=3)}
    study = CollapseStudy(
        table, mixtures, ["replace"], n=100, generations=20, replicates=3, ruler=fake_ruler,
        random_state=4,
    )  # fmt: skip
    result = study.run()
    assert result.errors.empty
    found = result.trajectories.query("metric == 'variance' and rows == 'new' and generation == 20")
    chains = found.pivot_table(index=["generator", "regime"], columns="chain", values="value")
    mean = chains.mean(axis=1)
    # One component is a Gaussian refit with divisor n: (1 - 1/n)^g, with the spread sqrt(2 g / n) of a chain.
    assert abs(mean["one", "replace"] - 0.99**20) < 4.5 * np.sqrt(2 * 20 / 100 / 3)
    assert (chains.loc["two"] > 0.0).all(axis=None)
    assert mixtures["two"].random_state == 3
    assert not hasattr(mixtures["two"], "means_")


def test_the_users_rows_are_not_touched():
    table = small_table()
    before = table.copy()
    CollapseStudy(table, "epbeta", "accumulate", n=20, generations=2, replicates=1, ruler=fake_ruler).run()
    pd.testing.assert_frame_equal(table, before)


def test_leaving_controls_out_is_said_loudly():
    with pytest.warns(SynthmixWarning, match="a study without controls cannot tell"):
        study = small_study(generators=["epbeta"], controls=False)
    assert [generator.name for generator in study.spec.generators] == ["epbeta"]
    words = small_study(generators=["gaussian", "bootstrap"])
    assert [generator.name for generator in words.spec.generators] == ["gaussian", "bootstrap"]
    levels = CollapseStudy(small_table()[["s"]], "epbeta", n=20, ruler=fake_ruler)
    assert [generator.name for generator in levels.spec.generators] == ["epbeta", "bootstrap"]


def test_keys_are_left_out():
    keyed = small_table().assign(id=[f"row {i}" for i in range(400)])
    with pytest.warns(SynthmixWarning, match="'id' is a key and is left out of the study"):
        study = CollapseStudy(keyed, "epbeta", n=20, ruler=fake_ruler)
    assert "id" not in study.spec.data.kinds


def test_numbers_whose_squares_overflow_are_refused_before_anything_runs():
    table = small_table()
    table.loc[17, "y"] = 1e151
    with pytest.raises(InputError, match=r"column 'y' holds .* in row 17, whose square overflows; rescale"):
        CollapseStudy(table, "epbeta", n=20, ruler=fake_ruler)
    table.loc[17, "y"] = 1e149  # the control
    assert CollapseStudy(table, "epbeta", n=20, ruler=fake_ruler).spec.data.kinds["y"] == "real"


def test_an_array_is_a_table():
    numbers = np.random.Generator(np.random.Philox(key=2)).normal(size=(60, 3))
    result = CollapseStudy(numbers, "epbeta", n=30, generations=1, replicates=1, ruler=fake_ruler).run()
    assert {"x0", "x1", "x2"} <= set(result.trajectories["column"])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"regimes": ["replacement"]}, OptionError, "unknown regime 'replacement'; did you mean 'replace'"),
        ({"regimes": ["share:2"]}, OptionError, "share=2"),
        ({"regimes": []}, OptionError, "there is no regime"),
        ({"regimes": ["replace", "replace"]}, OptionError, "the regime 'replace' occurs 2 times"),
        ({"generators": []}, OptionError, "there is no generator"),
        ({"generators": ["epbeta", "epbeta"]}, OptionError, "the generator 'epbeta' occurs 2 times"),
        ({"n": 401}, InputError, "n=401 is more than the 400 rows of the data"),
        ({"n": 1}, OptionError, "at least 2 rows"),
        ({"n": [30, 30]}, OptionError, "the size '30' occurs 2 times"),
        ({"n": 3.5}, OptionError, "n=3.5 is not an integer"),
        ({"generations": 0}, OptionError, "generations=0"),
        ({"replicates": -1}, OptionError, "replicates=-1"),
        ({"keep": "some"}, OptionError, "keep='some'"),
        ({"target": "z"}, InputError, "target 'z' is not a column"),
        ({"schema": {"z": "real"}}, InputError, "'z'"),
        ({"schema": {"x": "number"}}, OptionError, "number"),
        ({"metrics": "variance"}, OptionError, "give a list of words"),
        ({"monitors": {"alpha": object()}}, OptionError, "plain numbers and words"),
        ({"regimes": ["fresh:0.5"], "generations": 30}, InputError, "use 450 fresh real rows, more than the 370"),
        ({"regimes": ["weighted:golden"]}, OptionError, "weighs rows, which generator 'epbeta' cannot"),
        ({"controls": "yes"}, OptionError, "controls='yes'"),
        ({"fresh": pd.DataFrame({"x": [1.0, -2e155]})}, InputError, "'x' holds -2e\\+155 in row 1, whose square"),
        ({"fresh": pd.DataFrame({"x": [1.0, 2.5]})}, InputError, "not those of the data"),
    ],
)  # fmt: skip
def test_what_cannot_work_is_refused_before_anything_runs(options, error, message):
    with pytest.raises(error, match=message):
        small_study(**{"generators": ["epbeta"], "regimes": ["replace"], **options})


@pytest.mark.parametrize("options", [{"max_seconds": -1}, {"n_jobs": 0}, {"max_seconds": "soon"}])
def test_options_of_a_run_are_checked(options, tmp_path):
    with pytest.raises(OptionError):
        small_study(generators=["epbeta"]).run(tmp_path, **options)
    assert not list(tmp_path.iterdir())


def test_options_of_monitors_are_refused_before_anything_runs():
    for monitors in ({"alph": 0.1}, {"alpha": 2}, {"alpha": 0}, {"delta": -0.1}, {"alpha": True}):
        with pytest.raises(OptionError, match="monitors"):
            small_study(monitors=monitors)
    assert small_study(monitors={"alpha": 0.01, "delta": 0}).spec.monitors == {"alpha": 0.01, "delta": 0}
    with pytest.raises(OptionError, match="metrics is empty"):
        small_study(metrics=[])
