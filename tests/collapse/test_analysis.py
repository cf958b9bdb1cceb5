from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from collapse.made_trajectories import random, series, wright_fisher
from scipy.stats import t as student
from scipy.stats import ttest_rel

from synthmix.collapse.analysis import bias_rate, contrasts, decompose, halflife, power, profile
from synthmix.collapse.analysis.profile import asymptote
from synthmix.errors import InputError, OptionError

G = 8


def decay(rate: float, chains: int = 12, noise: float = 0.02, seed: int = 0) -> np.ndarray:
    """Return chains (chains, G + 1) whose mean is rate^g: independent factors of mean `rate`, from 1 on."""
    steps = rate * np.exp(noise * random(seed).normal(size=(chains, G)) - noise**2 / 2)
    return np.concatenate([np.ones((chains, 1)), np.cumprod(steps, axis=1)], axis=1)


# --- rates ---


def test_the_interval_is_the_jackknifes_by_a_naive_loop() -> None:
    x = random(1).lognormal(0.0, 0.5, 11)
    whole = np.log(x.mean())
    pseudo = np.array([11 * whole - 10 * np.log(np.delete(x, k).mean()) for k in range(11)])
    reach = student.ppf(0.975, 10) * pseudo.std(ddof=1) / np.sqrt(11)
    found = bias_rate(x, 5)
    assert found.rate == pytest.approx(x.mean() ** 0.2, rel=1e-12)
    assert found.low == pytest.approx(np.exp((pseudo.mean() - reach) / 5), rel=1e-12)
    assert found.high == pytest.approx(np.exp((pseudo.mean() + reach) / 5), rel=1e-12)
    assert found.typical == pytest.approx(np.exp(np.log(x).mean() / 5), rel=1e-12)
    assert found.typical < found.rate


def test_rates_of_what_is_gone() -> None:
    assert bias_rate(np.zeros(5), 4)[:1] == (0.0,)
    assert np.isnan(bias_rate(np.zeros(5), 4).low)
    some = bias_rate(np.array([0.0, 0.0, 0.3]), 4)
    assert 0.0 < some.rate < 1.0
    assert some.typical == 0.0
    lonely = bias_rate(np.array([0.0, 0.0, 0.0, 0.3]), 4)  # without the one there is no logarithm
    assert lonely.rate == pytest.approx(0.075**0.25)
    assert np.isnan([lonely.low, lonely.high, lonely.se_log]).all()
    assert bias_rate(np.array([1e-200, 1e200]), 1).high == np.inf  # and no warning
    assert np.isnan(bias_rate(np.array([0.5]), 4).low)


def test_drift_alone_moves_the_typical_rate_and_not_the_rate() -> None:
    """Copied normal rows: the mean factor is 1 - 1/n, that of the logarithm -1/n - (k - 1)/(2n) each generation."""
    rng, n, chains, generations = random(2), 100, 6000, 5
    start = rng.normal(size=n)
    rows = np.broadcast_to(start, (chains, n))
    for _ in range(generations):
        rows = np.take_along_axis(rows, rng.integers(0, n, (chains, n)), axis=1)
    found = bias_rate(rows.var(axis=1) / start.var(), generations)
    assert abs(np.log(found.mean) - generations * np.log(1.0 - 1.0 / n)) < 4.5 * found.se_log
    k = ((start - start.mean()) ** 4).mean() / start.var() ** 2
    drift = -1.0 / n - (k - 1.0) / (2.0 * n)
    assert np.log(found.typical) == pytest.approx(drift, abs=4.5 * found.se_log / generations)
    assert not found.low <= found.typical <= found.high  # a test of logarithms against 0 would find a bias


# --- half-lives ---


def test_halflife_of_a_known_decay() -> None:
    table = pd.concat([
        series(decay(0.9), "variance", column="x"),
        series(decay(1.1), "variance", column="y"),
        series(np.ones((12, G + 1)), "levels", column="c"),
        series(decay(0.9), "mean", column="x"),
        series(np.zeros((12, G + 1)), "heterozygosity", column="d"),
        series(decay(0.9) - 1.0, "association", variant="max_dz"),
        series(0.4 * decay(0.8), "region", variant="tail"),
    ])  # fmt: skip
    found = halflife(table).set_index(["metric", "variant", "column"])
    assert len(found) == 4  # no rate of a mean, of what starts at 0, or of a largest change
    x = found.loc[("variance", "", "x")]
    assert x["low"] < 0.9 < x["high"]
    assert x["half_life"] == pytest.approx(np.log(2) / -np.log(x["rate"]))
    assert x["half_life_low"] < np.log(2) / -np.log(0.9) < x["half_life_high"]
    assert x["doubling_time"] == np.inf
    y = found.loc[("variance", "", "y")]
    assert y["half_life"] == np.inf
    assert y["doubling_time"] == pytest.approx(np.log(2) / np.log(1.1), rel=0.1)
    assert found.loc[("levels", "", "c"), "rate"] == 1.0
    tail = found.loc[("region", "tail", "")]
    assert tail["low"] < 0.8 < tail["high"]
    assert x["note"] == "one draw of the real rows: conditional on it"


