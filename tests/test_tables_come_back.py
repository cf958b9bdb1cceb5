"""The same kind of table comes back, for every real table at hand."""

import numpy as np
import pandas as pd
import pytest
from real_tables import TABLES

from synthmix import MixupSynthesizer
from synthmix.pairing import Chained

SETTINGS = {
    "default": {},
    "scores": {"discrete": "scores"},
    "raw-grid": {"encoding": "raw", "grid": "source"},
    "raw-grid-epbeta": {"encoding": "raw", "grid": "source", "weights": "epbeta", "pairing": "random"},
}


def read(data_file, name):
    frame = pd.read_csv(data_file(name))
    if name == "taxis":
        frame[["pickup", "dropoff"]] = frame[["pickup", "dropoff"]].apply(pd.to_datetime)
    return frame


def off_grid(values, decimals):
    """Number of values that are not multiples of 10**-decimals as decimal text would give them."""
    return int((values != values.round(decimals)).sum())


def decimals_of(values):
    return next((d for d in range(13) if off_grid(values, d) == 0), None)


def missing_share_is_plausible(real, synthetic):
    """Five binomial standard errors, plus the sampling error of the real share."""
    share = real.mean()
    error = np.sqrt(share * (1 - share) / len(synthetic))
    return abs(synthetic.mean() - share) <= 5 * error + 1e-12


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("name", TABLES)
def test_round_trip(data_file, name, setting):
    real = read(data_file, name)
    columns = {"instant": "key"} if "instant" in real else None  # a row number, declared so that nothing is warned of
    synthesizer = MixupSynthesizer(**SETTINGS[setting], columns=columns, random_state=1).fit(real)
    synthetic = synthesizer.sample(len(real) + 13)
    assert list(synthetic.columns) == list(real.columns)
    assert synthetic.dtypes.equals(real.dtypes)
    kinds = {info.name: info for info in synthesizer.columns_}
    for column in real:
        before, after = real[column], synthetic[column]
        assert missing_share_is_plausible(before.isna(), after.isna()), column
        info = kinds[column]
        if info.role == "key":
            assert not set(after) & set(before), column
        elif info.role == "discrete":
            assert set(after.dropna()) <= set(before.dropna()), column
        elif before.dtype.kind == "f":
            decimals = decimals_of(before.dropna())
            assert decimals is None or off_grid(after.dropna(), decimals) == 0, column
        if info.role == "continuous" and SETTINGS[setting].get("encoding", "normal") == "normal":
            assert after.min() >= before.min(), column  # decoded by quantiles: the range is kept
            assert after.max() <= before.max(), column


def test_the_checks_notice_wrong_tables(data_file):
    real = read(data_file, "california_housing")
    assert off_grid(real["median_income"] + 1e-9, 4) > 0
    assert not missing_share_is_plausible(real["total_bedrooms"].isna(), pd.Series(np.arange(len(real)) % 50 == 0))


def test_missingness_keeps_its_dependence_on_other_columns(data_file):
    # taxis: zone and borough are missing together; titanic: embarked and embark_town, and age depends on class.
    taxis = read(data_file, "taxis")
    synthetic = MixupSynthesizer(random_state=3).fit(taxis).sample(3 * len(taxis))
    assert synthetic["pickup_zone"].isna().any()
    assert (synthetic["pickup_zone"].isna() == synthetic["pickup_borough"].isna()).all()
    titanic = read(data_file, "titanic")
    synthetic = MixupSynthesizer(random_state=3).fit(titanic).sample(10 * len(titanic))
    assert (synthetic["embarked"].isna() == synthetic["embark_town"].isna()).all()
    real_rate = titanic["age"].isna().groupby(titanic["pclass"]).mean()
    rate = synthetic["age"].isna().groupby(synthetic["pclass"]).mean()
    assert abs(rate - real_rate).max() < 0.03
    assert abs(real_rate - titanic["age"].isna().mean()).max() > 0.07  # drawn independently it would fail
    assert (synthetic["alive"].eq("yes") == synthetic["survived"].eq(1)).all()
    mixing = MixupSynthesizer(pairing=Chained(atom=1), columns={"survived": "integer"}, random_state=3)
    mixed = mixing.fit(titanic).sample(len(titanic))  # a number that is mixed is no code of a label
    assert not (mixed["alive"].eq("yes") == mixed["survived"].eq(1)).all()


def test_structured_missingness_of_adult(data_file):
    adult = read(data_file, "adult")
    synthetic = MixupSynthesizer(random_state=3).fit(adult).sample(len(adult))
    workclass, occupation = synthetic["workclass"].isna(), synthetic["occupation"].isna()
    assert (occupation | ~workclass).all()  # a missing workclass implies a missing occupation
    assert missing_share_is_plausible(adult["workclass"].isna(), workclass)
    assert synthetic.groupby("education")["education_num"].nunique().max() == 1  # a code and its label agree
    pairs = set(_pairs(adult))
    assert np.mean([pair not in pairs for pair in _pairs(synthetic)]) < 0.005  # leaves can hold rare levels
    donors = MixupSynthesizer(pairing="nearest", random_state=3).fit(adult).sample(len(adult))
    assert set(_pairs(donors)) <= pairs
    assert donors["workclass"].isna().sum() == adult["workclass"].isna().sum()


def _pairs(table):
    return list(zip(table["workclass"].astype(str), table["occupation"].astype(str), strict=True))


def test_missing_bedrooms_depend_on_the_rest_as_before(data_file):
    real = read(data_file, "california_housing")
    synthetic = MixupSynthesizer(random_state=3).fit(real).sample(len(real))
    gone, kept = synthetic["total_bedrooms"].isna(), real["total_bedrooms"].isna()
    assert gone.sum() == kept.sum()
    for column in ("median_income", "population", "latitude"):
        spread = real[column].std() / np.sqrt(kept.sum())
        assert abs(synthetic.loc[gone, column].mean() - real.loc[kept, column].mean()) < 3 * spread
