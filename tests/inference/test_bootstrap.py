"""The re-synthesis bootstrap: right standard errors, bias told, every kind of generator."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from synthmix import MixupSynthesizer
from synthmix.errors import InputError, OptionError
from synthmix.inference import Model, adjust, resynthesis_bootstrap


def table(n: int = 250, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.standard_normal((n, 2)), columns=["a", "b"])
    frame["y"] = frame["a"] - 0.5 * frame["b"] + rng.standard_normal(n)
    frame["g"] = np.where(frame["y"] + rng.standard_normal(n) > 0, "u", "v")
    return frame


def test_it_agrees_with_the_closed_form() -> None:
    real = table().drop(columns="g")
    mixer = MixupSynthesizer("uniform", "random", "raw", random_state=1).fit(real)
    made = mixer.sample(250)

    def slopes(frame: pd.DataFrame) -> Any:
        design = np.column_stack([np.ones(len(frame)), frame[["a", "b"]]])
        return np.linalg.lstsq(design, frame["y"], rcond=None)[0]

    found = resynthesis_bootstrap(real, mixer, slopes, synthetic=made, n_boot=120)
    closed = adjust(smf.ols("y ~ a + b", made).fit(), mixer)
    np.testing.assert_allclose(found.estimate, closed.estimate, rtol=1e-9)
    np.testing.assert_allclose(found.se, closed.se_adjusted, rtol=0.3)  # 6 % of 120 draws, and one table
    assert (found.se > 1.1 * closed.se_naive).all()
    formula, function = (
        resynthesis_bootstrap(real, mixer, statistic, synthetic=made, n_boot=20) for statistic in ("y ~ a + b", slopes)
    )
    assert formula.names == closed.names
    np.testing.assert_allclose(formula.draws, function.draws, rtol=1e-8)


def test_bias_is_told_and_left_in() -> None:
    """Uniform weights keep 2/3 of a variance."""
    real = table()
    mixer = MixupSynthesizer("uniform", "random", "raw")

    def variance(frame: pd.DataFrame) -> float:
        return float(frame["y"].var())

    found = resynthesis_bootstrap(real, mixer, variance, n_boot=40, random_state=5)
    assert found.bias[0] == pytest.approx(-real["y"].var() / 3, abs=5 * found.bias_error[0])
    assert found.bias[0] < -3 * found.bias_error[0]
    assert "biased by over a quarter" in found.note
    np.testing.assert_allclose(found.interval.mean(axis=1), found.estimate)
    np.testing.assert_array_equal(
        found.draws, resynthesis_bootstrap(real, mixer, variance, n_boot=40, random_state=5).draws
    )


def test_a_logistic_model() -> None:
    found = resynthesis_bootstrap(
        table(), MixupSynthesizer("uniform", "random", "raw"), Model("g ~ y", "binomial", event="u"), n_boot=20
    )
    assert found.names == ("Intercept", "y")
    assert np.isfinite(found.se).all()


def test_every_kind_of_generator_and_statistic() -> None:
    real = table(80)

    def resample(frame: pd.DataFrame, rows: int, seed: int) -> pd.DataFrame:
        return frame.sample(rows, replace=True, random_state=seed % 2**32)

    class Maker:
        def make(self, frame: pd.DataFrame, rows: int, seed: int) -> Any:
            return SimpleNamespace(table=resample(frame, rows, seed))

    def mean(frame: pd.DataFrame) -> float:
        return float(frame["y"].mean())

    found = resynthesis_bootstrap(real, resample, mean, n_boot=400)
    expected = np.sqrt(2.0) * real["y"].std() / np.sqrt(80)
    assert found.se[0] == pytest.approx(expected, rel=0.2)
    few, others = (resynthesis_bootstrap(real, one, mean, n_boot=20).draws for one in (resample, Maker()))
    np.testing.assert_array_equal(few, others)
    half = 1.959963984540054 * found.se[0]
    np.testing.assert_allclose(found.interval[0], [found.estimate[0] - half, found.estimate[0] + half])


def test_keys_stay_keys_and_failures_are_counted() -> None:
    real = table(60).assign(id=[f"k{i}" for i in range(60)])
    found = resynthesis_bootstrap(real, MixupSynthesizer(), lambda frame: frame["id"].nunique(), n_boot=20)
    assert (found.draws == 60).all()
    calls = iter(range(1000))

    def half_of_them(frame: pd.DataFrame) -> float:
        number = next(calls)
        return float(frame["y"].mean()) if number < 2 or number % 2 else float("nan")

    found = resynthesis_bootstrap(real, MixupSynthesizer(pairing="random"), half_of_them, n_boot=50)
    assert found.failed == 25
    assert "25 of 50 draws have no value" in found.note
    assert np.isfinite(found.se).all()


def test_bad_input() -> None:
    real = table(60)
    for arguments, message in (
        ({"generator": 3, "statistic": "y ~ a"}, "give a MixupSynthesizer"),
        ({"generator": MixupSynthesizer(), "statistic": 3}, "give a model, or a function"),
        ({"generator": MixupSynthesizer(), "statistic": "y ~ a", "n_boot": 5}, "at least 20"),
    ):
        with pytest.raises(OptionError, match=message):
            resynthesis_bootstrap(real, **arguments)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="has no value"):
        resynthesis_bootstrap(real, MixupSynthesizer(), lambda _: np.nan, n_boot=20)


def test_statistics_return_as_many_numbers_every_time() -> None:
    train, many = table(30), iter(range(1, 50))

    def copy(rows: pd.DataFrame, _n: int, _seed: int) -> pd.DataFrame:
        return rows

    with pytest.raises(InputError, match="as many every time"):
        resynthesis_bootstrap(train, copy, lambda _: np.ones(next(many)), n_boot=20)
    with pytest.raises(InputError, match="needs to return numbers"):
        resynthesis_bootstrap(train, copy, lambda _: "a", n_boot=20)
