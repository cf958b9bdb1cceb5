"""Normal scores of a table: ranks by scipy, ties at random, point masses and levels kept."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from synthmix.errors import OptionError
from synthmix.table import encode_table


def ranks_of(z):
    n = np.isfinite(z).sum()
    ranks = n * stats.norm.cdf(z) + 0.5
    assert ranks[np.isfinite(z)] == pytest.approx(np.round(ranks[np.isfinite(z)]), abs=1e-9)
    return np.round(ranks)


def test_scores_without_ties_equal_scipy():
    rng = np.random.default_rng(0)
    x = rng.normal(size=300)
    x[::7] = np.nan
    encoded = encode_table(pd.DataFrame({"x": x, "y": rng.normal(size=300)}), encoding="normal", seed=4)
    observed = ~np.isnan(x)
    expected = stats.norm.ppf((stats.rankdata(x[observed]) - 0.5) / observed.sum())
    np.testing.assert_allclose(encoded.latent[observed, 0], expected, rtol=1e-12)
    assert np.array_equal(np.isnan(encoded.latent[:, 0]), ~observed)
    shifted = stats.norm.ppf(stats.rankdata(x[observed]) / (observed.sum() + 1))
    assert not np.allclose(encoded.latent[observed, 0], shifted, rtol=1e-12)  # negative control


def test_ties_share_their_ranks_at_random():
    x = np.repeat([0.0, 1.0, 2.0], [50, 30, 20])
    frame = pd.DataFrame({"x": x, "y": x})
    one, same, other = (
        encode_table(frame, columns=dict.fromkeys("xy", "real"), encoding="normal", seed=seed).latent
        for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert not np.array_equal(one[:, 0], one[:, 1])  # columns break their ties independently
    ranks = ranks_of(one[:, 0])
    assert sorted(ranks) == list(range(1, 101))
    for value in (0.0, 1.0, 2.0):
        low, high = stats.rankdata(x, "min")[x == value][0], stats.rankdata(x, "max")[x == value][0]
        assert sorted(ranks[x == value]) == list(range(int(low), int(high) + 1))
    assert abs(stats.spearmanr(np.arange(50), ranks[:50]).statistic) < 0.6  # p about 3e-6
    ordinal = stats.rankdata(x, "ordinal")  # negative control: ties in row order
    assert stats.spearmanr(np.arange(50), ordinal[:50]).statistic > 0.6


def spread(encoder, n=40_000):
    """Decode scores at midpoints of equal cells of probability: the exact law of a decoded normal deviate."""
    z = np.tile(stats.norm.ppf((np.arange(n) + 0.5) / n)[:, None], len(encoder.latent_names))
    codes = np.zeros((n, len(encoder.code_names)), np.int32)
    return encoder.decode(z, np.zeros(z.shape, bool), codes, start=0, seed=1)


def test_point_masses_support_and_range_survive():
    rng = np.random.default_rng(1)
    zero_inflated = np.where(rng.random(500) < 0.6, 0.0, rng.exponential(size=500))
    capped = np.minimum(rng.normal(size=500), 1.0)
    counts = rng.poisson(2, 500)
    frame = pd.DataFrame({"zero": zero_inflated, "cap": capped, "count": counts})
    table = spread(encode_table(frame, columns={"count": "integer"}, encoding="normal").encoder)
    assert (table["zero"] == 0).mean() == pytest.approx((zero_inflated == 0).mean(), abs=1e-4)
    assert (table["cap"] == 1).mean() == pytest.approx((capped == 1).mean(), abs=1e-4)
    for value in np.unique(counts):
        assert (table["count"] == value).mean() == pytest.approx((counts == value).mean(), abs=1e-4)
    assert set(table["count"]) == set(counts)
    smallest = zero_inflated[zero_inflated > 0].min()
    assert not ((table["zero"] > 0) & (table["zero"] < smallest)).any()  # nothing between the mass and its neighbour
    assert table.min().tolist() == frame.min().tolist()
    assert table.max().tolist() == frame.max().tolist()
    raw = encode_table(frame, encoding="raw").encoder  # negative control: raw scores ignore all of it
    free = raw.decode(
        np.tile(stats.norm.ppf(np.linspace(0.01, 0.99, 99))[:, None], 3),
        np.zeros((99, 3), bool),
        np.empty((99, 0), np.int32),
        start=0,
        seed=1,
    )
    assert (free["zero"] < 0).any()


def test_discrete_columns_as_scores_keep_shares_and_order():
    rng = np.random.default_rng(2)
    grade = pd.Categorical.from_codes(rng.choice(4, 400, p=[0.1, 0.5, 0.0, 0.4]), ["c", "b", "x", "a"], ordered=True)
    word = pd.Series(rng.choice(["r", "s", "t"], 400, p=[0.2, 0.7, 0.1]), dtype="str")
    word[rng.random(400) < 0.15] = None
    frame = pd.DataFrame({"grade": grade, "word": word, "flag": rng.random(400) < 0.3})
    encoded = encode_table(frame, encoding="normal", discrete="scores", seed=1)
    encoder = encoded.encoder
    assert encoder.code_names == ()
    assert encoder.latent_names == ("grade", "word", "flag")
    assert [info.role for info in encoder.columns] == ["discrete"] * 3
    assert not np.isnan(encoded.latent).any()  # a missing level is a level
    means = [encoded.latent[np.asarray(grade) == level, 0].mean() for level in ("c", "b", "a")]
    assert means == sorted(means)  # the declared order
    sizes = word.fillna("gap").value_counts()
    by_size = [encoded.latent[(word.fillna("gap") == level).to_numpy(), 1].mean() for level in sizes.index]
    assert by_size == sorted(by_size)  # the most frequent first
    table = spread(encoder)
    for name in ("word", "flag"):
        found = table[name].value_counts(normalize=True, dropna=False).sort_index()
        expected = frame[name].value_counts(normalize=True, dropna=False).sort_index()
        assert found.to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-4)
    assert set(table["grade"]) == {"c", "b", "a"}
    assert table["grade"].dtype == frame["grade"].dtype
    assert np.array_equal(encoder.source_values(encoded.latent)[:, 0], grade.codes)


def test_scores_of_levels_need_normal_scores():
    with pytest.raises(OptionError, match=r"discrete='scores' needs encoding='normal'.*discrete='donor'"):
        encode_table(np.eye(3), encoding="raw", discrete="scores")


def test_numbers_that_a_level_determines_are_carried_with_it():
    rng = np.random.default_rng(4)
    label = rng.integers(0, 4, 400)
    frame = pd.DataFrame(
        {
            "label": np.array(["a", "b", "c", "d"])[label],
            "code": pd.array(np.array([7, 1, 1, 30])[label], "Int64"),
            "price": np.array([0.5, 1.25, 9.0, np.nan])[label],
            "free": rng.integers(0, 3, 400),
        }
    )
    encoded = encode_table(frame, encoding="normal")
    assert encoded.encoder.code_names == ("label", "code", "price")
    found = {info.name: info for info in encoded.encoder.columns}
    assert (found["code"].kind, found["code"].role) == ("integer", "discrete")
    assert "columns={'code': 'integer'} would mix it as a number" in found["code"].note
    back = encoded.encoder.decode(encoded.latent, np.isnan(encoded.latent), encoded.codes, start=0, seed=0)
    pd.testing.assert_frame_equal(back, frame, check_exact=True)
    declared = encode_table(frame, columns={"code": "integer", "price": "real"}, encoding="normal")
    assert declared.encoder.code_names == ("label",)
    assert encode_table(frame, encoding="raw").encoder.code_names == ("label",)
    assert encode_table(frame, discrete="scores").encoder.code_names == ()
    broken = frame.assign(code=frame["code"].mask(frame.index == 399, 8))  # one row departs from the function
    assert encode_table(broken, encoding="normal").encoder.code_names == ("label", "price")
    assert encode_table(frame.head(30), encoding="normal").encoder.code_names == ("label",)  # too few rows a level
