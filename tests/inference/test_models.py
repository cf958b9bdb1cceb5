"""Declared models: formulas, families, defaults; what goes wrong has a reason and no warning."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from synthmix.errors import InputError, OptionError
from synthmix.inference import Model, default_model, fit_models
from synthmix.inference.models import declare


def frame(n: int = 120, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(n)
    return pd.DataFrame(
        {
            "y": 1.0 + x + rng.standard_normal(n),
            "x": x,
            "g": rng.choice(["a", "b", "c"], n),
            "count": rng.poisson(np.exp(0.5 * x)),
            "hit": np.where(rng.random(n) < 1.0 / (1.0 + np.exp(-x)), "yes", "no"),
        }
    )


@pytest.mark.parametrize(
    ("formula", "family", "oracle"),
    [
        ("y ~ x + C(g)", "gaussian", lambda d: smf.ols("y ~ x + C(g)", d).fit()),
        ("count ~ x + g", "poisson", lambda d: smf.glm("count ~ x + g", d, family=sm.families.Poisson()).fit()),
        (
            "hit ~ x",
            "binomial",
            lambda d: smf.logit("hit ~ x", d.assign(hit=(d["hit"] == "yes").astype(float))).fit(disp=0),
        ),
        (
            "np.exp(y) ~ x",
            "gamma",
            lambda d: smf.glm("np.exp(y) ~ x", d, family=sm.families.Gamma(sm.families.links.Log())).fit(),
        ),
    ],
)
def test_fits_are_those_of_statsmodels(formula: str, family: Any, oracle: Callable[[pd.DataFrame], Any]) -> None:
    real = frame()
    fit, _ = fit_models(Model(formula, family), real, [])
    expected = oracle(real)
    np.testing.assert_allclose(fit.estimate, expected.params, rtol=1e-6)
    np.testing.assert_allclose(fit.se, expected.bse, rtol=1e-4)
    assert not fit.reasons
    assert fit.note == ""


def test_all_frames_give_the_same() -> None:
    pl = pytest.importorskip("polars")
    real = frame()
    model = Model("y ~ x + g")
    expected = fit_models(model, real, [])[0]
    for other in (
        pl.from_pandas(real),
        pa.Table.from_pandas(real),
        real.convert_dtypes(),
        real.astype({"g": "category"}),
    ):
        fit, _ = fit_models(model, other, [real])
        assert fit.names == expected.names
        np.testing.assert_allclose(fit.estimate, expected.estimate, rtol=1e-12)
    array, _ = fit_models(Model("x0 ~ x1"), real[["y", "x"]].to_numpy(), [])
    np.testing.assert_allclose(array.estimate, smf.ols("y ~ x", real).fit().params)


def test_reasons_instead_of_numbers() -> None:
    real = frame()
    for broken, coefficient, reason in (
        (real[real["g"] != "c"], "g[T.c]", "does not occur here"),
        (real.assign(x=1.0), "x", "explained by the terms before it"),
        (real.drop(columns="x"), "x", "no column 'x'"),
        (real.assign(y=np.nan), "x", "0 complete rows"),
        (real.assign(y=2.0), "x", "the response is the same in all rows"),
    ):
        before = broken.copy()
        _, (fit,) = fit_models(Model("y ~ g + x"), real, [broken])
        assert np.isnan(fit.estimate[fit.names.index(coefficient)])
        assert reason in fit.reasons[coefficient]
        pd.testing.assert_frame_equal(broken, before)
    invented = real.assign(g=np.where(np.arange(len(real)) < 10, "new", real["g"]))
    _, (fit,) = fit_models(Model("y ~ g + x"), real, [invented])
    assert fit.usable.all()
    assert "10 rows have levels that the real table does not" in fit.note
    assert fit.n_rows == len(real) - 10


def test_separation_has_no_estimate_and_says_so() -> None:
    real = frame()
    real["only"] = np.where((real["hit"] == "yes") & (np.arange(len(real)) % 4 == 0), "in", "out")
    fit, _ = fit_models(Model("hit ~ x + only", "binomial"), real, [])
    place = fit.names.index("only[T.out]")
    assert np.isnan(fit.estimate[place])
    assert fit.reasons["only[T.out]"] == "no finite estimate (separation)"
    assert "separation" in fit.note
    assert fit.usable[fit.names.index("x")]


def test_names_that_are_no_identifiers() -> None:
    real = frame().rename(columns={"x": "hours per week"})
    fit, _ = fit_models(default_model(real, "y"), real, [])
    assert "hours per week" in fit.names


def test_defaults(data_file: Callable[[str], Path]) -> None:
    adult = pd.read_csv(data_file("adult"), nrows=3000)
    model = default_model(adult, "income")
    assert (model.family, model.event) == ("binomial", ">50K")
    assert "hours_per_week" in model.formula
    assert "native_country" not in model.formula
    number = default_model(adult, "hours_per_week")
    assert number.family == "gaussian"
    fit, _ = fit_models(number, adult, [])
    assert len(fit.names) <= 41
    several = default_model(frame(), "g")
    assert several.family == "binomial"
    assert several.event == frame()["g"].value_counts().index[0]


def test_declarations() -> None:
    real = frame()
    found = declare(["y ~ x", ("count ~ x", "poisson"), Model("hit ~ x", "binomial", label="hits")], real)
    assert [model.label for model in found] == ["y ~ x", "count ~ x [poisson]", "hits"]
    assert declare((), real) == ()
    assert declare("y ~ x", real)[0].family == "gaussian"
    for wrong, message in (
        (["y + x"], "no formula with a response"),
        ([("y ~ x", "poison")], "did you mean 'poisson'"),
        ([3], "give a formula"),
        (["y ~ x", "y ~ x"], "declared 2 times"),
    ):
        with pytest.raises(OptionError, match=message):
            declare(wrong, real)  # type: ignore[arg-type]
    for formula, message in (
        ("y ~ z", "cannot be evaluated on the real table"),
        ("g ~ x", "the response is no number"),
        ("y ~ __import__('os')", "cannot be evaluated"),
    ):
        with pytest.raises(InputError, match=message):
            fit_models(Model(formula), real, [])
    with pytest.raises(InputError, match="3 levels"):
        fit_models(Model("g ~ x", "binomial"), real, [])
    with pytest.raises(InputError, match="did you mean 'count'"):
        default_model(real, "counts")
    with pytest.raises(InputError, match="no column can be a regressor"):
        default_model(real[["y"]], "y")


ODD = [
    "class",
    "it's",
    "a\\b",
    "a\nb",
    "größe|\"'",
    "C",
    "Q",
    "I",
    "Intercept",
    "np",
    "bs",
    "ﬁ",
    "a.b",
    "x y",
    "C(g)[T.b]",
]


@pytest.mark.parametrize("name", ODD)
def test_names_that_a_formula_would_misread_serve_in_default_models(name: str) -> None:
    plain = pd.DataFrame({"y": [0.5, 1.0, 2.0, 4.5] * 9, "x": np.arange(36) % 5 * 1.5, "g": [*"abc"] * 12})
    expected = smf.ols("y ~ x + C(g)", plain).fit()
    for place in ("x", "g", "y"):  # as a number, as levels, as the response
        table = plain.rename(columns={place: name})
        target = name if place == "y" else "y"
        fit, (other,) = fit_models(default_model(table, target), table, [table.assign(x1=1.0)])
        assert len(set(fit.names)) == len(fit.names)
        found = dict(zip(fit.names, fit.estimate, strict=True))
        shown = {"x": name, "g": "g"} if place == "x" else {"x": "x", "g": name if place == "g" else "g"}
        number = f"{name} (column)" if place == "x" and name in ("Intercept", "C(g)[T.b]") else shown["x"]
        assert found[number] == pytest.approx(expected.params["x"])
        levels = [term for term in fit.names if term.startswith(f"C({shown['g']})[T.")]
        assert len(levels) == 2 + (name == "C(g)[T.b]" and place == "x")
        np.testing.assert_allclose(sorted(fit.estimate), sorted(expected.params), rtol=1e-9)
        np.testing.assert_allclose(other.estimate, fit.estimate)
    lacking = plain.rename(columns={"x": name})
    _, (other,) = fit_models(default_model(lacking, "y"), lacking, [plain.drop(columns="x")])
    assert f"no column {name!r}" in other.note


def test_names_that_are_declared_are_the_user_s_own() -> None:
    table = frame().rename(columns={"x": "C"})
    fit, _ = fit_models(Model("y ~ C(g)"), table, [])  # the function, not the column
    np.testing.assert_allclose(fit.estimate, smf.ols("y ~ C(g)", frame()).fit().params)
    table = frame().rename(columns={"x": "hours per week"})
    assert fit_models(Model('y ~ Q("hours per week")'), table, [])[0].names == ("Intercept", "hours per week")


def test_a_level_that_is_called_like_a_stand_in_stays() -> None:
    table = frame().rename(columns={"x": "a b", "g": "c d"}).replace({"c d": {"b": "x1", "c": "x0"}})
    fit, _ = fit_models(default_model(table, "y"), table, [])
    assert {"C(c d)[T.x0]", "C(c d)[T.x1]"} <= set(fit.names)


def test_a_response_too_small_to_square_says_so() -> None:
    table = frame()
    table["tiny"] = table[table.select_dtypes("number").columns[0]] * 1e-310
    with pytest.raises(InputError, match="rescale the columns"):
        fit_models(Model("tiny ~ 1"), table, [])
