"""The estimator: conventions, options, errors."""

import pickle
import warnings
from copy import deepcopy

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from sklearn.base import clone

import synthmix
from synthmix import InputError, MixupSynthesizer, NotFittedError, OptionError, SynthmixWarning, synthesize
from synthmix.pairing import Nearest, WithinClass
from synthmix.weights import Beta, EpBeta, Rotation


def table(n=60):
    rng = np.random.default_rng(0)
    return pd.DataFrame({"x": rng.normal(size=n), "y": rng.gamma(2.0, size=n), "c": rng.choice(["a", "b"], n)})


def test_init_stores_and_fit_returns_self():
    pairing, rng = Nearest(leaf=4), np.random.default_rng(1)
    synthesizer = MixupSynthesizer(weights="epbeta", pairing=pairing, random_state=rng)
    assert synthesizer.get_params()["pairing"] is pairing
    assert synthesizer.get_params()["random_state"] is rng
    assert synthesizer.fit(table()) is synthesizer
    assert synthesizer.n_features_in_ == 3
    assert synthesizer.feature_names_in_.tolist() == ["x", "y", "c"]


@pytest.mark.parametrize(
    ("given", "weights", "pairing"),
    [
        ({}, "Sphere", "Chained"),
        ({"encoding": "raw"}, "Rotation", "Nearest"),
        ({"pairing": "random"}, "Rotation", "Random"),
        ({"weights": "epbeta"}, "EpBeta", "Nearest"),
    ],
)
def test_what_was_left_open_is_stated_after_the_fit(given, weights, pairing):
    fitted = MixupSynthesizer(**given, random_state=1).fit(
        pd.DataFrame({"x": np.arange(30.0), "y": np.arange(30) % 7.0})
    )
    assert (type(fitted.weights_).__name__, type(fitted.pairing_).__name__) == (weights, pairing)
    assert (fitted.weights, fitted.pairing) == (given.get("weights"), given.get("pairing"))


def test_clone_and_set_params():
    synthesizer = MixupSynthesizer(EpBeta(delta=0.02), "cyclic", random_state=3)
    copy = clone(synthesizer)
    assert copy.get_params() == synthesizer.get_params()
    assert copy.set_params(weights="sphere").weights == "sphere"
    with pytest.raises(OptionError, match=r"weigths.*did you mean 'weights'"):
        copy.set_params(weigths="sphere")
    assert repr(MixupSynthesizer("beta", n_jobs=2)) == "MixupSynthesizer(weights='beta', n_jobs=2)"


@pytest.mark.parametrize("state", [7, np.random.default_rng(3), np.random.RandomState(3), None])
def test_every_kind_of_random_state(state):
    synthesizer = MixupSynthesizer(random_state=state).fit(table())
    again = MixupSynthesizer(random_state=synthesizer.seed_).fit(table())
    assert_frame_equal(synthesizer.sample(30), again.sample(30))


def test_unseeded_fits_differ():
    assert MixupSynthesizer().fit(table()).seed_ != MixupSynthesizer().fit(table()).seed_


def test_tiny_beta_parameters_copy_rows():
    x = np.random.default_rng(0).normal(size=(200, 3))
    y = MixupSynthesizer(Beta(1e-8), "random", "raw", random_state=0).fit(x).sample(1000)
    rows = {row.tobytes() for row in x}
    assert all(row.tobytes() in rows for row in y)
    mixed = MixupSynthesizer(Beta(0.2), "random", "raw", random_state=0).fit(x).sample(1000)
    assert not all(row.tobytes() in rows for row in mixed)


def test_arrays_give_arrays_and_frames_frames():
    x = np.random.default_rng(0).normal(size=(50, 2))
    assert isinstance(synthesize(x, 20, random_state=0), np.ndarray)
    assert synthesize(x, 20, random_state=0).shape == (20, 2)
    assert len(synthesize(table(), random_state=0)) == 60
    assert synthesize(table(), 0, random_state=0).dtypes.equals(table().dtypes)


def test_public_names_exist():
    for name in synthmix.__all__:
        assert getattr(synthmix, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = synthmix.nothing


def test_methods_before_fit():
    for call in ("sample", "save", "certificate"):
        with pytest.raises(NotFittedError, match=r"call fit\(table\) first"):
            getattr(MixupSynthesizer(), call)(*([] if call == "certificate" else [3]))


@pytest.mark.parametrize("n_rows", [-1, 2.5, "ten", None, True])
def test_bad_numbers_of_rows(n_rows):
    synthesizer = MixupSynthesizer(random_state=0).fit(table())
    with pytest.raises(OptionError, match="n_rows="):
        synthesizer.sample(n_rows)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": "rotatoin"}, "did you mean 'rotation'"),
        ({"pairing": "neerest"}, "did you mean 'nearest'"),
        ({"encoding": "log"}, "encoding.*log"),
        ({"grid": "fine"}, "grid.*fine"),
        ({"donor": "first"}, "donor='first'"),
        ({"small_cells": "drop"}, "small_cells='drop'"),
        ({"n_jobs": 0}, "n_jobs=0"),
        ({"random_state": -3}, "random_state=-3"),
        ({"random_state": "x"}, "random_state='x'"),
        ({"keys": "copy"}, "keys.*copy"),
        ({"discrete": "magic"}, "discrete.*magic"),
    ],
)
def test_unknown_options_name_the_value_and_the_choices(options, message):
    with pytest.raises(OptionError, match=message):
        MixupSynthesizer(**options).fit(table())


