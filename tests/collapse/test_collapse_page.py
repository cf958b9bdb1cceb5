"""Pictures and page of a study: what is drawn is what was measured, and the page holds all of it."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from report.study_result import HOSTILE, study_result

from synthmix.collapse.page import study_page
from synthmix.collapse.page_tables import at_generations, ends_in_words, short_profile
from synthmix.collapse.pictures.curves import Chosen, curves_of
from synthmix.collapse.pictures.pooled import pooled_curves
from synthmix.collapse.pictures.study import draw_study
from synthmix.collapse.pictures.trajectories import draw_trajectories, first_alarm
from synthmix.errors import InputError


@pytest.fixture(scope="module")
def result():
    return study_result(("beta:1", "rotation:5", "bootstrap"), ("replace", "accumulate"), last=6, chains=5)


@pytest.fixture(scope="module")
def page(result):
    return study_page(result)


def test_curves_are_the_means_over_columns_of_each_chain(result):
    curve = curves_of(result.trajectories, Chosen("variance"), result.predicted)["bootstrap", "replace"]
    table = result.trajectories
    mine = table[(table["generator"] == "bootstrap") & (table["regime"] == "replace") & (table["metric"] == "variance")]
    for chain in range(5):
        for generation in (0, 3, 6):
            rows = mine[(mine["chain"] == chain) & (mine["generation"] == generation)]
            assert curve.chains[chain, generation] == pytest.approx(rows["value"].mean(), rel=1e-14)
    assert curve.predicted == pytest.approx(0.999 ** np.arange(7), rel=1e-14)
    assert curve.bands[2] == pytest.approx(np.median(curve.chains, axis=0), rel=1e-14)


def test_the_pool_is_shown_where_there_is_one_beside_its_own_law(result):
    curve = curves_of(result.trajectories, Chosen("variance", column="income"), result.predicted)[
        "beta:1", "accumulate"
    ]
    g = np.arange(1, 7)
    assert curve.predicted == pytest.approx(np.cumprod([1.0, *((g + 2 / 3) / (g + 1))]), rel=1e-14)
    assert np.median(curve.chains[:, -1]) == pytest.approx(curve.predicted[-1], rel=0.15)
    new = result.trajectories[result.trajectories["rows"] == "new"]
    other = curves_of(new, Chosen("variance", column="income"))["beta:1", "accumulate"]
    assert other.chains[0, 6] < curve.chains[0, 6]  # the control: new rows are another curve


def test_no_law_of_new_rows_is_drawn_on_a_pool(result):
    of_new = result.predicted[result.predicted["rows"] == "new"]
    curves = curves_of(result.trajectories, Chosen("variance", column="income"), of_new)
    assert curves["beta:1", "accumulate"].predicted is None
    assert curves["beta:1", "replace"].predicted is not None  # the control: there the new rows are all there is


def test_a_shift_is_a_root_mean_square_and_its_law_a_mean_square():
    base = {"generator": "a", "regime": "replace", "n": 10, "rows": "new", "draw": 0, "metric": "mean", "variant": ""}
    rows = [
        {**base, "chain": 0, "generation": g, "column": c, "level": "", "value": v, "count": 10}
        for g in (0, 1) for c, v in (("x", 3.0 * g), ("y", -4.0 * g))
    ]  # fmt: skip
    laws = pd.DataFrame([{**base, "generation": g, "column": c, "value": 9.0 * g} for g in (0, 1) for c in "xy"])
    curve = curves_of(pd.DataFrame(rows), Chosen("mean"), laws)["a", "replace"]
    assert curve.chains[0] == pytest.approx([0.0, np.sqrt(12.5)])
    assert curve.predicted == pytest.approx([0.0, 3.0])


def test_numbers_that_are_missing_or_infinite_are_gaps(result):
    table = result.trajectories.copy()
    chosen = (table["metric"] == "variance") & (table["chain"] == 2) & (table["generation"] >= 4)
    table.loc[chosen, "value"] = -np.inf
    table = table[~((table["metric"] == "variance") & (table["chain"] == 1) & (table["generation"] == 6))]
    curve = curves_of(table, Chosen("variance"))["beta:1", "replace"]
    assert np.isnan(curve.chains[2, 4:]).all()
    assert np.isnan(curve.chains[1, 6])
    assert np.isfinite(curve.bands).all()
    draw_trajectories(table, "variance").savefig("/dev/null", format="svg")


def test_the_kurtosis_of_chains_together_is_a_ratio_of_means(result):
    table = result.trajectories
    curve = pooled_curves(table)["beta:1", "replace"]
    mine = table[(table["generator"] == "beta:1") & (table["regime"] == "replace") & (table["column"] == "income")]
    wide = mine.pivot_table(index=["metric", "chain"], columns="generation", values="value")
    kurtosis, square = wide.loc["kurtosis"].to_numpy(), wide.loc["variance"].to_numpy() ** 2
    ratio = ((kurtosis + 3.0) * square).mean(axis=0) / square.mean(axis=0) - 3.0
    np.testing.assert_allclose(curve.middle, ratio, rtol=1e-12)
    assert curve.middle_word == "mean"
    assert np.abs(kurtosis.mean(axis=0) - ratio)[-1] > 1e-6  # the control: the mean of the chains' own is another
    first = curve.chains[2, 4]
    assert first == pytest.approx((kurtosis[2, 4] + 3.0) * square[2, 4] / square[:, 4].mean() - 3.0, rel=1e-12)
    without = table[table["metric"] != "variance"]
    assert pooled_curves(without) == {}


def test_trajectories_have_a_panel_a_cell_with_chains_bands_law_and_alarm(result):
    figure = draw_trajectories(result.trajectories, "variance", predicted=result.predicted, alarms=result.alarms)
    assert len(figure.axes) == 6
    axis = figure.axes[0]
    assert axis.get_yscale() == "log"
    drawn = {round(line.get_linewidth(), 1) for line in axis.lines}
    assert {0.5, 2.0, 1.3} <= drawn
    alarm = first_alarm(result.alarms, "beta:1", "replace")
    assert alarm >= 1
    rings = [line.get_xdata()[0] for line in axis.lines if line.get_marker() == "o"]
    assert rings == [alarm]
    calm = figure.axes[2]
    assert not [line for line in calm.lines if line.get_marker() == "o"]
    law = next(line for line in axis.lines if round(line.get_linewidth(), 1) == 1.3)
    assert law.get_ydata() == pytest.approx((2 / 3) ** np.arange(7))


def test_the_overview_shows_each_claim_beside_its_law(result):
    figure = draw_study(result)
    titles = [axis.get_title("left") for axis in figure.axes if axis.get_visible()]
    assert titles == [
        "Variance", "Excess kurtosis of the chains together", "Covariance: largest change of a contrast",
        "Levels that are alive", "Real rows that have descendants", "Variance of beta:1 under each regime",
    ]  # fmt: skip
    kept = figure.axes[2]
    heights = {line.get_color(): np.nanmax(line.get_ydata()) for line in kept.lines if len(line.get_ydata()) == 7}
    assert min(heights.values()) < 1e-10 < max(heights.values())  # rotation below, the others above


def test_a_study_with_less_has_fewer_panels(result):
    result = study_result(("beta:1",), ("replace",), last=3, chains=2)
    result.trajectories = result.trajectories[result.trajectories["metric"] == "variance"]
    assert len([axis for axis in draw_study(result).axes if axis.get_visible()]) == 1
    with pytest.raises(InputError, match="no numbers of metric 'kurtosis'"):
        draw_trajectories(result.trajectories, "kurtosis")


def test_tables_behind_pictures_hold_the_last_generation(result):
    curves = curves_of(result.trajectories, Chosen("variance"), result.predicted)
    assert "metric" not in at_generations(curves)
    table = at_generations(curves, "v")
    assert sorted(set(table["generation"])) == [1, 2, 5, 6]
    assert "beta:1, replace: 0.0" in ends_in_words(curves, "v")
    assert "(predicted 0.0878)" in ends_in_words(curves, "v")
    profile = short_profile(result)
    assert len(profile) == 6
    beta = profile[(profile["generator"] == "beta:1") & (profile["regime"] == "replace")].iloc[0]
    assert beta["predicted"] == pytest.approx(np.log(0.5) / np.log(2 / 3))


def test_the_page_holds_everything_and_nothing_hostile(result, page):
    for section in ("overview", "curves", "rates", "alarms", "contrasts", "bias", "errors", "reproduce"):
        assert f'<section id="{section}">' in page
    assert page.index("Profile:") < page.index("<section")
    assert HOSTILE not in page
    assert "<b>singular" not in page
    assert "&lt;b&gt;singular" in page
    assert "/home/" not in page  # tracebacks name places of the machine
    assert "synthmix collapse in.csv --generator beta:1" in page
    assert "&lt;i&gt;flat" in page
    assert "Laws of what has no rate" in page
    assert "ab" * 32 in page
    assert re.findall(r"https?://", page) == []
    assert len(page) < 3 * 2**20


def test_a_study_without_alarms_contrasts_and_errors_says_so(result):
    calm = study_result(("bootstrap",), ("replace",), last=3, chains=2)
    calm.errors, calm.predicted = calm.errors.iloc[:0], calm.predicted.iloc[:0]
    calm.trajectories = calm.trajectories[calm.trajectories["metric"] == "variance"]
    calm.alarms = calm.alarms.iloc[:0]
    page = study_page(calm)
    assert page == study_page(calm)
    for text in ("no regions to monitor", "one regime, or too few chains", "No chain ended with an error"):
        assert text in page
