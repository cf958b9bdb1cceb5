"""Adjusted standard errors: exact where rotation is, right in simulated coverage, refused where nothing is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from scipy.stats import binom

from synthmix import MixupSynthesizer
from synthmix.errors import InputError, OptionError
from synthmix.inference import adjust, variance_factors
from synthmix.pairing import Cyclic, Nearest, Pairing, Random, WithinClass
from synthmix.weights import Beta, Custom, Dirichlet, EpBeta, Rotation, Sphere, Uniform, WeightsLaw


def table(n: int = 200, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.standard_normal((n, 2)), columns=["a", "b"])
    frame["y"] = frame["a"] - 0.5 * frame["b"] + rng.standard_normal(n)
    return frame


@pytest.mark.parametrize("pairing", ["random", "nearest"])
@pytest.mark.parametrize("passes", [1, 2, 3])
def test_rotation_gives_the_standard_errors_of_the_real_fit(pairing: str, passes: int) -> None:
    real = table()
    mixer = MixupSynthesizer("rotation", pairing, "raw", random_state=1).fit(real)
    expected = smf.ols("y ~ a + b", real).fit()
    found = adjust(smf.ols("y ~ a + b", mixer.sample(passes * len(real))).fit(), mixer)
    np.testing.assert_allclose(found.estimate, expected.params, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.se_adjusted, expected.bse, rtol=1e-9)
    np.testing.assert_allclose(found.interval, expected.conf_int(), rtol=1e-8, atol=1e-10)
    assert found.df == expected.df_resid


def test_slopes_and_means_have_their_own_factor() -> None:
    real = table()
    mixer = MixupSynthesizer("uniform", Random(), "raw", random_state=1).fit(real)
    made = mixer.sample(200)
    factors = variance_factors(Uniform().moments(), "anchor", 200, 200)
    found = adjust(smf.ols("y ~ a + b", made).fit(), mixer)
    assert found.names == ("Intercept", "a", "b")
    np.testing.assert_allclose(found.factor[1:], factors.slope * 197 / (200 - 3 * factors.slope))
    mean = adjust(smf.ols("y ~ 1", made).fit(), mixer)
    np.testing.assert_allclose(mean.factor, factors.mean * 199 / (200 - factors.slope))
    centred = made.assign(a=made["a"] - made["a"].mean(), b=made["b"] - made["b"].mean())
    level = adjust(smf.ols("y ~ a + b", centred).fit(), mixer)
    np.testing.assert_allclose(level.factor[0], factors.mean * 197 / (200 - 3 * factors.slope))
    frame = found.to_frame()
    assert list(frame.columns) == ["estimate", "se_naive", "se_adjusted", "factor", "ci_low", "ci_high"]
    np.testing.assert_allclose(frame["se_adjusted"] ** 2, np.diag(found.cov))


def test_an_unfitted_synthesizer_serves_with_the_number_of_rows() -> None:
    real = table()
    mixer = MixupSynthesizer("epbeta", "random", "raw", random_state=1)
    results = smf.ols("y ~ a", MixupSynthesizer("epbeta", "random", "raw", random_state=1).fit(real).sample(150)).fit()
    with pytest.raises(OptionError, match="n_real"):
        adjust(results, mixer)
    first = adjust(results, mixer, n_real=200)
    np.testing.assert_array_equal(first.cov, adjust(results, mixer.fit(real)).cov)
    with pytest.raises(OptionError, match="was fitted to 200 rows"):
        adjust(results, mixer, n_real=100)


def one_cover(law: WeightsLaw, pairing: Pairing, n: int, m: int, seed: int) -> list[bool]:
    rng = np.random.default_rng(seed + 10_000)
    real = np.column_stack([rng.standard_normal((n, 2)), rng.standard_normal(n)])
    real[:, 2] += real[:, 0] - 0.5 * real[:, 1]
    mixer = MixupSynthesizer(law, pairing, "raw", random_state=seed).fit(real)
    made = mixer.sample(m)
    slope = sm.OLS(made[:, 2], sm.add_constant(made[:, :2])).fit()
    mean = sm.OLS(made[:, 2], np.ones((m, 1))).fit()
    found = []
    for results, place, truth in ((slope, 1, 1.0), (mean, 0, 0.0)):
        for low, high in (adjust(results, mixer).interval[place], results.conf_int()[place]):
            found.append(bool(low <= truth <= high))  # adjusted slope, naive slope, adjusted mean, naive mean
    return found


@pytest.mark.parametrize(
    ("law", "pairing", "m"),
    [
        (Uniform(), Random("iid"), 150),
        (Beta(0.4, 0.4), Random(), 220),
        (EpBeta(), Random("iid"), 150),
        (Sphere(3), Random(), 150),
        (Dirichlet(3), Cyclic(), 150),
        (Custom(weights=[[1.2, -0.2], [0.6, 0.4]]), Random("distinct"), 150),
        (Rotation(5), Random(), 300),
    ],
    ids=lambda value: str(value)[:20],
)
def test_coverage_of_adjusted_and_naive_intervals(law: WeightsLaw, pairing: Pairing, m: int) -> None:
    runs = 100
    covered = np.sum([one_cover(law, pairing, 150, m, seed) for seed in range(runs)], axis=0)
    low, high = binom.ppf([5e-7, 1.0 - 5e-7], runs, 0.95)  # 14 checks together below 1e-5
    assert low <= covered[0] <= high
    assert low <= covered[2] <= high
    assert covered[1] < covered[0]
    assert covered[3] < covered[2]
    if not law.grouped:
        assert covered[[1, 3]].min() < binom.ppf(1e-3, runs, 0.95)  # the naive interval is found out


def test_robust_is_right_for_errors_of_unequal_spread_where_plain_is_not() -> None:
    runs, n, covered = 150, 300, np.zeros(2)
    for seed in range(runs):
        rng = np.random.default_rng([seed, 4])
        x = rng.standard_normal(n)
        real = np.column_stack([x, x + rng.standard_normal(n) * (0.3 + np.abs(x))])
        mixer = MixupSynthesizer(EpBeta(), Random(), "raw", random_state=seed).fit(real)
        made = mixer.sample(n)
        results = sm.OLS(made[:, 1], sm.add_constant(made[:, 0])).fit()
        for place, robust in enumerate((False, True)):
            low, high = adjust(results, mixer, robust=robust).interval[1]
            covered[place] += low <= 1.0 <= high
    assert binom.ppf(1e-6, runs, 0.94) <= covered[1]
    assert covered[0] < binom.ppf(1e-3, runs, 0.95)


def test_robust_agrees_with_hc0_where_rows_are_the_real_ones() -> None:
    """Weights that copy rows in a permutation: factors are 1, and the robust form is White's."""
    real = table()
    law = Custom(weights=[[1.0, 0.0]])
    mixer = MixupSynthesizer(law, Random(), "raw", random_state=1).fit(real)
    results = smf.ols("y ~ a + b", mixer.sample(200)).fit()
    found = adjust(results, mixer, robust=True)
    white = smf.ols("y ~ a + b", real).fit(cov_type="HC0")
    assert variance_factors(law.moments(), "anchor", 200, 200).slope == pytest.approx(1.0)
    np.testing.assert_allclose(found.se_adjusted[1:], white.bse[1:], rtol=1e-9)