def prediction(rate: float, **words: object) -> dict[str, object]:
    row = {"generator": "g", "regime": "replace", "n": 1000, "metric": "variance", "variant": "", "generation": G}
    return row | {"value": rate**G} | words


def test_predictions_are_found_and_wrong_ones_are_far() -> None:
    table = pd.concat([series(decay(0.9, seed=k), "variance", column=name) for k, name in enumerate("xyz")])
    predicted = pd.DataFrame([
        prediction(0.9, column=""),
        prediction(0.93, column="y"),
        prediction(0.5, column="x", generation=G - 1),
        prediction(0.5, column="x", metric="trace_ratio"),
        prediction(0.5, column="x", regime="accumulate"),
    ])  # fmt: skip
    found = halflife(table, predicted).set_index("column")
    assert abs(found.loc[["x", "z"], "z"]).max() < 4.0
    assert found.loc["y", "z"] < -6.0  # 3 % a generation beside the truth
    assert found.loc["x", "predicted_rate"] == pytest.approx(0.9)
    x = bias_rate(decay(0.9)[:, -1], G)
    assert found.loc["x", "z"] == pytest.approx(np.log(x.mean / 0.9**G) / x.se_log)
    with pytest.raises(InputError, match="2 values"):
        halflife(table, pd.concat([predicted, predicted]))
    with pytest.raises(InputError, match="no column 'value'"):
        halflife(table, predicted.drop(columns="value"))


def test_predictions_of_pools_and_on_the_scale_of_the_data() -> None:
    new, pool = series(0.2 * decay(0.8), "region", variant="tail"), series(0.2 * decay(0.9), "region", variant="tail")
    pool = pool[pool["generation"] > 0].assign(rows="pool")
    table = pd.concat([new, pool]).assign(regime="accumulate")
    rows = [
        prediction(rate, value=0.2 * rate**G, metric="region", variant="tail", rows=which, regime="accumulate")
        for which, rate in (("new", 0.8), ("pool", 0.9))
    ]
    found = halflife(table, pd.DataFrame(rows)).set_index("rows")
    assert (abs(found["z"]) < 4.0).all()
    assert found.loc["pool", "rate"] == pytest.approx(0.9, rel=0.02)  # generation 0 is that of the new rows


def test_exact_generators_have_no_noise_to_divide_by() -> None:
    exact = series(np.ones((5, G + 1)) * (1.0 + 1e-13), "variance", column="x")
    assert halflife(exact, pd.DataFrame([prediction(1.0)]))["z"].item() == 0.0
    assert halflife(exact, pd.DataFrame([prediction(0.9)]))["z"].item() == np.inf


def test_chains_that_failed_are_named() -> None:
    table = series(decay(0.9), "variance", column="x")
    cut = table[(table["chain"] > 1) | (table["generation"] < 4)]
    found = halflife(cut).iloc[0]
    assert found["units"] == 10
    assert "10 of 12 chains reached generation 8" in found["note"]
    several = pd.concat([series(decay(0.9, 4, seed=k), "variance", column="x", draw=k) for k in range(3)])
    assert halflife(several)["units"].item() == 3
    assert halflife(several)["note"].item() == (
        "units are the means of 3 draws; fewer than 10 units: the levels of tests and intervals are not checked there"
    )


# --- bias and drift ---


def test_decompose_by_hand() -> None:
    values = np.array([[1.0, 0.9, 0.5], [1.0, 1.1, 0.7], [1.0, 0.7, 0.6]])
    found = decompose(series(values, "variance", column="x")).set_index("generation")
    change = values[:, 2] - 1.0
    assert found.loc[2, "bias"] == pytest.approx(change.mean())
    assert found.loc[2, "drift"] == pytest.approx(change.std(ddof=1))
    square = change.mean() ** 2 - change.var(ddof=1) / 3
    assert found.loc[2, "bias_share"] == pytest.approx(square / (square + change.var(ddof=1)))
    assert found.loc[1, "bias_share"] == 0.0


