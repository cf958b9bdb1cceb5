"""Pieces of the report that have an answer of their own."""

from __future__ import annotations

import math

import numpy as np
import pytest

from synthmix.drift.finding import Finding
from synthmix.drift.joint.embedding import coordinates
from synthmix.drift.moments.equality import equal_covariance
from synthmix.drift.moments.feature import covariance_feature
from synthmix.drift.reference import Reference
from synthmix.drift.tables import align
from synthmix.drift.verdict import Flag, Margin, at_least, at_most, rows_needed


def finding(**fields) -> Finding:
    return Finding(**{"metric": "m", "family": "joint", "scope": "joint", "value": 1.0, **fields})


def test_rows_that_are_not_fitted_set_no_scale():
    rng = np.random.default_rng(0)
    numbers, codes = rng.normal(size=(50, 2)), rng.integers(0, 3, (50, 1))
    far = np.concatenate([numbers, [[1e6, np.nan]]])
    alone, _, _ = coordinates(numbers, codes, 50)
    both, names, _ = coordinates(far, np.concatenate([codes, [[7]]]), 50, names=["x", "y"], code_names=["c"])
    kept = [name != "y (missing)" for name in names]
    np.testing.assert_array_equal(both[:50, kept], alone)
    assert names == ("x", "y", "y (missing)", "c = 0", "c = 1", "c = 2")
    assert both[50, 0] > 1e5
    np.testing.assert_allclose(both[50, 2:], [2**0.5, 0.0, 0.0, 0.0])


def test_the_component_of_covariances_is_cai_liu_xia_of_each_labelling():
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(120, 4))
    labels = np.zeros((120, 3), np.float32)
    for k in range(3):
        labels[rng.permutation(120)[:50], k] = 1.0
    found = covariance_feature([0, 2, 3])(rows)(labels)
    for k in range(3):
        ours, theirs = (rows[labels[:, k] == side][:, [0, 2, 3]] for side in (1.0, 0.0))
        expected = equal_covariance(ours, theirs)[1].value
        assert found[k] == pytest.approx(expected, rel=1e-6)


def test_a_flag_warns_by_its_p_value_and_without_one_by_its_band():
    assert Flag().judge(finding(p_value=0.04), 0.05) == "warn"
    assert Flag().judge(finding(p_value=0.06), 0.05) == "na"
    assert Flag(0.001, "pass").judge(finding(p_value=0.04), 0.05) == "pass"
    assert Flag(0.001, "pass").judge(finding(null_high=0.0), 0.05) == "warn"
    assert Flag(0.001, "pass").judge(finding(null_high=1.0), 0.05) == "pass"
    assert Flag().judge(finding(value=math.nan, note="none"), 0.05) == "na"


def test_margins_relative_to_a_null():
    assert at_most(2.0, 5.0, of="times the null").at(finding(null_center=0.01)) == at_most(0.02, 0.05)
    assert at_least(-0.05, -0.15, of="less the null").at(finding(null_center=0.9)).warn[0] == pytest.approx(0.85)
    assert at_most(2.0, 5.0, of="times the null").at(finding()) is None
    assert at_most(2.0, 5.0, of="times the null").at(finding(null_center=0.0)) is None


def test_rows_needed_shrink_the_certifiable_margin_into_the_tolerated_one():
    low = finding(n_synth=500, margin_certifiable=0.2)
    assert rows_needed(low, at_most(0.1, 0.3)) == 2000
    ratio = finding(n_synth=100, target=1.0, margin_certifiable=0.6)
    assert rows_needed(ratio, at_least(0.8, 0.5)) == pytest.approx(400, abs=1)
    wide = finding(n_synth=100, target=0.0, ci_low=-0.4, ci_high=0.4)
    assert rows_needed(wide, Margin((-0.2, 0.2), (-1, 1))) == pytest.approx(100 * (2 * 3.2415 / 1.96) ** 2, rel=0.01)
    assert math.isnan(rows_needed(low, None))


def test_levels_of_new_table_and_holdout_have_codes_of_their_own():
    import pandas as pd

    real = pd.DataFrame({"c": ["a", "b", None] * 20, "x": np.arange(60) / 7})
    new, hold = real.assign(c=["a", "new"] * 30), real.assign(c=["other", None] * 30)
    tables = align(Reference.of(real), new, hold)
    assert tables.labels["c"] == ("a", "b", "new", "other", "(missing)")
    assert tables.holdout is not None
    counts = [
        np.bincount(side.codes[:, 0], minlength=5).tolist() for side in (tables.real, tables.synthetic, tables.holdout)
    ]
    assert counts == [[20, 20, 0, 0, 20], [30, 0, 30, 0, 0], [0, 0, 0, 30, 30]]


def test_rare_levels_share_one_in_associations():
    import pandas as pd

    rng = np.random.default_rng(0)
    frames = [pd.DataFrame({"c": rng.integers(0, 90, 900).astype(str), "x": rng.normal(size=900)}) for _ in range(2)]
    tables = align(Reference.of(frames[0], {"c": "categorical"}), frames[1])
    real, synthetic, note = tables.few_levels
    assert real.max() <= 50
    assert synthetic.max() <= 50
    assert note == f"rare levels share one in c ({len(tables.labels['c']) - 50})"
