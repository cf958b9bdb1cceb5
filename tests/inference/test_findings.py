"""The inference section: known answers, notes in place of numbers, verdicts by margins, the same bytes twice."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthmix import MixupSynthesizer
from synthmix.drift.finding import Finding
from synthmix.drift.report import DriftReport, make_report
from synthmix.errors import InputError, OptionError
from synthmix.inference import inference_findings
from synthmix.inference.coefficients import overlap
from synthmix.inference.findings import expected_overlap
from synthmix.inference.margins import DECLARED, DEFAULT_MARGINS, FLAGS


def table(n: int = 400, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.standard_normal((n, 3)), columns=["a", "b", "c"])
    frame["y"] = frame["a"] - 0.5 * frame["b"] + rng.standard_normal(n)
    frame["g"] = np.where(frame["a"] + rng.standard_normal(n) > 0, "u", "v")
    return frame


MODELS = ("y ~ a + b + c", ("g ~ a + y", "binomial"))


def judged(findings: list[Finding]) -> DriftReport:
    return make_report(findings, DEFAULT_MARGINS, DECLARED, {}, flags=FLAGS)


def verdicts(report: DriftReport, metric: str) -> set[str]:
    return set(report.table.loc[report.table["metric"] == metric, "verdict"])


def test_the_real_rows_themselves_pass() -> None:
    real = table()
    report = judged(inference_findings(real, real, MODELS))
    assert verdicts(report, "coef_shift") == {"pass"}
    assert verdicts(report, "pmse") == {"pass"}
    for metric in ("sign_agreement", "significance_agreement"):  # of few coefficients a share is never sure
        assert verdicts(report, metric) <= {"pass", "inconclusive"}
        assert set(report.table.loc[report.table["metric"] == metric, "value"]) == {1.0}
    assert report.verdict in ("pass", "inconclusive")
    values = report.table.groupby(["metric", "column", "level"])["value"].agg(list)
    assert values["ci_overlap", "y ~ a + b + c", "a"] == pytest.approx([1.0])
    assert set(report.table["family"]) == {"inference"}


def test_another_sample_of_the_population_does_not_fail() -> None:
    for seed in range(1, 6):  # the tree of the standard level once: it is not declared
        level = "standard" if seed == 1 else "quick"
        report = judged(inference_findings(table(), table(seed=seed), MODELS, seed=seed, level=level))
        assert report.verdict != "fail"


def test_independent_columns_fail() -> None:
    real = table()
    rng = np.random.default_rng(9)
    broken = pd.DataFrame({name: rng.permutation(real[name].to_numpy()) for name in real})
    report = judged(inference_findings(real, broken, MODELS))
    assert report.verdict == "fail"
    assert "fail" in verdicts(report, "coef_shift")
    assert "pass" not in verdicts(report, "significance_agreement")
    verdict = report.table.groupby(["metric", "column"])["verdict"].agg(list)
    assert verdict["lack_of_fit", "y ~ a + b + c"] == ["warn"]


def test_a_flipped_sign_is_found() -> None:
    real = table()
    report = judged(inference_findings(real, real.assign(y=-real["y"]), MODELS[:1], level="quick"))
    rows = report.table.set_index(["metric", "level"]).sort_index()
    assert rows.loc[("coef_shift", "a"), "verdict"] == "fail"
    assert rows.loc[("sign_agreement", ""), "value"] <= 0.5


def test_the_factor_of_the_generator() -> None:
    real = table().drop(columns="g")
    mixer = MixupSynthesizer("uniform", "random", "raw", random_state=1).fit(real)

    def factor(generator: object) -> Finding:
        found = inference_findings(real, mixer.sample(400), MODELS[:1], generator=generator, level="quick")
        return next(one for one in found if one.metric == "se_factor")

    assert factor(mixer).value == pytest.approx(np.sqrt(1.8), rel=1e-3)
    assert factor(MixupSynthesizer("uniform", "random", "raw")).value == pytest.approx(np.sqrt(1.8), rel=1e-3)
    assert np.isnan(factor(None).value)
    assert "not linear" in factor(MixupSynthesizer()).note


def test_several_syntheses_and_no_models() -> None:
    real = table()
    mixer = MixupSynthesizer(random_state=1).fit(real)
    made = [mixer.sample_rows(400 * i, 400 * (i + 1)) for i in range(3)]
    found = inference_findings(real, made, MODELS[:1], level="quick")
    shift = next(one for one in found if one.metric == "coef_shift")
    assert "3 syntheses" in shift.method
    assert shift.null_high == pytest.approx(1.959963984540054 / np.sqrt(3.0))
    assert "first of 3" in next(one for one in found if one.metric == "pmse").note
    assert {one.metric for one in inference_findings(real, made[0], level="quick")} == {"pmse", "specks"}
    default = inference_findings(real, made[0], target="g", level="quick")
    assert any(one.column in {"g = v ~ all", "g = u ~ all"} for one in default)


def test_a_synthesis_that_cannot_be_fitted_has_notes() -> None:
    real = table()
    found = inference_findings(real, real.assign(y=1.0), MODELS[:1], level="quick")
    shifts = [one for one in found if one.metric == "coef_shift"]
    assert shifts
    assert all(np.isnan(one.value) and "the response is the same" in one.note for one in shifts)
    assert judged(found).table["verdict"].isin(["na", "pass", "fail", "warn", "inconclusive"]).all()


def test_same_bytes_twice_and_in_any_order_of_rows() -> None:
    real, made = table(200), table(200, seed=3)
    first = inference_findings(real, made, MODELS, seed=4)
    assert judged(first).to_json() == judged(inference_findings(real.copy(), made.copy(), MODELS, seed=4)).to_json()
    other = inference_findings(real, made.sample(frac=1.0, random_state=1), MODELS, seed=4)
    for one, two in zip(first, other, strict=True):
        assert one.value == pytest.approx(two.value, rel=1e-9, nan_ok=True)


def test_bad_options() -> None:
    real = table(100)
    for arguments, message in (
        ({"level": "quik"}, "did you mean 'quick'"),
        ({"alpha": 0.0}, "alpha"),
        ({"models": ["y"]}, "no formula"),
    ):
        with pytest.raises(OptionError, match=message):
            inference_findings(real, real, **arguments)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="empty list"):
        inference_findings(real, [])
    with pytest.raises(InputError, match="cannot be evaluated on the real table"):
        inference_findings(real, real, ["y ~ nothing"])


@pytest.mark.parametrize(("band", "ratio"), [(1.0, 1.0), (0.5, 0.5), (2.0, 2.0), (0.3, 0.6)])
def test_the_mean_overlap_counts_unequal_lengths(band: float, ratio: float) -> None:
    z, d = 1.96, np.linspace(-9.0, 9.0, 200_001) * band
    weight = np.exp(-0.5 * (d / band) ** 2)
    zero, one = np.zeros_like(d), np.ones_like(d)
    mean = (overlap(zero, one, d, ratio * one, z) * weight).sum() / weight.sum()
    assert expected_overlap(band, ratio, z) == pytest.approx(mean, abs=1e-6)


def test_a_default_model_that_cannot_be_fitted_is_a_finding_and_a_declared_one_an_error() -> None:
    rng = np.random.default_rng(3)
    real = pd.DataFrame({"y": rng.normal(size=60), "same": np.ones(60)})
    found = inference_findings(real, real.copy(), target="y", level="quick")
    first = next(one for one in found if one.metric == "coef_shift")
    assert np.isnan(first.value)
    assert "no column can be a regressor" in first.note
    with pytest.raises(InputError, match="cannot be evaluated"):
        inference_findings(real, real.copy(), ["y ~ C(g)"], level="quick")
    with pytest.raises(InputError, match="absent"):
        inference_findings(real, real.copy(), target="absent", level="quick")


def test_far_more_synthetic_than_real_rows() -> None:
    """An effect that the real rows leave open is sure to be significant in so many: agreement has the chance 0."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=80)
    real = pd.DataFrame({"x": x, "y": 0.15 * x + rng.normal(size=80)})
    many = real.sample(8000, replace=True, random_state=1, ignore_index=True)
    found = inference_findings(real, many, ["y ~ x"], level="quick")
    agreement = next(one for one in found if one.metric == "significance_agreement")
    assert 0.0 <= agreement.null_low <= agreement.null_center <= 1.0