def test_chains_that_lost_their_rank_are_counted_in_the_note() -> None:
    values = np.array([[0.0, -1.0, -np.inf], [0.0, -2.0, -5.0], [0.0, -1.0, -3.0], [0.0, -np.inf, -np.inf]])
    found = decompose(series(values, "log_det")).set_index("generation")
    assert found.loc[1, "note"].endswith("; 1 chains without a finite value are left out")
    assert found.loc[2, "note"].endswith("; 2 chains without a finite value are left out")
    assert found.loc[2, "bias"] == pytest.approx(-4.0)
    assert found.loc[2, "chains"] == 2
    whole = decompose(series(values[1:3], "log_det"))
    assert not whole["note"].str.contains("left out").any()


def test_shrinking_is_bias_and_copying_is_drift() -> None:
    table = pd.concat([
        series(decay(0.8), "variance", generator="shrinks"),
        series(wright_fisher(20, 200, G, 0.5), "region", generator="copies"),
    ])  # fmt: skip
    found = decompose(table)
    last = found[found["generation"] == G].set_index("generator")["bias_share"]
    assert last["shrinks"] > 0.98
    assert last["copies"] < 0.3


def test_where_there_is_no_bias_none_is_shown() -> None:
    noise = random(3).normal(size=(60, 5))
    plain = np.mean(noise.mean(axis=1) ** 2 / (noise.mean(axis=1) ** 2 + noise.var(axis=1, ddof=1)))
    table = pd.concat([series(np.c_[np.zeros(5), one], "mean", regime=str(k)) for k, one in enumerate(noise)])
    found = decompose(table)["bias_share"]
    assert found.median() == 0.0
    assert found.mean() < 0.7 * plain  # bias^2 alone shows 1/6 and more


# --- profiles ---


def cell(rate: float, loss: float, generator: str, noise: float = 0.02) -> pd.DataFrame:
    loss_path = 0.5 + 0.1 * np.arange(G + 1) + random(4).normal(0, 0.01, (12, G + 1))
    return pd.concat([
        series(decay(rate, noise=noise), "variance", column="x", generator=generator),
        series(decay(rate, noise=noise, seed=1), "variance", column="y", generator=generator),
        series(decay(0.95), "heterozygosity", column="c", generator=generator),
        series(loss_path, "predictive", variant="mse", generator=generator),
        series(wright_fisher(12, 1000, G, 0.05, loss), "region", variant="tail", generator=generator),
        series(wright_fisher(12, 1000, G, 0.5), "region", variant="core", generator=generator),
    ])  # fmt: skip


def test_profiles_of_known_cells() -> None:
    table = pd.concat([
        cell(0.8, 0.3, "shrinks"),
        cell(1.2, -0.3, "grows"),
        cell(1.0, 0.0, "stays", noise=0.001),
        cell(1.0, 0.0, "wanders", noise=0.5),
    ])  # fmt: skip
    found = profile(table).set_index("generator")
    assert found["asymptote"].to_dict() == {
        "shrinks": "0",
        "grows": "growth",
        "stays": "plateau",
        "wanders": "undecided",
    }
    assert found["tail"].to_dict() == {"shrinks": "down", "grows": "up", "stays": "none", "wanders": "none"}
    assert (found["core"] == "none").all()
    assert found["onset"].isna().to_dict() == {"shrinks": False, "grows": False, "stays": True, "wanders": True}
    one = found.loc["shrinks"]
    assert one["onset"] <= 2
    assert (one["onset_region"], one["onset_direction"]) == ("tail", "down")
    assert one["half_life_variance"] == pytest.approx(np.log(2) / -np.log(0.8), rel=0.05)
    assert one["half_life_heterozygosity"] == pytest.approx(np.log(2) / -np.log(0.95), rel=0.1)
    assert np.isnan(one["half_life_ancestors"])
    assert one["predictive_slope"] == pytest.approx(0.1, abs=0.002)
    assert one["predictive_low"] < 0.1 < one["predictive_high"]
    assert one["bias_share"] > 0.95
    assert found.loc["wanders", "bias_share"] < 0.3
    assert found.loc["wanders", "variance_spread"] > one["variance_spread"]
    assert one["note"]
    assert (one["generations"], one["chains"]) == (G, 12)


