"""Certificates claim what theory gives for the actual combination, and no more."""

import json

import numpy as np
import pandas as pd
import pytest

from synthmix import InputError, MixupSynthesizer, SynthmixWarning
from synthmix.certificate import EXACT, EXPECTED, LOST
from synthmix.pairing import Cyclic, Nearest, Random, WithinClass
from synthmix.weights import Beta, EpBeta, Rotation, Sphere

NUMBERS = ["mean", "covariance"]


def table(n=900, missing=False):
    rng = np.random.default_rng(4)
    label = rng.integers(0, 3, n)
    x = rng.gamma(3.0, size=n) + label
    frame = pd.DataFrame(
        {
            "x": x,
            "y": x + rng.normal(size=n),
            "i": rng.poisson(4.0 + label),
            "c": np.array(["a", "b", "c"])[label],
        }
    )
    if missing:
        frame.loc[rng.random(n) < 0.2, "y"] = np.nan
    return frame


def certificate(weights, pairing="random", encoding="raw", m=900, target=None, frame=None, **options):
    synthesizer = MixupSynthesizer(weights, pairing, encoding, random_state=2, **options)
    synthesizer.fit(table() if frame is None else frame, target=target)
    return synthesizer.certificate(synthesizer.sample(m))


def statuses(given):
    return {(s.name, s.space): s.status for s in given.statements}


def test_uniform_mixup_shrinks_the_covariance_to_two_thirds():
    given = certificate(Beta(1.0, 1.0), m=9000)
    claim = given["covariance"]
    assert claim.status == LOST
    assert claim.predicted == pytest.approx(2 / 3, abs=2e-3)  # finite n moves it by less than 1/n
    assert abs(claim.realised - claim.predicted) <= 4 * claim.standard_error
    assert claim.standard_error < 0.05
    assert abs(1.0 - claim.predicted) > 4 * claim.standard_error  # "preserved" would be refuted
    for column in given.columns:
        z = (column["variance_factor_realised"] - column["variance_factor"]) / column["variance_factor_error"]
        assert abs(z) < 5


def test_rotation_in_the_datas_units_is_exact():
    given = certificate("rotation")
    for name in (*NUMBERS, "OLS coefficients"):
        assert given[name].status == EXACT, name
        assert given[name].theorem.startswith("T1")
    assert given["covariance"].error < 1e-13
    assert given["mean"].realised < 1e-13
    assert given["OLS coefficients"].realised < 1e-12
    for name in ("skewness", "kurtosis", "marginals"):
        assert given[name].status == LOST
    assert given["category counts"].status == EXACT
    assert given["category counts"].realised == 0.0


@pytest.mark.parametrize("pairing", ["random", "nearest"])
def test_rotation_of_scores_claims_exactness_for_the_scores_only(pairing):
    given = certificate("rotation", pairing, "normal")
    claims = statuses(given)
    assert claims["mean", "scores"] == EXACT
    assert claims["covariance", "scores"] == EXACT
    for name in ("mean", "covariance", "skewness", "kurtosis", "marginals", "OLS coefficients"):
        assert claims[name, "data"] == LOST, name
        assert given[name].space == "data"
    scores = next(s for s in given.statements if s.name == "covariance" and s.space == "scores")
    assert scores.error < 1e-12
    assert given["covariance"].error > 1e-6
    assert given["covariance"].predicted is None


def test_parts_of_a_pass_are_kept_in_expectation():
    given = certificate("rotation", m=1000)
    for name in (*NUMBERS, "category counts", "OLS coefficients"):
        assert given[name].status == EXPECTED, name
    claim = given["covariance"]
    assert abs(claim.realised - claim.predicted) <= 4 * claim.standard_error
    assert claim.error > 1e-6
    assert "multiples of 900 rows" in str(given)


