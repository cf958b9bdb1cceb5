"""Generators: the same seed the same rows, lineage that is true, adapters that leave the user's object alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from collapse.strangers import Seeded, Seedless, empty, shuffled

from synthmix import MixupSynthesizer
from synthmix.collapse import Bootstrap, Function, GaussianRefit, IndependentColumns, Made, Mixup, resolve_generator
from synthmix.collapse.generators.check import checked
from synthmix.errors import InputError, OptionError

SEED = 2**63 + 5


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    random = np.random.Generator(np.random.Philox(key=1))
    x = random.normal(size=300)
    return pd.DataFrame(
        {
            "x": x,
            "y": 2 * x + random.normal(size=300),
            "k": random.integers(0, 9, 300),
            "s": random.choice([*"abc"], 300),
        }
    )


def all_generators(table: pd.DataFrame):
    kinds = {"x": "real", "y": "real", "k": "integer", "s": "string"}
    words = ["bootstrap", "gaussian", "independent", "epbeta", "rotation:4", "sphere:3,pairing=cyclic"]
    given = [*words, MixupSynthesizer(), shuffled, Seeded()]
    return [resolve_generator(None, one).told(kinds, "s") for one in given]


def test_rows_are_a_function_of_table_and_seed(table):
    before = table.copy()
    for generator in all_generators(table):
        one, again, other = (generator.make(table, 120, seed) for seed in (SEED, SEED, SEED + 1))
        checked(one, table, 120, generator.name)
        pd.testing.assert_frame_equal(one.table, again.table)
        assert not one.table.equals(other.table), generator.name
    pd.testing.assert_frame_equal(table, before)


def test_global_random_state_is_left_alone(table):
    np.random.seed(3)
    expected = np.random.random()
    np.random.seed(3)
    for generator in all_generators(table):
        generator.make(table, 20, SEED)
    assert np.random.random() == expected


def test_a_bootstrap_tells_which_rows_it_copied(table):
    made = Bootstrap().make(table, 500, SEED)
    pd.testing.assert_frame_equal(made.table, table.iloc[made.parents].reset_index(drop=True))
    assert np.unique(made.parents).size < 300


def test_the_donor_of_a_mixed_row_gives_its_levels(table):
    made = resolve_generator(None, "epbeta").make(table, 700, SEED)
    assert (made.table["s"].to_numpy() == table["s"].to_numpy()[made.parents]).all()
    assert not (made.table["x"].to_numpy() == table["x"].to_numpy()[made.parents]).any()  # negative: values are mixed


def test_a_mixup_adapter_is_the_synthesizer_with_that_seed(table):
    made = Mixup(MixupSynthesizer("sphere", "random", "raw", random_state=99)).make(table, 50, SEED)
    direct = MixupSynthesizer("sphere", "random", "raw", random_state=SEED).fit(table).sample(50)
    pd.testing.assert_frame_equal(made.table, direct)


@pytest.mark.parametrize("divisor", ["n", "n-1"])
def test_a_gaussian_refit_has_the_moments_of_the_table(table, divisor):
    m = 200_000
    made = GaussianRefit(divisor).make(table, m, SEED).table
    numbers = table[["x", "y", "k"]]
    expected = np.cov(numbers.T.to_numpy(np.float64), ddof=0 if divisor == "n" else 1)
    found = np.cov(made[["x", "y", "k"]].T.to_numpy())
    spread = np.sqrt((expected**2 + np.outer(np.diag(expected), np.diag(expected))) / m)
    assert (np.abs(found - expected) < 5 * spread).all()
    shift = made[["x", "y", "k"]].mean() - numbers.mean()
    assert (np.abs(shift) < 5 * np.sqrt(np.diag(expected) / m)).all()
    shares = made["s"].value_counts(normalize=True) - table["s"].value_counts(normalize=True)
    assert (np.abs(shares) < 5 * np.sqrt(0.25 / m)).all()


def test_the_divisors_differ_by_the_factor_that_they_say(table):
    mean = table["x"].mean()
    draw = [GaussianRefit(word).make(table[["x"]], 50, SEED).table["x"] - mean for word in ("n", "n-1")]
    np.testing.assert_allclose(draw[0] ** 2 / draw[1] ** 2, 299 / 300, rtol=1e-9)


def test_weights_of_rows_reach_the_moments(table):
    weights = np.where(table["x"] > 0, 3.0, 1.0)
    weights /= weights.sum()
    mean = weights @ table["x"]
    second = weights @ (table["x"] - mean) ** 2
    for generator in (Bootstrap(), GaussianRefit("n"), IndependentColumns()):
        made = generator.make(table, 100_000, SEED, weights).table["x"]
        assert abs(made.mean() - mean) < 5 * np.sqrt(second / 1e5)
        assert abs(made.var() / second - 1) < 5 * np.sqrt(5 / 1e5)
    unbiased = GaussianRefit("n-1").make(table[["x"]], 9, SEED, weights).table["x"] - mean
    plain = GaussianRefit("n").make(table[["x"]], 9, SEED, weights).table["x"] - mean
    np.testing.assert_allclose(plain**2 / unbiased**2, 1 - weights @ weights, rtol=1e-9)


def test_gaps_come_from_the_row_that_gives_the_levels(table):
    holed = table.assign(x=table["x"].where(table["s"] != "a"))
    made = GaussianRefit().make(holed, 2_000, SEED).table
    assert (made["x"].isna() == (made["s"] == "a")).all()


def test_independent_columns_keep_marginals_and_lose_association(table):
    made = IndependentColumns().make(table, 20_000, SEED).table
    assert abs(made["x"].corr(made["y"])) < 5 / np.sqrt(20_000)
    assert table["x"].corr(table["y"]) > 0.8
    assert set(made["x"]) <= set(table["x"])


def test_generators_that_cannot_weigh_say_so(table):
    for given in ("epbeta", shuffled, Seeded()):
        with pytest.raises(OptionError, match="cannot weigh rows"):
            resolve_generator("mine", given).make(table, 10, SEED, np.full(300, 1 / 300))


def test_a_mixture_of_scikit_learn_runs_unchanged(table):
    from sklearn.mixture import GaussianMixture

    mixture = GaussianMixture(2, random_state=7)
    generator = resolve_generator("gmm", mixture).told({"x": "real", "y": "real"}, None)
    one, again = (generator.make(table[["x", "y"]], 200, SEED) for _ in range(2))
    pd.testing.assert_frame_equal(one.table, again.table)
    assert not hasattr(mixture, "means_")
    assert mixture.random_state == 7
    with pytest.raises(InputError, match=r"takes numbers only, and the table has 's' \(string\)"):
        resolve_generator("gmm", mixture).told({"x": "real", "s": "string"}, None)


def test_a_kernel_density_adds_its_bandwidth(table):
    from sklearn.neighbors import KernelDensity

    generator = resolve_generator(None, KernelDensity(bandwidth=2.0))
    assert generator.name == "KernelDensity"
    assert generator.takes_weights
    made = generator.make(table[["x"]], 50_000, SEED).table["x"]
    expected = table["x"].var(ddof=0) + 4.0
    assert abs(made.var() / expected - 1) < 5 * np.sqrt(2 / 50_000)
    heavy = generator.make(table[["x"]], 500, SEED, np.where(np.arange(300) == 0, 1.0, 1e-12)).table["x"]
    assert abs(heavy.mean() - table["x"][0]) < 5 * 2.0 / np.sqrt(500)


def test_an_object_with_fit_and_sample_is_copied_and_seeded(table):
    stub = Seeded()
    generator = resolve_generator(None, stub)
    assert generator.name == "Seeded"
    assert generator.note == ""
    assert len(generator.make(table, 30, SEED).table) == 30
    assert stub.rows is None  # never fitted
    assert stub.seed is None
    assert "no seed that can be set" in resolve_generator("theirs", Seedless()).note


def test_descriptions_tell_generators_apart_and_are_stable():
    words = ["epbeta", "epbeta:delta=.04", "epbeta:pairing=cyclic", "beta:0.2", "beta:0.3", "gaussian", "gaussian:n"]
    told = [repr(resolve_generator(None, word).describe()) for word in words]
    assert len(set(told)) == len(words)
    assert told == [repr(resolve_generator("other name", word).describe()) for word in words]
    functions = [resolve_generator(None, one).describe() for one in (shuffled, empty)]
    assert functions[0] != functions[1]
    objects = [resolve_generator(None, Seeded(noise)).describe() for noise in (1.0, 1.0, 2.0)]
    assert objects[0] == objects[1] != objects[2]


def test_words_of_laws_mix_raw_values_of_random_partners_unless_told():
    said = resolve_generator(None, "beta:0.2").describe()
    assert said["weights"]["a"] == 0.2
    assert said["pairing"]["name"] == "Random"
    assert said["encoding"] == "raw"
    said = resolve_generator(None, "rotation:k=6,pairing=nearest,encoding=normal").describe()
    assert said["weights"]["k"] == 6
    assert said["pairing"]["name"] == "Nearest"
    assert said["encoding"] == "normal"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("epbetta", "unknown generator 'epbetta'; did you mean 'epbeta'"),
        ("epbeta:dleta=1", "no option 'dleta'; did you mean 'delta'"),
        ("epbeta:delta=.9", "delta"),
        ("beta:0.2,0.3", "is not OPTION=VALUE"),
        ("beta:a=1,a=2", "names 'a' twice"),
        ("rotation:x", "rotation:x"),
        ("rotation:5,pairing=far", "no known pairing"),
        ("bootstrap:3", "bootstrap"),
        ("gaussian:m", "divisor='m'"),
        (MixupSynthesizer, "is a class; call it"),
        (3.5, "cannot be used"),
    ],
)
def test_what_is_no_generator_is_named(given, message):
    with pytest.raises(OptionError, match=message):
        resolve_generator(None, given).make(pd.DataFrame({"x": np.arange(20.0)}), 3, SEED)


def wrong(table, change):
    return Function(lambda t, n, _seed: change(t.iloc[:n].copy()), "bad").make(table, 40, SEED)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.to_numpy(), "returned ndarray"),
        (lambda t: t.drop(columns="y"), r"lacks \['y'\]"),
        (lambda t: t.assign(z=1), r"has \['z'\] besides"),
        (lambda t: t.iloc[:7], "returned 7 rows and was asked for 40"),
        (lambda t: pd.concat([t, t]), "returned 80 rows"),
        (lambda t: t.assign(x=t["x"].mask(t.index == 3)), "'x' is missing in 1 rows, the first of them row 3"),
        (lambda t: t.assign(x=t["x"].where(t.index != 5, np.inf)), "'x' holds inf in row 5"),
        (lambda t: t.assign(x="a"), "'x' came back as"),
        (lambda t: Made(t, np.arange(39)), "parents have shape"),
        (lambda t: Made(t, np.arange(40.0)), r"parents have shape \(40,\) and dtype float64"),
        (lambda t: Made(t, np.arange(40) + 290), "parents run from 290 to 329; there are 300 rows"),
    ],
)
def test_rows_that_cannot_be_used_name_generator_generation_and_column(table, change, message):
    with pytest.raises(InputError, match=f"generator 'bad', generation 4: .*{message}"):
        checked(wrong(table, change), table, 40, "generator 'bad', generation 4")


def test_columns_in_another_order_are_put_back(table):
    made = checked(wrong(table, lambda t: t[["s", "k", "y", "x"]].set_index(t.index[::-1])), table, 40, "")
    assert list(made.table.columns) == list(table.columns)
    assert list(made.table.index) == list(range(40))
