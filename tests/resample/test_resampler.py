"""Rows of rare classes: as many as asked for, of their own class, in the types that came in."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone

from synthmix import InputError, MixupResampler, MixupSynthesizer, NotFittedError, OptionError
from synthmix.resample.strategy import rows_to_make
from synthmix.resample.target import count_classes, labels_of

pl = pytest.importorskip("polars", reason="polars is not installed")
SIZES = {"a": 60, "b": 25, "c": 12}
COUNTS = {"a": 60, "b": 25, "c": 12}


def arrays(sizes=SIZES, d=3):
    rng = np.random.Generator(np.random.Philox(key=5))
    X = np.concatenate([rng.normal(4.0 * place, 1.0, (n, d)) for place, n in enumerate(sizes.values())])
    y = np.repeat(list(sizes), list(sizes.values()))
    order = rng.permutation(len(y))
    return X[order], y[order]


def frame():
    X, y = arrays()
    rng = np.random.Generator(np.random.Philox(key=6))
    table = pd.DataFrame(X, columns=["u", "v", "w"], index=rng.permutation(len(y)) + 100)
    table["count"] = rng.integers(0, 50, len(y))
    table["word"] = rng.choice(["p", "q"], len(y))
    table["level"] = pd.Categorical(rng.choice(["low", "high"], len(y)), ["low", "high", "never"], ordered=True)
    table.loc[table.index[::7], "v"] = np.nan
    return table, y


@pytest.mark.parametrize(
    ("strategy", "new"),
    [
        ("auto", {"b": 35, "c": 48}),
        ("not majority", {"b": 35, "c": 48}),
        ("minority", {"c": 48}),
        ("not minority", {"b": 35}),
        ("all", {"b": 35, "c": 48}),
        ({"c": 20}, {"c": 8}),
        ({"c": 12, "a": 61}, {"a": 1}),
        (lambda y: {"b": 26 + 0 * len(y)}, {"b": 1}),
    ],
)
def test_how_many_rows(strategy, new):
    X, y = arrays()
    assert rows_to_make(strategy, COUNTS, y) == new
    made, labels = MixupResampler(sampling_strategy=strategy, random_state=0).fit_resample(X, y)
    assert Counter(labels.tolist()) == Counter(COUNTS) + Counter(new)
    assert len(made) == len(labels)


@pytest.mark.parametrize(("ratio", "new"), [(1.0, 35), (0.5, 5), (25 / 60, 0)])
def test_a_ratio(ratio, new):
    assert sum(rows_to_make(ratio, {"a": 60, "b": 25}, None).values()) == new


@pytest.mark.parametrize(
    ("strategy", "error", "words"),
    [
        ("auto ", OptionError, "did you mean 'auto'"),
        ({"d": 70}, OptionError, "names the class 'd'.*'a', 'b', 'c'"),
        ({"a": 30}, OptionError, "has 60 rows, which stay.*60 or more"),
        ({"a": 70.5}, OptionError, "'a': 70.5"),
        (0.5, InputError, "two classes, and there are 3"),
        (1.5, OptionError, r"outside \(0, 1\]"),
        (None, OptionError, "sampling_strategy=None: give one of 'auto'"),
    ],
)
def test_strategies_that_are_none(strategy, error, words):
    with pytest.raises(error, match=words):
        MixupResampler(sampling_strategy=strategy).fit(*arrays())


def test_a_ratio_below_what_is_there():
    with pytest.raises(OptionError, match=r"25 rows of 'b', 60 of 'a'; give more than 0\.417"):
        rows_to_make(0.3, {"a": 60, "b": 25}, None)


def test_the_rows_that_were_given_come_first_and_are_not_changed():
    X, y = frame()
    before = X.copy()
    made, labels = MixupResampler(random_state=1).fit_resample(X, y)
    pd.testing.assert_frame_equal(X, before)
    pd.testing.assert_frame_equal(made.head(len(X)), X.reset_index(drop=True))
    assert_array_equal(labels[: len(y)], y)
    assert list(made.dtypes) == list(X.dtypes)
    assert isinstance(made.index, pd.RangeIndex)


def test_new_rows_are_mixed_from_rows_of_their_class():
    X, y = arrays()
    made, labels = MixupResampler(random_state=1).fit_resample(X, y)
    for label in ("b", "c"):
        own, new = X[y == label], made[len(X) :][labels[len(X) :] == label]
        assert np.all(new >= own.min(axis=0))
        assert np.all(new <= own.max(axis=0))
        others = {tuple(row) for row in X.tolist()}
        assert sum(tuple(row) in others for row in new.tolist()) == 0
    # and not from those of another: classes lie four standard deviations apart
    assert np.all(np.abs(made[labels == "c"].mean(axis=0) - 8.0) < 1.0)


def test_rotation_of_whole_passes_keeps_mean_and_covariance_of_the_class():
    X, y = arrays({"a": 48, "b": 16})
    resampler = MixupResampler(weights="rotation", encoding="raw", random_state=2)
    made, labels = resampler.fit_resample(X, y)
    own, both = X[y == "b"], made[labels == "b"]  # 32 new rows: two passes
    assert_allclose(both.mean(axis=0), own.mean(axis=0), atol=1e-12)
    assert_allclose(np.cov(both.T, ddof=0), np.cov(own.T, ddof=0), rtol=1e-10)
    assert resampler.synthesizers_["b"].certificate()["covariance"].status == "exact"
    smote_like = MixupResampler(weights="uniform", encoding="raw", pairing="random", random_state=2)  # a control
    made, labels = smote_like.fit_resample(X, y)
    assert np.trace(np.cov(made[labels == "b"].T)) < 0.95 * np.trace(np.cov(own.T))


@pytest.mark.parametrize("pairing", ["random", "nearest"])
def test_points_between_two_rows_lose_a_sixth_of_their_difference(pairing):
    """The formula of docs/resample.md, with E[D D'] over the pairs that the plan itself names."""
    X, y = arrays({"a": 6200, "b": 200})
    resampler = MixupResampler(weights="uniform", pairing=pairing, encoding="raw", random_state=3)
    made, labels = resampler.fit_resample(X, y)
    own, both, plan = X[y == "b"], made[labels == "b"], resampler.synthesizers_["b"].plan(0, 6000)
    differences = own[plan.parents[:, 1]] - own[plan.parents[:, 0]]
    spread = np.einsum("ij,ik->jk", differences, differences) / len(differences)
    predicted = np.cov(own.T, ddof=0) - 6000 / 6200 * spread / 6.0
    assert_allclose(np.trace(np.cov(both.T, ddof=0)), np.trace(predicted), rtol=0.03)
    if pairing == "random":
        assert np.trace(predicted) < 0.7 * np.trace(np.cov(own.T))


def test_kinds_are_those_of_the_whole_table():
    X, y = frame()
    X["id"] = 1000 + np.cumsum(np.where(y == "c", 1, 2))  # of class c no key, of all rows neither
    resampler = MixupResampler(random_state=0).fit(X, y)
    assert {info.role for info in resampler.synthesizers_["c"].columns_ if info.name == "id"} == {"continuous"}
    declared = MixupResampler(columns={"count": "categorical"}, random_state=0).fit(X, y)
    assert {info.role for info in declared.synthesizers_["c"].columns_ if info.name == "count"} == {"discrete"}


def test_each_class_has_random_numbers_of_its_own():
    X, y = arrays({"a": 40, "b": 20, "c": 20})
    X[y == "c"] = X[y == "b"] + 100.0
    made, labels = MixupResampler(pairing="random", encoding="raw", weights="beta", random_state=0).fit_resample(X, y)
    shift = made[len(X) :][labels[len(X) :] == "c"] - made[len(X) :][labels[len(X) :] == "b"]
    assert not np.allclose(shift, 100.0)


def test_the_same_seed_gives_the_same_rows_and_threads_do_not_matter():
    X, y = frame()
    first = MixupResampler(random_state=7).fit_resample(X, y)[0]
    pd.testing.assert_frame_equal(first, MixupResampler(random_state=7, n_jobs=2).fit_resample(X, y)[0])
    assert not first.equals(MixupResampler(random_state=8).fit_resample(X, y)[0])


TARGETS = {
    "array": lambda y: y,
    "codes": lambda y: (y == "c").astype(np.int8) + 2 * (y == "b"),
    "floats": lambda y: (y == "c") + 2.0 * (y == "b"),
    "flags": lambda y: y != "a",
    "list": lambda y: y.tolist(),
    "series": lambda y: pd.Series(y, name="label", index=range(7, 7 + len(y))),
    "categories": lambda y: pd.Series(pd.Categorical(y, ["c", "b", "a", "z"]), name="label"),
    "frame": lambda y: pd.DataFrame({"label": y}),
    "polars": lambda y: pl.Series("label", y),
    "arrow": lambda y: pa.chunked_array([y[:9], y[9:]]),
    "arrow array": pa.array,
}


@pytest.mark.parametrize("kind", TARGETS)
def test_targets_come_back_as_they_came(kind):
    X, y = arrays()
    target = TARGETS[kind](y)
    _, made = MixupResampler(random_state=0).fit_resample(X, target)
    assert type(made) is type(target)
    for what in ("dtype", "name", "type"):
        assert getattr(made, what, None) == getattr(target, what, None)
    counts = count_classes(labels_of(made))
    expected = {"flags": [72, 60]}.get(kind, [60, 60, 60])  # two classes: 37 rows against 60
    assert sorted(counts.values()) == sorted([60, 60] if kind == "flags" else expected)
    assert_array_equal(labels_of(made)[: len(y)], labels_of(target))


@pytest.mark.parametrize("kind", ["array", "float32", "polars", "arrow", "pandas"])
def test_tables_come_back_as_they_came(kind):
    X, y = frame()
    plain = X.reset_index(drop=True)
    given = {
        "array": X[["u", "w"]].to_numpy,
        "float32": lambda: X[["u", "w"]].to_numpy(np.float32),
        "polars": lambda: pl.from_pandas(plain),
        "arrow": lambda: pa.Table.from_pandas(plain, preserve_index=False),
        "pandas": lambda: X,
    }[kind]()
    made, labels = MixupResampler(random_state=0).fit_resample(given, y)
    assert type(made) is type(given)
    assert made.shape == (len(labels), given.shape[1])
    for what in ("dtype", "schema"):
        assert getattr(made, what, None) == getattr(given, what, None)


@pytest.mark.parametrize(
    ("X", "y", "words"),
    [
        (np.zeros((4, 2)), [0, 1, 0], "X has 4 rows and y 3"),
        (np.zeros((3, 2)), [0.5, 1.0, 0.0], "Unknown label type.*0.5.*pandas.cut"),
        (np.zeros((3, 2)), ["a", None, "b"], "no label in row 1"),
        (np.zeros((3, 2)), ["a", "a", "a"], "class 'a' alone"),
        (np.eye(3), np.eye(3), "one label a row"),
        (np.eye(3), ["a", "a", "b"], "class 'b' has 1 row"),
        ([[1.0], [2.0]], [0, 1], "type list"),
    ],
)
def test_bad_input(X, y, words):
    with pytest.raises(InputError, match=words):
        MixupResampler().fit(X, y)


def test_it_is_an_estimator():
    resampler = MixupResampler(sampling_strategy={"c": 30}, weights="beta", random_state=1)
    assert clone(resampler.fit(*arrays())).get_params() == resampler.get_params()
    assert repr(resampler) == "MixupResampler(sampling_strategy={'c': 30}, weights='beta', random_state=1)"
    assert list(resampler.get_feature_names_out()) == ["x0", "x1", "x2"]
    with pytest.raises(NotFittedError, match=r"fit\(X, y\)"):
        MixupResampler().get_feature_names_out()
    with pytest.raises(InputError, match="length equal"):
        resampler.get_feature_names_out(["x0"])


def test_a_synthesizer_of_the_class_alone_makes_the_same_rows():
    X, y = arrays()
    resampler = MixupResampler(random_state=1)
    made, labels = resampler.fit_resample(X, y)
    own = resampler.synthesizers_["c"]
    again = MixupSynthesizer(random_state=own.seed_).fit(X[y == "c"]).sample(48)
    assert_array_equal(made[len(X) :][labels[len(X) :] == "c"], again)


def test_it_works_in_a_pipeline_of_imbalanced_learn():
    pipeline = pytest.importorskip(
        "imblearn.pipeline", reason="imbalanced-learn is not a dependency, not even of tests"
    )
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score

    X, y = arrays({"a": 90, "b": 20})
    made = pipeline.make_pipeline(MixupResampler(random_state=0), LogisticRegression())
    assert cross_val_score(made, X, y, scoring="balanced_accuracy").min() > 0.9
    assert made.set_params(mixupresampler__pairing="nearest").fit(X, y).predict(X).shape == y.shape