@pytest.mark.parametrize("weights", [EpBeta(), Sphere(3), Sphere(4, top=0.9)], ids=repr)
@pytest.mark.parametrize("pairing", ["random", "cyclic", Nearest(leaf=30), Random("iid")], ids=repr)
def test_covariance_keeping_laws_of_single_rows_keep_it_in_expectation(weights, pairing):
    given = certificate(weights, pairing, m=4500)
    assert given["covariance"].status == EXPECTED
    assert given["mean"].status == EXPECTED
    assert given["covariance"].predicted == pytest.approx(1.0, abs=2.5e-3)
    for column in given.columns:
        z = (column["variance_factor_realised"] - column["variance_factor"]) / column["variance_factor_error"]
        assert abs(z) < 5
    assert given["skewness"].status == (EXPECTED if isinstance(weights, EpBeta) else LOST)
    assert given["kurtosis"].status == LOST


@pytest.mark.parametrize("pairing", ["random", "cyclic", Random("distinct")], ids=repr)
def test_epbeta_is_corrected_for_the_number_of_rows(pairing):
    frame = table(120)
    corrected = certificate(EpBeta(), pairing, frame=frame, m=120)["covariance"]
    plain = certificate(EpBeta(correct=False), pairing, frame=frame, m=120)["covariance"]
    assert corrected.predicted == pytest.approx(1.0, abs=1e-9)
    assert plain.predicted < 1.0 - 1e-3
    assert "corrected" in corrected.reason


def test_convex_weights_among_neighbours_lose_only_what_is_inside_leaves():
    near, far = certificate("uniform", Nearest(leaf=12)), certificate("uniform")
    assert near["covariance"].status == LOST
    assert far["covariance"].predicted < near["covariance"].predicted < 0.99
    assert "within-cell" in near["covariance"].reason


def test_rounding_to_the_grid_weakens_exactness():
    given = certificate("rotation", grid="source")
    clean, rounded = (s for s in given.statements if s.name == "covariance")
    assert (clean.status, clean.columns) == (EXACT, ("x", "y"))  # full-precision columns have no grid
    assert (rounded.status, rounded.columns, rounded.theorem) == (LOST, ("i",), "T8")
    assert [s.status for s in given.statements if s.name == "mean"] == [EXACT, EXPECTED]
    assert given["OLS coefficients"].status == LOST
    assert given["category counts"].status == EXACT
    column = next(c for c in given.columns if c["name"] == "i")
    assert column["variance_factor"] > 1.01  # 1/6 of a squared step on a variance of about 5
    z = (column["variance_factor_realised"] - column["variance_factor"]) / column["variance_factor_error"]
    assert abs(z) < 5


def test_coarse_times_are_rounded_in_any_grid_and_fine_ones_are_not():
    rng = np.random.default_rng(0)
    day = np.datetime64("2024-03-01") + rng.integers(0, 4, 600).astype("m8[D]")
    frame = pd.DataFrame({"x": rng.normal(size=600), "day": pd.array(day.astype("M8[s]"), "datetime64[s]")})
    frame["fine"] = pd.Timestamp("2024-03-01") + pd.to_timedelta(rng.integers(0, 10**6, 600), unit="s")
    frame["short"] = pd.to_timedelta(rng.integers(0, 5, 600), unit="s").astype("timedelta64[s]")
    given = certificate("rotation", frame=frame, m=600)
    claims = {s.columns: s for s in given.statements if s.name == "covariance"}
    assert claims["x", "fine"].status == EXACT
    assert claims["x", "fine"].error <= claims["x", "fine"].expected_error < 1e-9
    rounded = claims["day", "short"]  # days kept in seconds, and seconds kept in seconds
    assert rounded.status == LOST
    assert rounded.error > 0.01
    assert rounded.predicted == pytest.approx(rounded.realised, rel=0.02)
    assert given["OLS coefficients"].status == LOST


def test_clamped_columns_lose_their_claims():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=300), "u": rng.poisson(0.6, 300).astype(np.uint8)})
    given = certificate("rotation", grid="source", frame=frame, m=1500)
    claims = {s.columns: s for s in given.statements if s.name == "mean"}
    assert claims[("x",)].status == EXACT
    assert claims[("u",)].status == LOST
    assert claims[("u",)].realised > 0.02
    assert "clamped" in claims[("u",)].reason
    assert any("clamped" in note for note in given.notes)


def test_exactness_is_stated_with_its_precision():
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(500, 3)) + 1e12, columns=list("abc"))
    claim = certificate("rotation", frame=frame, m=500)["covariance"]
    assert claim.status == EXACT
    assert 1e-8 < claim.error <= claim.expected_error


