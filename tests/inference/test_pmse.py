"""Propensity scores: the logistic fit, its nulls, the tree's, separation and guards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import ks_2samp

from synthmix.errors import InputError, OptionError
from synthmix.inference import Propensity, pmse
from synthmix.inference.pmse import distance, logistic_scores


def test_scores_are_those_of_statsmodels() -> None:
    rng = np.random.default_rng(0)
    design = np.column_stack([np.ones(400), rng.standard_normal((400, 3))])
    labels = (rng.random(400) < 1.0 / (1.0 + np.exp(-design @ [0.3, 1.0, -0.5, 0.0]))).astype(float)
    scores, note = logistic_scores(design, labels)
    np.testing.assert_allclose(scores, sm.Logit(labels, design).fit(disp=0).predict(), atol=1e-8)
    assert note == ""


def test_distance_is_scipys() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.random(80).round(2), rng.random(50).round(2) ** 2
    assert distance(first, second) == pytest.approx(ks_2samp(first, second).statistic, abs=1e-8)


def nulls(make: Any, kind: str, n: int, m: int, runs: int) -> tuple[float, float]:
    """Return mean and SD of pMSE over the mean of its null, in units of the null's mean."""
    found = []
    for seed in range(runs):
        rng = np.random.default_rng([seed, 3])
        real = rng.standard_normal((n, 4))
        null = next(one for one in pmse(real, make(real, m, rng)).nulls if one.kind == kind)
        found.append(null.ratio)
    return float(np.mean(found)), float(np.std(found))


def again(real: Any, m: int, rng: np.random.Generator) -> Any:
    return rng.standard_normal((m, real.shape[1]))


def drawn(real: Any, m: int, rng: np.random.Generator) -> Any:
    return real[rng.integers(0, len(real), m)]


def refitted(real: Any, m: int, rng: np.random.Generator) -> Any:
    return rng.multivariate_normal(real.mean(axis=0), np.cov(real.T), m)


@pytest.mark.parametrize(("make", "kind"), [(again, "floor"), (drawn, "resample"), (refitted, "resample")])
def test_nulls_have_the_right_mean_and_spread(make: Any, kind: str) -> None:
    runs = 80
    for n, m in ((200, 200), (150, 450)):
        mean, sd = nulls(make, kind, n, m, runs)
        assert mean == pytest.approx(1.0, abs=4.5 * np.sqrt(0.5 / runs) + 0.03)  # chi-squared of 4, over 4
        assert sd == pytest.approx(np.sqrt(0.5), rel=0.45)


def test_the_other_null_is_wrong() -> None:
    assert nulls(again, "resample", 150, 450, 40)[0] > 3.0
    assert nulls(drawn, "floor", 150, 450, 40)[0] < 0.4


def tree_ratios(make: Any, runs: int = 6) -> dict[str, float]:
    found: dict[str, list[float]] = {"resample": [], "floor": []}
    for seed in range(runs):
        rng = np.random.default_rng([seed, 6])
        real = rng.standard_normal((300, 3))
        for null in pmse(real, make(real, 300, rng), variant="tree", n_perm=15).nulls:
            found[null.kind].append(null.ratio)
    return {kind: float(np.mean(ratios)) for kind, ratios in found.items()}


def test_nulls_of_the_tree() -> None:
    """The halved null is for rows drawn from the real ones; a smooth model lies near the whole one."""
    assert tree_ratios(again)["floor"] == pytest.approx(1.0, abs=0.1)
    assert tree_ratios(drawn)["resample"] == pytest.approx(1.0, abs=0.12)
    smooth = tree_ratios(refitted)
    assert smooth["floor"] == pytest.approx(1.0, abs=0.1)
    assert smooth["resample"] > 1.7


def mixed(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame({"a": rng.standard_normal(n), "g": rng.choice(list("uvw"), n)})
    table.loc[rng.random(n) < 0.1, "a"] = np.nan
    return table


def test_mixed_columns_missing_values_and_the_order_of_rows() -> None:
    first, second = mixed(200, 1), mixed(300, 2)
    for variant in ("logistic", "tree"):
        found = pmse(first, second, variant=variant, n_perm=5, random_state=3)  # type: ignore[arg-type]
        shuffled = pmse(
            first.sample(frac=1.0, random_state=1), second.sample(frac=1.0, random_state=2), variant=variant,
            n_perm=5, random_state=3,
        )  # type: ignore[call-overload]  # fmt: skip
        assert found == shuffled or _same(found, shuffled)
    assert pmse(first, second).parameters == 4  # a, its flag, two of three levels
    cut = pmse(first, second, rows=100)
    assert (cut.n_real, cut.n_synth) == (100, 100)
    factor = (1 / 100 + 1 / 100 - 1 / 200) / (2 / 100)
    assert cut.nulls[0].mean / cut.nulls[1].mean == pytest.approx(factor)
    assert "100 of 200 real" in cut.note


def _same(first: Propensity, second: Propensity) -> bool:
    return repr(first) == repr(second)  # NaN intervals of trees are not equal to themselves


def test_separated_rows_fail_and_say_so() -> None:
    rng = np.random.default_rng(0)
    real, other = rng.standard_normal((2, 300, 2))
    found = pmse(real, other + np.array([30.0, 0.0]))
    assert found.pmse == pytest.approx(0.25, abs=1e-4)
    assert found.nulls[0].ratio > 50
    assert found.specks == 1.0
    assert "separation" in found.note


def test_too_many_parameters_have_no_null() -> None:
    real, other = np.random.default_rng(0).standard_normal((2, 40, 12))
    found = pmse(real, other)
    assert found.nulls == ()
    assert "80 rows for 12 parameters" in found.note
    with pytest.raises(InputError, match="too few for a tree"):
        pmse(real[:10], other[:10], variant="tree")
    with pytest.raises(OptionError, match="variant='forest'"):
        pmse(real, other, variant="forest")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no column varies"):
        pmse(np.ones((30, 2)), np.ones((30, 2)))


@pytest.mark.parametrize("rows", [-1, 0, 1, 1.5])
def test_rows_that_are_no_number_of_rows_are_refused(rows: Any) -> None:
    table = pd.DataFrame({"x": np.arange(60.0)})
    with pytest.raises(OptionError, match="rows="):
        pmse(table, table, rows=rows)