def test_within_classes_levels_are_means() -> None:
    real = table(300)
    real["g"] = np.where(np.arange(300) % 3 == 0, "u", "v")
    mixer = MixupSynthesizer(Uniform(), WithinClass("g"), "raw", random_state=2).fit(real)
    made = mixer.sample(300)
    found = adjust(smf.ols("y ~ C(g) + a", made).fit(), mixer).to_frame()
    other = adjust(smf.ols("y ~ 0 + C(g) + a", made).fit(), mixer).to_frame()
    assert found.loc["a", "se_adjusted"] == pytest.approx(other.loc["a", "se_adjusted"])
    assert found.loc["Intercept", "se_adjusted"] == pytest.approx(other.loc["C(g)[u]", "se_adjusted"])
    factors = variance_factors(Uniform().moments(), "anchor", 300, 300)
    mean = adjust(smf.ols("y ~ C(g)", made).fit(), mixer)
    np.testing.assert_allclose(mean.factor, factors.mean * 298 / (300 - 2 * factors.slope))
    with pytest.raises(OptionError, match=r"classes of 'g', which is not in the model"):
        adjust(smf.ols("y ~ a", made).fit(), mixer)


def refused(real: pd.DataFrame, formula: str, **options: Any) -> str:
    target = options.pop("target", None)
    mixer = MixupSynthesizer(**{"encoding": "raw", "pairing": "random", "random_state": 1, **options})
    made = mixer.fit(real, target=target).sample(len(real))
    with pytest.raises((OptionError, InputError)) as caught:
        adjust(smf.ols(formula, made).fit(), mixer)
    return str(caught.value)


def test_what_has_no_closed_form_is_refused_with_the_remedy() -> None:
    real = table()
    real["g"] = np.where(np.arange(200) % 3 == 0, "u", "v")
    for formula, options, message in (
        ("y ~ a", {"encoding": "normal"}, "not linear in the data's units"),
        ("y ~ a", {"weights": "uniform", "pairing": Nearest()}, "pairing near rows has no closed form"),
        ("y ~ a + g", {"weights": "uniform"}, "'g' is copied from one parent"),
        ("y ~ a + I(a ** 2)", {"weights": "uniform"}, "is a function of columns"),
        ("y ~ a * b", {"weights": "uniform"}, "is a function of columns"),
        ("np.exp(y) ~ a", {"weights": "uniform"}, "is a function of columns"),
        ("y ~ 0 + a", {"weights": "uniform"}, "needs a constant"),
    ):
        said = refused(real, formula, **options)
        assert message in said
        assert "resynthesis_bootstrap" in said
    holes = real.drop(columns="g").mask(np.random.default_rng(0).random((200, 3)) < 0.1)
    assert "patterns of missing values" in refused(holes, "y ~ a", weights="uniform")
    mixer = MixupSynthesizer("uniform", "random", "raw", random_state=1).fit(table())
    made = mixer.sample(200)
    made["hit"] = (made["y"] > 0).astype(float)
    with pytest.raises(OptionError, match=r"GLM has no closed form"):
        adjust(smf.glm("hit ~ a", made, family=sm.families.Binomial()).fit(), mixer)
    with pytest.raises(OptionError, match="cov_type='HC1'"):
        adjust(smf.ols("y ~ a", made).fit(cov_type="HC1"), mixer)
    with pytest.raises(OptionError, match=r"alpha=1\.5"):
        adjust(smf.ols("y ~ a", made).fit(), mixer, alpha=1.5)
    with pytest.raises(OptionError, match="give a MixupSynthesizer"):
        adjust(smf.ols("y ~ a", made).fit(), "uniform")  # type: ignore[arg-type]


def test_results_of_nothing_are_refused() -> None:
    with pytest.raises(OptionError, match="NoneType"):
        adjust(None, MixupSynthesizer())
