from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from collapse.made_trajectories import random, series, wright_fisher
from scipy.special import logsumexp
from scipy.stats import binom, ttest_1samp

from synthmix.collapse.monitor import alarms, changes, contrast, e_bh, e_paths, e_process, region_log_e, sign_flip
from synthmix.collapse.monitor.evalues import log_mean
from synthmix.errors import InputError, OptionError

WAYS = ("down", "up")


def expectation(m: int, chance: float, share: float, **options: object) -> np.ndarray:
    """Return E of each factor, by adding up the binomial law of the count."""
    counts = np.arange(m + 1)
    values = np.exp(region_log_e(counts, m, share, **options))
    return binom.pmf(counts, m, chance) @ values


# --- the e-value of one generation ---


@pytest.mark.parametrize("direction", WAYS)
@pytest.mark.parametrize("delta", [0.0, 0.02, 0.3])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.45])
def test_the_expectation_is_1_on_the_boundary_and_below_inside(share: float, delta: float, direction: str) -> None:
    side = -1.0 if direction == "down" else 1.0
    bound = (1.0 + side * delta) * share
    on = expectation(40, bound, share, delta=delta, direction=direction)
    np.testing.assert_allclose(on, 1.0, rtol=1e-10)
    inside = expectation(40, bound * (1.0 - side * 0.2), share, delta=delta, direction=direction)
    assert (inside <= 1.0 + 1e-12).all()
    assert inside[1] < 0.999
    outside = expectation(40, bound * (1.0 + side * 0.1), share, delta=delta, direction=direction)
    assert outside[1] > 1.001  # it grows where the null is false


@pytest.mark.parametrize(("direction", "wrong"), [("down", 1.05), ("up", 0.95)])
def test_a_wrong_null_is_found_by_the_same_enumeration(direction: str, wrong: float) -> None:
    assert (expectation(40, 0.3, wrong * 0.3, direction=direction) > 1.001).all()


@pytest.mark.parametrize("direction", WAYS)
@pytest.mark.parametrize("share", [0.0, 1e-4, 0.6, 0.999, 1.0])
def test_guards_keep_it_valid_and_finite(share: float, direction: str) -> None:
    values = region_log_e(np.arange(11), 10, share, direction=direction)
    assert np.isfinite(values).all()
    assert (expectation(10, share, share, direction=direction) <= 1.0 + 1e-6).all()


def test_unequal_chances_lower_the_expectation() -> None:
    chances = np.array([0.1, 0.2, 0.3, 0.6])  # mean .3
    for direction in WAYS:
        total = np.zeros(5)
        for inside in product((0, 1), repeat=4):
            weight = np.prod(np.where(inside, chances, 1 - chances))
            total += weight * np.exp(region_log_e(sum(inside), 4, 0.3, direction=direction))
        assert (total <= 1.0 + 1e-12).all()


def test_the_printed_formula() -> None:
    found = region_log_e(3, 20, 0.2, delta=0.1)
    for value, f in zip(found, (0.98, 0.95, 0.9, 0.8, 0.5), strict=True):
        p0, q = 0.18, 0.18 * f
        assert value == pytest.approx(3 * np.log(q / p0) + 17 * np.log((1 - q) / (1 - p0)), rel=1e-12)


# --- the process ---


def all_paths(n: int, generations: int, start: int) -> tuple[np.ndarray, np.ndarray]:
    """Return every path of a Wright-Fisher share of n rows, (paths, generations + 1), and its probability."""
    paths, chance = np.array([[start]]), np.ones(1)
    for _ in range(generations):
        step = binom.pmf(np.arange(n + 1), n, paths[:, -1:] / n)
        paths = np.concatenate(
            [np.repeat(paths, n + 1, axis=0), np.tile(np.arange(n + 1), len(paths))[:, None]], axis=1
        )
        chance = (chance[:, None] * step).ravel()
        paths, chance = paths[chance > 0.0], chance[chance > 0.0]
    return paths, chance