def test_sampling_errors_count_the_rows_that_are_observed():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.normal(size=2000), "y": rng.normal(size=2000)})
    frame.loc[rng.random(2000) < 0.9, "y"] = np.nan
    shifts = []
    for seed in range(40):
        synthesizer = MixupSynthesizer(EpBeta(), Random("iid"), "raw", random_state=seed).fit(frame)
        sample = synthesizer.sample(2000)
        shifts.append((sample["y"].mean() - frame["y"].mean()) / frame["y"].std())
    claim = synthesizer.certificate(sample)["mean"]
    spread = np.std(shifts)  # known to 11 % from 40 draws
    assert 0.65 * spread < claim.standard_error < 1.5 * spread
    assert claim.standard_error / np.sqrt(10) < 0.65 * spread  # without the share of observed rows it would be this


def test_copied_cells_are_copied_under_every_law():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"x": rng.normal(size=400), "y": rng.normal(size=400), "g": np.repeat(np.arange(200), 2)})
    frame["g"] = frame["g"].astype(str)
    for weights, pairing in [(Sphere(3, top=0.8), Random()), (Sphere(3), Cyclic()), (Rotation(5), Random())]:
        synthesizer = MixupSynthesizer(weights, WithinClass("g", pairing), "raw", small_cells="copy", random_state=0)
        with pytest.warns(SynthmixWarning, match="400 rows are copied"):
            synthesizer.fit(frame)
        sample = synthesizer.sample(400)
        assert set(sample["x"]) == set(frame["x"])
        claim = synthesizer.certificate(sample)["covariance"]
        assert claim.predicted == pytest.approx(1.0, abs=1e-12)
        assert claim.error < 1e-12


def test_groups_larger_than_a_law_can_have_parents():
    given = certificate(Rotation(200), frame=table(300), m=300)
    assert given["covariance"].status == EXACT


def test_classes():
    pooled = certificate("rotation", "random", target="c")["covariance within classes"]
    inside = certificate("rotation", WithinClass(), target="c")["covariance within classes"]
    assert pooled.status == LOST
    assert "label noise" in certificate("epbeta", target="c")["covariance within classes"].reason
    assert inside.status == EXACT
    assert inside.error < 1e-12
    assert pooled.error > 1e-3
    law = certificate("uniform", WithinClass("c"))["covariance within classes"]
    assert law.status == LOST
    assert law.predicted == pytest.approx(2 / 3, abs=0.01)
    assert law.realised == pytest.approx(law.predicted, abs=0.05)
    part = certificate("rotation", WithinClass("c"), m=100)["covariance within classes"]
    assert (part.status, part.predicted) == (EXPECTED, None)


def test_association_with_a_donors_label():
    claim = certificate("uniform", m=27_000)["association of discrete with continuous columns"]
    assert claim.status == LOST
    assert claim.predicted == pytest.approx(0.75, abs=1e-3)  # E max(l, 1 - l) of the uniform law
    assert claim.realised == pytest.approx(0.75, abs=0.05)


def test_missing_values():
    frame = table(missing=True)
    given = certificate("rotation", frame=frame)
    assert given["missing values"].status == EXACT
    assert given["missing values"].realised == 0.0
    assert given["covariance"].status == EXACT
    assert given["covariance"].error < 1e-12
    row = frame["y"].notna().idxmax()
    frame.loc[row, ["x", "i"]] = np.nan  # a pattern that occurs once: pooled with stand-ins
    frame["i"] = frame["i"].astype("Int64")
    pooled = certificate("rotation", frame=frame)
    claims = [s for s in pooled.statements if s.name == "covariance"]
    assert [s.status for s in claims] == [LOST]
    assert "stand-ins" in claims[0].reason
    assert [s.status for s in certificate("epbeta", frame=frame).statements if s.name == "skewness"] == [LOST]
    assert pooled.facts["pooled_rows"] > 0


def test_without_a_sample_there_are_predictions_only():
    synthesizer = MixupSynthesizer("epbeta", "random", "raw", random_state=0).fit(table())
    given = synthesizer.certificate()
    assert given["covariance"].realised is None
    assert given["covariance"].predicted is not None
    assert "none given" in str(given)


