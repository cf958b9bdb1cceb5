"""Group rotation keeps means, covariances and regressions to rounding, on real tables, in every draw."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from synthmix import MixupSynthesizer
from synthmix.pairing import Nearest, Random, WithinClass
from synthmix.weights import EpBeta, Rotation

TABLES = ["california_housing", "concrete", "naval_propulsion", "wine_quality"]
CLASSES = {"california_housing": "ocean_proximity", "wine_quality": "color"}


def complete(data_file, name):
    """Return the complete rows of a table, its numeric columns, and a class column."""
    frame = pd.read_csv(data_file(name)).dropna().reset_index(drop=True)
    numeric = frame.select_dtypes("number").astype(float)
    if name in CLASSES:
        label = frame[CLASSES[name]]
    else:
        label = pd.Series(pd.qcut(numeric.iloc[:, -1], 4, labels=False, duplicates="drop").astype(str))
    return numeric, label.rename("klass")


def errors(real, synthetic):
    """Return the relative Frobenius errors of mean and covariance (divisor n)."""
    x, y = real.to_numpy(), synthetic.to_numpy()
    mean = np.linalg.norm(y.mean(axis=0) - x.mean(axis=0)) / np.linalg.norm(x.mean(axis=0))
    left, right = np.cov(x.T, ddof=0), np.cov(y.T, ddof=0)
    return mean, np.linalg.norm(right - left) / np.linalg.norm(left)


def pairings():
    return {"random": Random(), "within_class": WithinClass("klass"), "nearest": Nearest(leaf=10)}


@pytest.mark.parametrize("pairing", ["random", "within_class", "nearest"])
@pytest.mark.parametrize("name", TABLES)
def test_mean_and_covariance_are_exact(data_file, name, pairing):
    numeric, label = complete(data_file, name)
    frame = pd.concat([numeric, label], axis=1) if pairing == "within_class" else numeric
    synthesizer = MixupSynthesizer("rotation", pairings()[pairing], "raw", random_state=1).fit(frame)
    for passes in (1, 5):
        sample = synthesizer.sample(passes * len(frame))[numeric.columns]
        mean, covariance = errors(numeric, sample)
        assert mean <= 1e-12
        assert covariance <= 1e-12
        unbiased = np.trace(np.cov(sample.to_numpy().T)) / np.trace(np.cov(numeric.to_numpy().T))
        n = len(frame)
        assert unbiased == pytest.approx(passes * (n - 1) / (passes * n - 1), rel=1e-10)
    assert not np.allclose(sample.to_numpy()[: len(frame)], numeric.to_numpy())
    control = MixupSynthesizer(EpBeta(), Random(), "raw", random_state=1).fit(numeric).sample(len(frame))
    assert errors(numeric, control)[1] > 1e-6  # a law that is exact only in expectation fails the same check


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLES)
def test_a_hundred_generations_do_not_drift(data_file, name):
    numeric, _ = complete(data_file, name)
    current = numeric.head(1000)
    start = current
    for generation in range(100):
        synthesizer = MixupSynthesizer("rotation", "random", "raw", random_state=generation).fit(current)
        current = synthesizer.sample(len(current))
    mean, covariance = errors(start, current)
    assert mean <= 1e-10
    assert covariance <= 1e-10


@pytest.mark.parametrize(("name", "response"), [("concrete", "strength"), ("wine_quality", "alcohol")])
def test_least_squares_is_the_same_regression(data_file, name, response):
    numeric, _ = complete(data_file, name)
    sample = MixupSynthesizer("rotation", "nearest", "raw", random_state=2).fit(numeric).sample(len(numeric))
    fits = []
    for frame in (numeric, sample):
        z = (frame - numeric.mean()) / numeric.std()
        fits.append(sm.OLS(z[response], sm.add_constant(z.drop(columns=response))).fit())
    real, synthetic = fits
    scale = np.abs(real.params).max()
    np.testing.assert_allclose(synthetic.params, real.params, rtol=1e-8, atol=1e-10 * scale)
    np.testing.assert_allclose(synthetic.bse, real.bse, rtol=1e-8)
    assert synthetic.rsquared == pytest.approx(real.rsquared, rel=1e-10)


def test_offsets_of_1e8_cost_no_exactness():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3001, 4)) @ rng.normal(size=(4, 4)) + 1e8
    y = MixupSynthesizer("rotation", "random", "raw", random_state=0).fit(x).sample(3001)
    left, right = np.cov((x - 1e8).T, ddof=0), np.cov((y - 1e8).T, ddof=0)
    assert np.linalg.norm(right - left) / np.linalg.norm(left) < 1e-8  # values near 1e8 carry 1.5e-8 themselves


def test_linear_identities_between_columns_hold_in_every_row(data_file):
    frame = pd.read_csv(data_file("bike_sharing_hour"))[["casual", "registered", "cnt"]]
    sample = MixupSynthesizer("epbeta", "random", "raw", random_state=0).fit(frame).sample(2000)
    assert np.abs(sample["casual"] + sample["registered"] - sample["cnt"]).max() < 1e-9


@pytest.mark.parametrize("strength", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("k", [3, 4, 5, 8])
def test_any_group_size_and_strength(k, strength):
    x = np.random.default_rng(k).gamma(2.0, size=(1003, 3))
    y = MixupSynthesizer(Rotation(k, strength), "random", "raw", random_state=0).fit(x).sample(1003)
    np.testing.assert_allclose(np.cov(y.T), np.cov(x.T), rtol=1e-12)
    np.testing.assert_allclose(y.mean(axis=0), x.mean(axis=0), rtol=1e-13)
