"""Rows mixed in latent coordinates: exact maps add nothing, and gaps and classes travel by donor."""

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from synthmix import InputError, MixupSynthesizer, ModelFileError, OptionError, SynthmixWarning, load
from synthmix.certificate import EXACT, EXPECTED, LOST
from synthmix.pairing import Nearest, WithinClass
from synthmix.table import DenseMap, LatentMap
from synthmix.weights import Custom

SHARP = 1e4  # logits of a one-hot block that leave nothing to chance


class Identity:
    """A map whose coordinates are the columns and one-hot blocks themselves."""

    def __init__(self, base="raw", sharp=SHARP):
        self.base, self.sharp = base, sharp

    def fit(self, values, codes, n_levels, seed):  # noqa: ARG002 - the signature of every map
        p, width = values.shape[1], values.shape[1] + sum(n_levels)
        sharp = np.diag(np.where(np.arange(width) < p, 1.0, self.sharp))
        return DenseMap(
            base=self.base,
            name="Identity()",
            mean=np.zeros(p),
            scale=np.ones(p),
            n_levels=tuple(n_levels),
            encoder=((np.eye(width), np.zeros(width)),),
            decoder=((sharp, np.zeros(width)),),
            variance=np.zeros(width),
            error=np.zeros(p),
            accuracy=np.ones(len(n_levels)),
        )


def numbers(n=300):
    rng = np.random.default_rng(3)
    return np.column_stack([rng.gamma(2.0, size=n), rng.normal(size=n), rng.normal(size=n) ** 3])


def table(n=400):
    rng = np.random.default_rng(4)
    x = rng.gamma(2.0, size=n)
    return pd.DataFrame(
        {
            "x": x,
            "y": np.where(rng.random(n) < 0.2, np.nan, x + rng.normal(size=n)),
            "i": rng.poisson(3.0, n),
            "c": pd.Categorical(rng.choice(["a", "b", "c"], n)),
            "d": np.where(rng.random(n) < 0.1, None, np.where(x > 2, "high", "low")),
        }
    )


@pytest.mark.parametrize("base", ["raw", "normal"])
@pytest.mark.parametrize("weights", ["rotation", "epbeta", "dirichlet"])
def test_an_identity_map_gives_the_rows_of_its_base_encoding(base, weights):
    plain = MixupSynthesizer(weights, encoding=base, grid="full", random_state=1).fit(numbers())
    through = MixupSynthesizer(weights, encoding=Identity(base), grid="full", random_state=1).fit(numbers())
    np.testing.assert_array_equal(plain.sample(700), through.sample(700))


def test_copied_rows_come_back_with_their_levels_and_gaps():
    real = table()
    copying = MixupSynthesizer(Custom(weights=np.array([[1.0, 0.0]])), "random", Identity(), random_state=1).fit(real)
    donors = copying.plan(0, 400).donors
    assert_frame_equal(copying.sample(400), real.iloc[donors].reset_index(drop=True))
    assert sorted(donors) == list(range(400))


def test_gaps_and_classes_are_the_donors():
    real = table()
    for pairing, carried in (("random", []), (WithinClass("c"), ["c"]), (WithinClass("d", Nearest()), ["d"])):
        synthesizer = MixupSynthesizer("rotation", pairing, Identity("normal"), random_state=1).fit(real)
        rows, donors = synthesizer.sample(500), synthesizer.plan(0, 500).donors
        given = real.iloc[donors].reset_index(drop=True)
        np.testing.assert_array_equal(rows["y"].isna(), given["y"].isna())
        for name in ("c", "d"):
            same = (rows[name].astype(object).fillna("?") == given[name].astype(object).fillna("?")).all()
            assert same == (name in carried), name


@pytest.mark.parametrize("threads", [1, 2])
def test_rows_are_pure_and_survive_a_file(tmp_path, threads):
    soft = Identity("normal", sharp=1.0)  # levels are a matter of chance
    synthesizer = MixupSynthesizer("rotation", encoding=soft, random_state=5, n_jobs=threads).fit(table())
    whole = synthesizer.sample(9000)
    for a, b in ((0, 1), (255, 257), (4000, 4200), (8191, 9000)):
        assert_frame_equal(synthesizer.sample_rows(a, b), whole.iloc[a:b].reset_index(drop=True))
    synthesizer.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert_frame_equal(loaded.sample(9000), whole)
    assert isinstance(loaded.encoding, DenseMap)
    assert str(loaded.certificate(whole)) == str(synthesizer.certificate(whole))
    again = MixupSynthesizer("rotation", encoding=loaded.encoding, random_state=5).fit(table())  # as it is
    assert_frame_equal(again.sample(9000), whole)