def test_discrete_columns_as_scores():
    given = certificate("rotation", "nearest", "normal", discrete="scores")
    assert given["category counts"].status == LOST
    assert given["category counts"].columns == ("c",)
    scores = next(s for s in given.statements if s.space == "scores" and s.name == "covariance")
    assert "c" in scores.columns
    assert "c" not in given["covariance"].columns
    assert given["covariance", "scores"] is scores
    with pytest.raises(KeyError, match="latent"):
        _ = given["covariance", "latent"]


def test_printed_and_stored_forms(tmp_path):
    given = certificate("rotation", "nearest", frame=table(missing=True))
    text = str(given)
    for word in ("EXACT, in every draw", "NOT PRESERVED", "Rotation(k=5", "not anonymous", "covariance"):
        assert word in text
    assert max(len(line) for line in text.splitlines()) <= 130
    path = tmp_path / "c.json"
    stored = json.loads(given.to_json(path))
    assert json.loads(path.read_text()) == stored
    assert stored["schema"] == "synthmix-certificate/1"
    assert {s["name"] for s in stored["statements"]} >= {"mean", "covariance", "skewness", "kurtosis", "marginals"}
    with pytest.raises(KeyError, match="no statement 'median'"):
        _ = given["median"]
    assert [*given.table["name"]] == [statement.name for statement in given.statements]
    assert set(given.table["status"]) == {EXACT, LOST}


def test_rows_from_elsewhere_are_noticed():
    synthesizer = MixupSynthesizer("rotation", "random", "raw", random_state=2).fit(table())
    later = synthesizer.sample_rows(900, 1800)
    assert synthesizer.certificate(later, start=900)["covariance"].status == EXACT
    part = synthesizer.certificate(synthesizer.sample_rows(450, 1350), start=450)
    assert part["covariance"].status == EXPECTED
    assert "rows 450 to 1,349" in str(part)
    for foreign in (later, synthesizer.sample(900).assign(x=1.0), synthesizer.sample(900).iloc[::-1]):
        with pytest.warns(SynthmixWarning, match="not made of those rows") as told:
            given = synthesizer.certificate(foreign)
        assert [warning.filename for warning in told] == [__file__]
        assert EXACT not in {s.status for s in given.statements}
    scores = MixupSynthesizer("rotation", "random", random_state=2).fit(table())
    with pytest.warns(SynthmixWarning, match="not made of those rows"):
        given = scores.certificate(scores.sample(900).assign(x=1.0))
    assert all(s.realised is None for s in given.statements if s.space == "scores")


def test_extreme_scales_overflow_nowhere():
    z = np.random.default_rng(0).normal(size=(300, 3))
    frame = pd.DataFrame(z * np.array([1e149, 1e-300, 1.0]), columns=list("abc"))
    given = certificate("rotation", frame=frame, m=300)
    assert given["covariance"].status == EXACT
    assert given["covariance"].error < 1e-12
    assert np.isfinite([c["kurtosis_realised"] for c in given.columns]).all()


def test_a_sample_of_another_table_is_an_error():
    synthesizer = MixupSynthesizer(random_state=0).fit(table())
    with pytest.raises(InputError, match="lacks the column 'c'"):
        synthesizer.certificate(synthesizer.sample(50).drop(columns="c"))
    with pytest.raises(InputError, match="at least 2 rows"):
        synthesizer.certificate(synthesizer.sample(1))


def test_a_table_without_continuous_columns():
    frame = table()[["c"]].assign(d=["u", "v", "w"] * 300)
    given = certificate("rotation", "random", frame=frame)
    assert given["category counts"].status == EXACT
    assert "covariance" not in {s.name for s in given.statements}


def test_no_claim_of_shape_and_covariance_together():
    for weights in ("rotation", "epbeta", "sphere", "uniform", Rotation(3, 0.2), Beta(1e-8)):
        claims = statuses(certificate(weights))
        kept = {name for (name, _), status in claims.items() if status != LOST}
        assert not {"covariance", "skewness", "kurtosis"} <= kept