def test_unknown_option_of_synthesize():
    with pytest.raises(OptionError, match=r"unknown option 'weight'.*did you mean 'weights'"):
        synthesize(table(), 5, weight="beta")


def test_targets():
    with pytest.raises(InputError, match=r"target 'z' is not a column.*choose from 'x', 'y', 'c'"):
        MixupSynthesizer().fit(table(), target="z")
    frame = table().rename(columns={"c": "klass"})
    with pytest.raises(InputError, match="did you mean 'klass'"):
        MixupSynthesizer().fit(frame, target="class")
    with pytest.raises(InputError, match="target=7"):
        MixupSynthesizer().fit(np.zeros((9, 2)) + np.arange(18).reshape(9, 2), target=7)
    with pytest.raises(OptionError, match="WithinClass"):
        MixupSynthesizer(pairing="within_class").fit(table())
    with pytest.raises(InputError, match="class column 'd'"):
        MixupSynthesizer(pairing=WithinClass("d")).fit(table())


def test_integer_targets_are_labels_of_tables_and_positions_of_arrays():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({1: rng.normal(size=30), 2: rng.normal(size=30), 0: rng.normal(size=30)})
    facts = MixupSynthesizer(random_state=0).fit(frame, target=1).certificate().facts
    assert facts["target"] == "1"
    facts = MixupSynthesizer(random_state=0).fit(frame.to_numpy(), target=1).certificate().facts
    assert facts["target"] == "x1"
    with pytest.raises(InputError, match="target 10"):
        MixupSynthesizer().fit(frame, target=10)
    assert len(MixupSynthesizer(pairing=WithinClass([2])).fit(frame.round(0)).sample(5)) == 5


def test_fitted_objects_can_be_pickled_and_copied():
    synthesizer = MixupSynthesizer("epbeta", WithinClass("c"), random_state=3).fit(table())
    for copy in (pickle.loads(pickle.dumps(synthesizer)), deepcopy(synthesizer)):
        assert_frame_equal(copy.sample(40), synthesizer.sample(40), check_exact=True)


def test_huge_requests_are_told_what_to_do():
    synthesizer = MixupSynthesizer(random_state=3).fit(table())
    with pytest.raises(OptionError, match="sample_batches"):
        synthesizer.sample(10**13)
    with pytest.raises(OptionError, match=r"too large.*2\*\*62"):
        synthesizer.sample(2**70)
    far = synthesizer.sample_rows(2**62 - 3, 2**62)
    assert len(far) == 3


def test_what_was_fitted_is_saved_not_what_was_set_later(tmp_path):
    synthesizer = MixupSynthesizer(encoding="normal", random_state=3).fit(table())
    expected = synthesizer.sample(20)
    synthesizer.set_params(encoding="raw", columns={"x": "categorical"})
    synthesizer.save(tmp_path / "m")
    loaded = synthmix.load(tmp_path / "m")
    assert loaded.encoding == "normal"
    assert_frame_equal(loaded.sample(20), expected, check_exact=True)


def test_too_few_rows_for_the_law():
    with pytest.raises(InputError, match=r"4 rows but Rotation\(k=5.*at least 5 rows"):
        MixupSynthesizer(Rotation(5)).fit(table(4))


def test_rare_classes_are_pooled_or_copied():
    frame = table(40)
    frame["c"] = ["a"] * 20 + ["b"] * 18 + ["rare", "odd"]
    pooled = MixupSynthesizer("epbeta", WithinClass("c"), "raw", random_state=0).fit(frame)
    real = {tuple(row) for row in frame[["x", "y"]].to_numpy()}
    got = pooled.sample(400)
    assert not any(tuple(row) in real for row in got.loc[got["c"].isin(["rare", "odd"]), ["x", "y"]].to_numpy())
    with pytest.warns(SynthmixWarning, match="2 rows are copied") as told:
        copied = MixupSynthesizer("rotation", WithinClass("c"), "raw", small_cells="copy", random_state=0).fit(frame)
    assert [warning.filename for warning in told] == [__file__]
    got = copied.sample(40)
    assert all(tuple(row) in real for row in got.loc[got["c"].isin(["rare", "odd"]), ["x", "y"]].to_numpy())
    assert got["c"].value_counts().to_dict() == frame["c"].value_counts().to_dict()


def test_missing_patterns_come_back_exactly():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.normal(size=(400, 3)), columns=list("abc"))
    frame.loc[rng.random(400) < 0.3, ["a", "b"]] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sample = MixupSynthesizer("rotation", "random", "raw", random_state=0).fit(frame).sample(800)
    assert (sample["a"].isna() == sample["b"].isna()).all()
    assert sample["a"].isna().sum() == 2 * frame["a"].isna().sum()
    both = frame.dropna()
    np.testing.assert_allclose(np.cov(sample.dropna().T, ddof=0), np.cov(both.T, ddof=0), rtol=1e-11)