def test_levels_are_drawn_anew_in_each_row():
    class Blind(Identity):
        def fit(self, values, codes, n_levels, seed):
            found = super().fit(values, codes, n_levels, seed)
            ((weights, _),) = found.decoder
            weights[values.shape[1] :] = 0.0  # all levels are equally likely
            return found

    counts = MixupSynthesizer(encoding=Blind(), random_state=2).fit(table())
    rows = counts.sample(3000)
    share = rows["c"].value_counts(normalize=True)
    assert (abs(share - 1 / 3) < 6 * np.sqrt(2 / 9 / 3000)).all()
    joint = pd.crosstab(rows["c"], rows["d"].isna()).to_numpy() / 3000
    assert abs(joint - np.outer(joint.sum(1), joint.sum(0))).max() < 0.03  # columns draw independently


def test_the_certificate_is_exact_in_the_latent_space_only():
    real = table()
    synthesizer = MixupSynthesizer("rotation", WithinClass("c"), Identity(), random_state=1).fit(real)
    given = synthesizer.certificate(synthesizer.sample(800))
    claims = {(s.name, s.space, s.columns): s for s in given.statements}
    for (name, space, columns), claim in claims.items():
        donated = name == "missing values" or (name == "category counts" and columns == ("c",))
        assert claim.status == (EXACT if space == "latent" or donated else LOST), name
        if claim.status == LOST:
            assert "decoder" in claim.reason, name
            assert claim.predicted is None, name
            assert claim.realised is not None, name
        if donated:
            assert claim.realised == 0.0
    covariance = next(s for s in given.statements if (s.name, s.space) == ("covariance", "latent"))
    assert covariance.columns == tuple(f"z{j}" for j in range(1, 10))  # 3 numbers, 3 + 3 levels
    assert covariance.error < 1e-12
    assert given.facts["encoding"] == "latent, Identity() over raw"
    text = str(given)
    assert "covariance of the latent coordinates" in text
    assert "the autoencoder gives back its training rows" in text
    assert given["category counts"].space == "data"


def test_the_certificate_of_pairs_and_parts_is_in_expectation():
    synthesizer = MixupSynthesizer("epbeta", "random", Identity("normal"), random_state=1).fit(table())
    given = synthesizer.certificate(synthesizer.sample_rows(37, 1400), start=37)
    claims = {(s.name, s.space): s for s in given.statements}
    for key in (("mean", "latent"), ("covariance", "latent"), ("missing values", "data")):
        assert claims[key].status == EXPECTED, key
        assert abs(claims[key].realised - claims[key].predicted) < 6 * claims[key].standard_error
    assert claims["category counts", "data"].status == LOST


def test_a_foreign_table_is_noticed():
    real = table()
    synthesizer = MixupSynthesizer("rotation", "random", Identity(), random_state=1).fit(real)
    rows = synthesizer.sample(400)
    rows.loc[7, "d"] = "low" if rows.loc[7, "d"] != "low" else "high"
    with pytest.warns(SynthmixWarning, match="not made of those rows"):
        given = synthesizer.certificate(rows)
    assert EXACT not in {s.status for s in given.statements}


def test_an_array_comes_back_as_an_array_with_its_grid():
    values = np.round(numbers(), 1)
    rows = MixupSynthesizer("rotation", "random", Identity(), random_state=1).fit(values).sample(50)
    np.testing.assert_allclose(rows * 10, np.rint(rows * 10), atol=1e-9)  # "auto" is the source's grid
    out = np.empty((50, 3))
    synthesizer = MixupSynthesizer("rotation", "random", Identity(), random_state=1).fit(values)
    assert synthesizer.sample(50, out=out) is out
    np.testing.assert_array_equal(out, rows)


def test_a_map_of_another_table_is_refused():
    trained = Identity().fit(np.zeros((2, 3)), np.zeros((2, 1), np.int32), (4,), 0)
    assert isinstance(trained, LatentMap)
    with pytest.raises(InputError, match="takes 3 continuous columns and levels"):
        MixupSynthesizer(encoding=trained).fit(numbers())


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match=r"class column 'i' is mixed as a number.*'categorical'"):
        MixupSynthesizer(pairing=WithinClass("i"), encoding=Identity()).fit(table())
    with pytest.raises(OptionError, match="encoding=3: give 'normal', 'raw' or a map"):
        MixupSynthesizer(encoding=3).fit(table())
    with pytest.raises(OptionError, match=r"base='nomal'.*did you mean 'normal'"):
        MixupSynthesizer(encoding=Identity("nomal")).fit(table())
    with pytest.raises(OptionError, match="float32"):
        MixupSynthesizer(encoding=Identity(), dtype="float32").fit(table())


@pytest.mark.parametrize("damage", ["encoder", "decoder", "scale"])
def test_layers_that_do_not_fit_are_refused(damage):
    class Damaged(Identity):
        def fit(self, values, codes, n_levels, seed):
            found = super().fit(values, codes, n_levels, seed)
            broken = {
                "encoder": ((np.eye(4), np.zeros(4)),),
                "decoder": ((np.eye(3)[:, :2], np.zeros(2)),),
                "scale": np.zeros(3),
            }
            object.__setattr__(found, damage, broken[damage])
            return found

    with pytest.raises(ModelFileError):
        MixupSynthesizer(encoding=Damaged()).fit(numbers())