@pytest.mark.parametrize("direction", WAYS)
def test_villes_bound_holds_exactly_on_every_path(direction: str) -> None:
    n, generations = 6, 5
    paths, chance = all_paths(n, generations, 3)
    assert chance.sum() == pytest.approx(1.0)
    logs = region_log_e(paths[:, 1:], n, paths[:, :-1] / n, direction=direction)
    processes = log_mean(np.cumsum(logs, axis=1), axis=2)
    np.testing.assert_allclose(processes[::500], [e_process(one[None]) for one in logs[::500]], atol=1e-12)
    for generation in range(generations):
        assert chance @ np.exp(processes[:, generation]) <= 1.0 + 1e-12
    worst = np.exp(processes.max(axis=1))
    for alpha in (0.8, 0.5, 0.3, 0.2, 0.1, 0.05):
        assert chance[worst >= 1.0 / alpha].sum() <= alpha
    # the same enumeration finds processes that are none: the best factor in hindsight, and a share that is not T
    best = np.exp(np.cumsum(logs, axis=1).max(axis=2))
    assert chance @ best[:, -1] > 1.1
    share = np.full_like(paths[:, :-1], 3) / n * (1.2 if direction == "down" else 0.8)
    wrong = region_log_e(paths[:, 1:], n, share, direction=direction)
    assert chance @ np.exp(log_mean(wrong.sum(axis=1), axis=1)) > 1.1


def test_the_average_is_taken_after_the_product() -> None:
    logs = random().normal(size=(3, 4, 5))
    expected = [logsumexp(logs[:, : g + 1].sum(axis=(0, 1))) - np.log(5) for g in range(4)]
    np.testing.assert_allclose(e_process(logs), expected, rtol=1e-12)
    gaps = logs.copy()
    gaps[1, 2:] = np.nan
    np.testing.assert_allclose(e_process(gaps), e_process(np.nan_to_num(gaps)), rtol=1e-12)


def test_log_mean_survives_huge_evidence() -> None:
    assert log_mean(np.array([[2000.0, -5000.0]]), axis=1)[0] == pytest.approx(2000.0 - np.log(2.0))


def test_e_bh_by_its_definition() -> None:
    rng = random(1)
    for _ in range(50):
        e = np.exp(rng.normal(1.0, 3.0, 7))
        order = np.sort(e)[::-1]
        passing = [k for k in range(1, 8) if order[k - 1] >= 7 / (0.1 * k)]
        expected = e >= order[max(passing) - 1] if passing else np.zeros(7, bool)
        assert (e_bh(np.log(e), 0.1) == expected).all()
    assert e_bh([], 0.1).size == 0


# --- alarms of a study ---


def regions(found: np.ndarray, name: str = "tail", **words: object) -> pd.DataFrame:
    return series(found, "region", variant=name, **words)


def test_alarms_of_drift_and_of_loss() -> None:
    table = pd.concat([
        regions(wright_fisher(20, 1000, 15, 0.05), generator="neutral"),
        regions(wright_fisher(20, 1000, 15, 0.05, loss=0.1), generator="shrinking"),
        regions(wright_fisher(20, 1000, 15, 0.05, loss=-0.1), generator="growing"),
    ])  # fmt: skip
    found = alarms(table).set_index(["generator", "region", "direction"])
    assert found["alarm"].isna().tolist() == [False, True, False, True, True, True, False, False, True]
    assert found["verdict"].eq("alarm").tolist() == found["alarm"].notna().tolist()
    assert found.loc[("shrinking", "tail", "down"), "alarm"] < 5
    assert found.loc[("growing", "tail", "up"), "listed"]
    assert not found.loc[("growing", "tail", "down"), "listed"]
    one = found.loc[("shrinking", "tail", "down")]
    assert one["e_value"] == pytest.approx(np.exp(min(one["log_e"], 700.0)))
    assert one["chains"] == 20
    mean = np.logaddexp(one["log_e"], found.loc[("shrinking", "tail", "up"), "log_e"]) - np.log(2)
    assert found.loc[("shrinking", "(all)", "any"), "log_e"] == pytest.approx(mean)