def test_asymptotes_of_poor_data() -> None:
    assert asymptote(np.zeros((3, 5))) == "0"
    assert asymptote(np.ones((1, 5))) == "undecided"
    assert asymptote(np.ones((4, 5))) == "plateau"
    assert asymptote(decay(0.985, noise=0.001)) == "0"  # more than 1 % in each of the late generations
    assert asymptote(decay(0.995, noise=0.001)) == "plateau"


# --- regimes ---


def regimes() -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    base = random(5).normal(size=(12, G + 1))
    values = {"a": base, "b": base + 0.3 * np.arange(G + 1) + random(6).normal(0, 0.1, (12, G + 1))}
    frames = [series(one, "mean", column=column, regime=name) for name, one in values.items() for column in "xy"]
    frames += [series(base[::-1], "entropy", column="c", regime=name) for name in values]
    frames += [series(random(k).normal(size=(12, G + 1)), "l_skew", regime=name) for k, name in enumerate(values)]
    return pd.concat(frames), values


def test_contrasts_are_paired_t_tests_with_holm() -> None:
    from statsmodels.stats.multitest import multipletests

    table, values = regimes()
    found = contrasts(table).set_index("metric")
    expected = ttest_rel(*((one[:, -1] - one[:, 0]) for one in values.values()))
    assert found.loc["mean", "p_t"] == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.loc["mean", "estimate"] == pytest.approx(-0.3 * G, abs=0.3)
    assert found.loc["entropy", "p_t"] == 1.0  # equal numbers
    adjusted = multipletests(found["p_t"], method="holm")[1]
    np.testing.assert_allclose(found["p_holm"], adjusted)
    unpaired = values["a"][:, -1].std() + values["b"][:, -1].std()
    assert found.loc["mean", "se"] < 0.2 * unpaired  # common random numbers cancel
    slopes = contrasts(table, kind="slope").set_index("metric")
    assert slopes.loc["mean", "estimate"] == pytest.approx(-0.3, abs=0.05)


def test_contrasts_leave_infinite_chains_out() -> None:
    values = random(7).normal(size=(12, 4))
    gone = values.copy()
    gone[:2, -1] = -np.inf
    table = pd.concat([series(values, "log_det", regime="a"), series(gone, "log_det", regime="b")])
    found = contrasts(table).iloc[0]
    assert found["units"] == 10
    assert "2 chains without a finite value" in found["note"]


def test_order_of_rows_does_not_matter() -> None:
    table = pd.concat([regimes()[0], cell(0.8, 0.3, "s")])
    shuffled = table.sample(frac=1.0, random_state=1)
    for analysis in (halflife, decompose, profile, contrasts):
        pd.testing.assert_frame_equal(analysis(shuffled), analysis(table))


def test_tables_without_rows_have_columns() -> None:
    empty = regimes()[0][:0]
    for analysis in (halflife, decompose, profile, contrasts):
        assert analysis(empty).empty
        assert "generator" in analysis(empty).columns
        with pytest.raises(InputError, match="no column 'chain'"):
            analysis(regimes()[0].drop(columns="chain"))


# --- power ---


def test_power_by_the_documented_spread() -> None:
    from scipy.stats import norm

    assert np.sqrt(2 / (1000 * 10 * 20)) == pytest.approx(0.0032, abs=5e-5)
    shift = -np.log(0.99) / np.sqrt(2 / (1000 * 10 * 20))
    expected = norm.sf(1.959964 - shift) + norm.sf(1.959964 + shift)
    assert power(0.01, 1000, 10, 20) == pytest.approx(expected, rel=1e-6)
    assert power(0.0, 1000, 10, 20) == pytest.approx(0.05)
    assert power(0.01, 1000, 10, 20, kurtosis=9.0) < power(0.01, 1000, 10, 20)
    assert power(0.01, 1000, 10, 20, kurtosis=1.0) == 1.0
    assert power(0.01, 1000, 10, 20, alpha=0.01) < power(0.01, 1000, 10, 20)
    with pytest.raises(OptionError, match="chains=0"):
        power(0.01, 1000, 10, 0)
    with pytest.raises(OptionError, match="delta=1"):
        power(1.0, 1000, 10, 2)


def test_one_chain_that_is_left_alone_has_no_asymptote_and_no_warning() -> None:
    assert asymptote(np.array([[1.0, 1.0, 1.0], [1.0, 0.5, 0.0]])) == "undecided"
    assert asymptote(np.array([[1.0, 1.0, 1.0], [1.0, 0.0, 0.5]])) == "undecided"
