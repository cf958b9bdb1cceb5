"""What a certificate says of the strata of a target: no more than holds, and it is what the sample has."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import synthmix
from synthmix import Certificate, MixupSynthesizer, SynthmixWarning
from synthmix.certificate import EXACT, EXPECTED, LOST
from synthmix.pairing import Chained

WITHIN = "means and covariances in 2 strata of y"


def _table(sizes: tuple[int, int] = (350, 250), seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat([0, 1], sizes))
    x = rng.gamma(2.0, size=y.size) + 2.0 * y
    z = np.where(y == 1, x, -x) + rng.normal(size=y.size)
    return pd.DataFrame({"x": x, "z": z, "g": rng.choice(list("uvw"), y.size), "y": np.array(["no", "yes"])[y]})


def _certified(rows: int = 600, encoding: str = "raw", **options: object) -> Certificate:
    pairing = Chained(leaf=4, **options)  # type: ignore[arg-type]
    synthesizer = MixupSynthesizer(pairing=pairing, encoding=encoding, random_state=1).fit(_table(), target="y")
    return synthesizer.certificate(synthesizer.sample(rows))


def _counts(certificate: Certificate) -> list[tuple[tuple[str, ...], str]]:
    return [(one.columns, one.status) for one in certificate.statements if one.name == "category counts"]


@pytest.mark.parametrize(("encoding", "space"), [("raw", "data"), ("normal", "scores")])
def test_moments_inside_strata_are_exact_in_whole_passes(encoding: str, space: str) -> None:
    claim = _certified(1200, encoding)[WITHIN, space]
    assert claim.status == EXACT
    assert claim.theorem == "T21, T18"
    assert claim.realised == pytest.approx(1.0, abs=1e-12)
    assert claim.expected_error is not None
    assert claim.error is not None
    assert claim.error <= claim.expected_error < 1e-12


def test_the_error_is_the_largest_change_in_a_stratum() -> None:
    """Part of a pass is not exact; its error against means and covariances that are counted here."""
    table = _table()
    synthesizer = MixupSynthesizer(pairing=Chained(leaf=4), encoding="raw", random_state=1).fit(table, target="y")
    made = synthesizer.sample(500)
    claim = synthesizer.certificate(made)[WITHIN, "data"]
    assert claim.status == EXPECTED
    sd, changes, factors = table[["x", "z"]].std(ddof=0).to_numpy(), [], []
    for name in ("no", "yes"):
        before, after = (rows.loc[rows["y"] == name, ["x", "z"]] for rows in (table, made))
        changes.append(np.abs((after.mean() - before.mean()).to_numpy() / sd).max())
        changes.append(np.abs((after.cov(ddof=0) - before.cov(ddof=0)).to_numpy() / np.outer(sd, sd)).max())
        factors += [*(after.var(ddof=0) / before.var(ddof=0))]
    assert claim.error == pytest.approx(max(changes))
    assert claim.realised == pytest.approx(np.mean(factors))


def test_classes_that_are_strata_have_their_numbers() -> None:
    """The target's counts are exact, those of other columns are not said to be."""
    assert _counts(_certified()) == [(("y",), EXACT), (("g",), LOST)]
    assert _counts(_certified(500)) == [(("y",), EXPECTED), (("g",), LOST)]
    assert _counts(_certified(restore=False)) == [(("y",), EXACT), (("g",), LOST)]
    assert _counts(_certified(strata=1)) == [(("g", "y"), LOST)]


def test_pooled_classes_are_not_said_to_be_exact() -> None:
    rare = _table().assign(y=lambda table: np.where(np.arange(600) < 40, "rare", table["y"]))
    synthesizer = MixupSynthesizer(pairing=Chained(leaf=4), random_state=1).fit(rare, target="y")
    assert len(synthesizer.strata_) == 2
    assert _counts(synthesizer.certificate(synthesizer.sample(600))) == [(("g", "y"), LOST)]


def test_ranges_of_a_number_have_moments_and_no_counts() -> None:
    table = pd.concat([_table(seed=seed) for seed in range(2)], ignore_index=True)
    synthesizer = MixupSynthesizer(pairing=Chained(leaf=4, strata=4), random_state=1).fit(table, target="x")
    assert synthesizer.strata_ == (400, 400, 400)
    certificate = synthesizer.certificate(synthesizer.sample(1200))
    assert certificate["means and covariances in 3 strata of x", "scores"].status == EXACT
    assert _counts(certificate) == [(("g", "y"), LOST)]


def test_another_table_is_not_called_exact() -> None:
    synthesizer = MixupSynthesizer(pairing=Chained(leaf=4), encoding="raw", random_state=1).fit(_table(), target="y")
    made = synthesizer.sample(600)
    made.loc[3, "y"] = "no" if made.loc[3, "y"] == "yes" else "yes"
    with pytest.warns(SynthmixWarning, match="not made of those rows"):
        certificate = synthesizer.certificate(made)
    assert certificate[WITHIN, "data"].status == EXPECTED
    assert certificate[WITHIN, "data"].error is None
    assert _counts(certificate)[0] == (("y",), EXPECTED)


def test_a_sample_may_lack_a_stratum() -> None:
    """Of two rows both can be of one class; the other one says nothing then. In these means are what is off most."""
    table = _table().assign(x=lambda table: table["x"] + 1000.0)
    synthesizer = MixupSynthesizer(pairing=Chained(leaf=4), encoding="raw", random_state=1).fit(table, target="y")
    made, sd = synthesizer.sample(600), table[["x", "z"]].std(ddof=0).to_numpy()
    checked = 0
    for start in range(100):
        two = made.iloc[start : start + 2].reset_index(drop=True)
        real, after = table.loc[table["y"] == two["y"][0], ["x", "z"]], two[["x", "z"]]
        shift = np.abs((after.mean() - real.mean()).to_numpy() / sd).max()
        change = np.abs((after.cov(ddof=0) - real.cov(ddof=0)).to_numpy() / np.outer(sd, sd)).max()
        if two["y"][0] == two["y"][1] and shift > change:
            assert synthesizer.certificate(two, start=start)[WITHIN, "data"].error == pytest.approx(shift)
            checked += 1
    assert checked > 3


def test_a_loaded_synthesizer_says_the_same(tmp_path) -> None:
    synthesizer = MixupSynthesizer(pairing=Chained(leaf=4), random_state=1).fit(_table(), target="y")
    synthesizer.save(tmp_path / "model.synthmix")
    again = synthmix.load(tmp_path / "model.synthmix")
    rows = synthesizer.sample(600)
    assert again.certificate(rows).table.equals(synthesizer.certificate(rows).table)
    assert again.strata_ == synthesizer.strata_ == (350, 250)