def test_the_share_is_that_of_the_pool() -> None:
    pools = np.array([[0.5, 0.47, 0.45, 0.44]] * 5)
    new = np.array([[0.5, 0.4, 0.4, 0.4]] * 5)
    both = pd.concat([regions(new, regime="accumulate"), regions(pools[:, 1:], regime="accumulate", rows="pool")])
    both.loc[both["rows"] == "pool", "generation"] += 1
    found = alarms(both).set_index(["region", "direction"])
    logs = region_log_e(np.rint(new[:, 1:] * 1000), 1000, pools[:, :-1])
    assert found.loc[("tail", "down"), "log_e"] == pytest.approx(e_process(logs)[-1], rel=1e-12)
    alone = alarms(regions(new)).set_index(["region", "direction"])
    assert alone.loc[("tail", "down"), "log_e"] < found.loc[("tail", "down"), "log_e"] - 10


def test_weighted_regimes_have_no_verdict() -> None:
    table = regions(wright_fisher(5, 1000, 5, 0.05, loss=0.5), regime="weighted:golden")
    found = alarms(table)
    assert set(found["verdict"]) == {"na"}
    assert found["note"].str.contains("weights").all()


def test_draws_stand_apart_and_order_does_not_matter() -> None:
    table = pd.concat([
        regions(wright_fisher(4, 1000, 9, 0.2, loss=0.2), draw=0),
        regions(wright_fisher(4, 1000, 9, 0.2), draw=1),
        regions(wright_fisher(4, 1000, 9, 0.4), "core", draw=1),
    ])  # fmt: skip
    found = alarms(table)
    assert found.groupby("draw").size().tolist() == [3, 5]
    assert found[found["draw"] == 1]["alarm"].isna().all()
    shuffled = table.sample(frac=1.0, random_state=3)
    pd.testing.assert_frame_equal(alarms(shuffled), found)
    paths = e_paths(table)
    last = paths.groupby(["draw", "region", "direction"])["log_e"].last()
    for (draw, region, direction), value in last.items():
        row = found[(found["draw"] == draw) & (found["region"] == region) & (found["direction"] == direction)]
        assert row["log_e"].item() == value


def test_a_chain_that_failed_is_no_evidence() -> None:
    table = regions(wright_fisher(4, 1000, 6, 0.2, loss=0.1))
    short = table[(table["chain"] > 0) | (table["generation"] < 3)]
    whole, cut = (alarms(one).set_index(["region", "direction"]) for one in (table, short))
    assert 0 < cut.loc[("tail", "down"), "log_e"] < whole.loc[("tail", "down"), "log_e"]


def test_false_alarms_and_power() -> None:
    studies, n, generations = 400, 2000, 20
    for loss, low, high in ((0.0, 0.0, 0.05), (0.03, 0.3, 0.6)):
        found = wright_fisher(studies * 5, n, generations, 0.05, loss=loss, seed=4).reshape(studies, 5, -1)
        logs = region_log_e(np.rint(found[..., 1:] * n), n, found[..., :-1])
        rate = np.mean([e_process(one).max() >= np.log(20) for one in logs])
        assert low <= rate <= high


def test_rows_that_share_their_chance_break_it() -> None:
    """One random factor for a whole batch: expectation above 1, so the documented condition is needed."""
    factors = (0.7, 1.3)
    total = sum(expectation(200, 0.3 * f, 0.3, direction="up") for f in factors) / 2
    assert total.max() > 1.3


# --- contrasts ---


def test_contrast_is_the_t_test_of_scipy() -> None:
    x = random(2).normal(0.3, 1.0, 15)
    found, expected = contrast(x), ttest_1samp(x, 0.0)
    assert found.p_t == pytest.approx(expected.pvalue, rel=1e-12)
    assert found.t == pytest.approx(expected.statistic, rel=1e-12)
    interval = expected.confidence_interval()
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-12)


def test_sign_flips_by_enumeration() -> None:
    x = random(3).normal(0.5, 1.0, 9)
    sums = [abs(np.dot(signs, x)) for signs in product((-1, 1), repeat=9)]
    assert sign_flip(x) == np.mean(np.array(sums) >= abs(x.sum()) - 1e-9)
    assert sign_flip(np.ones(5)) == 2 / 32
    assert sign_flip(np.zeros(5)) == 1.0
    many = random(4).normal(0.5, 1.0, 16)
    exact = np.mean([abs(np.dot(signs, many)) >= abs(many.sum()) for signs in product((-1, 1), repeat=16)])
    assert sign_flip(many) == pytest.approx(exact, abs=5 * np.sqrt(exact / 9999))
    assert sign_flip(many) == sign_flip(many[::-1]) > 0.0


def test_chains_that_are_all_the_same() -> None:
    assert contrast(np.zeros(10)).p_t == 1.0
    same = contrast(np.full(10, -0.2))
    assert (same.estimate, same.se, same.p_t) == (-0.2, 0.0, 0.0)
    assert np.isnan(contrast(np.array([0.3])).p_t)
    assert contrast(np.array([0.3])).estimate == 0.3


def test_contrasts_keep_their_level_on_the_raw_scale_and_logarithms_do_not() -> None:
    """Why logarithms are not offered: the log of a martingale drifts down, and more chains only see it better."""
    studies, chains = 400, 20
    found = wright_fisher(studies * chains, 2000, 20, 0.05, seed=5).reshape(studies, chains, -1)
    raw = ttest_1samp(found[..., -1] - 0.05, 0.0, axis=1)
    assert np.mean(raw.pvalue < 0.05) <= 0.088
    logged = ttest_1samp(np.log(np.maximum(found[..., -1], 1e-3) / 0.05), 0.0, axis=1, alternative="less")
    assert np.mean(logged.pvalue < 0.05) > 0.12


def test_changes_by_endpoint_and_by_slope() -> None:
    values = random(6).normal(size=(12, 6)).cumsum(axis=1) + 0.5 * np.arange(6)
    table = series(values, "mean", column="x")
    end, slope = (changes(table, kind=kind).iloc[0] for kind in ("endpoint", "slope"))
    assert end["p_t"] == pytest.approx(ttest_1samp(values[:, -1] - values[:, 0], 0).pvalue)
    slopes = [np.polyfit(np.arange(6), one, 1)[0] for one in values]
    assert slope["estimate"] == pytest.approx(np.mean(slopes))
    assert end["units"] == 12
    assert "conditional on it" in end["note"]
    assert "fewer than 10" not in end["note"]
    assert "fewer than 10" in changes(table[table["chain"] < 9])["note"].item()


def test_changes_of_several_draws_take_draws_as_units() -> None:
    values = random(7).normal(size=(12, 4))
    table = pd.concat([series(values[4 * draw : 4 * draw + 4], "mean", draw=draw) for draw in range(3)])
    found = changes(table).iloc[0]
    means = (values[:, -1] - values[:, 0]).reshape(3, 4).mean(axis=1)
    assert found["units"] == 3
    assert found["p_t"] == pytest.approx(ttest_1samp(means, 0).pvalue)
    assert "3 draws" in found["note"]


# --- errors ---


def test_errors_name_what_is_wrong() -> None:
    table = regions(wright_fisher(2, 100, 2, 0.5))
    with pytest.raises(OptionError, match="alpha=2"):
        alarms(table, alpha=2)
    with pytest.raises(OptionError, match="delta=1"):
        alarms(table, delta=1.0)
    with pytest.raises(OptionError, match="direction='sideways'"):
        region_log_e(1, 2, 0.5, direction="sideways")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="kind='trend'"):
        changes(table, kind="trend")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no column 'draw'"):
        alarms(table.drop(columns="draw"))
    with pytest.raises(InputError, match="two values"):
        alarms(pd.concat([table, table]))
    assert alarms(table[table["metric"] == "none"]).empty
    assert list(alarms(table[:0]).columns) == list(alarms(table).columns)


def test_numbers_that_are_not_finite_are_no_evidence() -> None:
    for bad in (np.inf, np.nan):
        found = contrast(np.array([bad, 1.0, 2.0]))
        assert found.units == 3
        assert np.isnan(found[:-1]).all()
    assert not region_log_e(0, 0, 0.5, direction="up").any()
