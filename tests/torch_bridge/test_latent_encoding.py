"""TableVAE as the encoding of MixupSynthesizer: reproducible, pure by rows, free of torch once it is fitted."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from synthmix import InputError, MixupSynthesizer, OptionError, load
from synthmix.certificate import EXACT, LOST
from synthmix.kernels.dense import dense
from synthmix.pairing import WithinClass
from synthmix.table import latent_map

torch = pytest.importorskip("torch")

from synthmix.torch import TableVAE  # noqa: E402 - after torch is known to be there

SMALL = TableVAE(3, (16,), epochs=80, batch_size=50, lr=5e-3)


def table(n=400):
    rng = np.random.default_rng(6)
    x = rng.gamma(2.0, size=n)
    return pd.DataFrame(
        {
            "x": x,
            "y": np.where(rng.random(n) < 0.15, np.nan, np.round(x + 0.3 * rng.normal(size=n), 2)),
            "i": rng.poisson(2.0 * x),
            "t": pd.Timestamp("2024-02-01") + pd.to_timedelta(rng.integers(0, 1000, n), unit="h"),
            "c": pd.Categorical(np.where(x > 2, "high", np.where(x > 1, "middle", "low"))),
            "id": np.arange(n) + 100,
        }
    )


def fitted(pairing="nearest", seed=3, encoding=SMALL, **options):
    synthesizer = MixupSynthesizer("rotation", pairing, encoding, random_state=seed, columns={"id": "key"}, **options)
    return synthesizer.fit(table())


@pytest.fixture(scope="module")
def synthesizer():
    return fitted()


def map_of(synthesizer):
    return synthesizer._encoder.through.map


def test_the_same_seed_gives_the_same_bits_whatever_the_global_state(synthesizer):
    torch.manual_seed(99)
    before = torch.get_rng_state(), np.random.get_state()[1].copy()
    again = fitted()
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])
    for part in ("encoder", "decoder"):
        for a, b in zip(getattr(map_of(synthesizer), part), getattr(map_of(again), part), strict=True):
            np.testing.assert_array_equal(a[0], b[0])
            np.testing.assert_array_equal(a[1], b[1])
    assert_frame_equal(again.sample(500), synthesizer.sample(500))
    assert not fitted(seed=4).sample(500).equals(synthesizer.sample(500))


def test_rows_are_pure_for_any_batches_and_threads(synthesizer):
    whole = synthesizer.sample(9000)
    for threads in (1, 2):
        synthesizer.set_params(n_jobs=threads)
        for a, b in ((0, 1), (255, 257), (4090, 8200), (0, 9000)):
            assert_frame_equal(synthesizer.sample_rows(a, b), whole.iloc[a:b].reset_index(drop=True))
        parts = pd.concat(list(synthesizer.sample_batches(9000, 2048)), ignore_index=True)
        assert_frame_equal(parts, whole)
    synthesizer.set_params(n_jobs=1)


def test_sums_whose_order_depends_on_the_batch_would_be_noticed(synthesizer, monkeypatch):
    def careless(rows, weights, bias, rectify, out):
        turned = slice(None, None, -1 if rows.shape[0] % 2 else 1)
        dense(np.ascontiguousarray(rows[:, turned]), np.ascontiguousarray(weights[turned]), bias, rectify, out)

    trained = map_of(synthesizer)
    codes, units = np.random.default_rng(0).normal(size=(301, 3)), np.full((1, 301), 0.5)

    def pure():
        whole = trained.decode(codes, units)[0]
        return all(np.array_equal(trained.decode(codes[:b], units[:, :b])[0], whole[:b]) for b in (1, 2, 256))

    assert pure()
    monkeypatch.setattr(latent_map, "dense", careless)
    assert not pure()


def test_the_columns_are_those_of_the_table(synthesizer):
    real, rows = table(), synthesizer.sample(800)
    assert (rows.dtypes == real.dtypes).all()
    for name in ("x", "y", "i", "t"):
        assert rows[name].min() >= real[name].min()
        assert rows[name].max() <= real[name].max()
    assert (np.abs(rows["y"] * 100 - np.rint(rows["y"] * 100)) < 1e-9)[rows["y"].notna()].all()
    assert set(rows["c"]) <= set(real["c"])
    assert not set(rows["id"]) & set(real["id"])
    assert rows["y"].isna().sum() == 2 * real["y"].isna().sum()  # two whole passes permute the gaps
    assert np.corrcoef(rows["x"], rows["i"])[0, 1] > 0.5
    assert rows.groupby("c", observed=True)["x"].mean().is_monotonic_increasing == (
        real.groupby("c", observed=True)["x"].mean().is_monotonic_increasing
    )


def test_the_map_says_how_well_it_reconstructs(synthesizer):
    trained, through = map_of(synthesizer), synthesizer._encoder.through
    values, codes = through.values, through.codes  # noqa: PD011 - no pandas object
    given, _ = trained.decode(trained.encode(values, codes), np.zeros((1, 400)))
    error = np.nanmean(((given - values) / trained.scale) ** 2, axis=0)
    np.testing.assert_allclose(error, trained.error, rtol=1e-3)  # the network was trained in float32
    assert trained.error.mean() < 0.5
    assert 0.7 < trained.accuracy[0] <= 1.0
    assert trained.variance.shape == (3,)
    assert (trained.variance > 0).all()


def test_the_certificate_speaks_of_the_codes(synthesizer):
    given = synthesizer.certificate(synthesizer.sample(800))
    spaces = {(s.name, s.space): s for s in given.statements}
    assert {s.theorem for s in given.statements if s.status == LOST} == {"T11"}
    assert spaces["covariance", "latent"].status == EXACT
    assert spaces["covariance", "latent"].error < 1e-12
    assert spaces["mean", "latent"].realised < 1e-12
    assert spaces["covariance", "data"].status == LOST
    assert "decoder network" in spaces["covariance", "data"].reason
    assert spaces["covariance", "data"].error > 1e-6
    assert given.facts["encoding"].startswith("latent, TableVAE(latent=3")


def test_classes_survive_inside_their_class():
    synthesizer = fitted(WithinClass("c"))
    rows, donors = synthesizer.sample(400), synthesizer.plan(0, 400).donors
    assert (rows["c"].to_numpy() == table()["c"].to_numpy()[donors]).all()
    with pytest.raises(InputError, match="class column 'i' is mixed as a number"):
        fitted(WithinClass("i"))


def test_a_saved_synthesizer_needs_no_torch(synthesizer, tmp_path):
    synthesizer.save(tmp_path / "model")
    rows = synthesizer.sample(300)
    assert_frame_equal(load(tmp_path / "model").sample(300), rows)
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import synthmix\n"
        f"s = synthmix.load({str(tmp_path / 'model')!r})\n"
        f"s.sample(300).to_pickle({str(tmp_path / 'rows')!r}); s.certificate(s.sample(300))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert_frame_equal(pd.read_pickle(tmp_path / "rows"), rows)


@pytest.mark.parametrize("options", [{"base": "raw"}, {"regulariser": "kl", "kl_weight": 0.1}])
def test_other_choices_work(options):
    encoding = TableVAE(**{**SMALL.get_params(), **options, "epochs": 3})
    rows = fitted(encoding=encoding).sample(200)
    assert rows.shape == (200, 6)
    assert rows["x"].std() > 0


def test_discrete_columns_alone_and_scores():
    quick = TableVAE(2, (8,), epochs=2)
    labels = pd.DataFrame({"a": list("xyz") * 40, "b": list("uuvv") * 30})
    rows = MixupSynthesizer(encoding=quick, random_state=0).fit(labels).sample(90)
    assert set(rows["a"]) <= set("xyz")
    assert fitted(encoding=quick, discrete="scores").sample(50)["c"].notna().all()


def test_it_is_an_estimator_inside_an_estimator():
    from sklearn.base import clone

    copy = clone(MixupSynthesizer(encoding=SMALL))
    assert repr(copy.encoding) == repr(SMALL) == "TableVAE(latent=3, hidden=(16,), epochs=80, batch_size=50, lr=0.005)"


def test_wrong_options_are_refused():
    for encoding, text in [
        (TableVAE(latent=0), "latent=0"),
        (TableVAE(base="scores"), "base='scores'"),
        (TableVAE(regulariser="none"), "regulariser='none'"),
        (TableVAE(epochs=0), "epochs=0"),
        (TableVAE, "give 'normal', 'raw' or a map"),
        (None, "give 'normal', 'raw' or a map"),
    ]:
        with pytest.raises(OptionError, match=text):
            fitted(encoding=encoding)


@pytest.mark.parametrize("epochs", [1, 30])  # weights that are huge, and weights that are not finite
@pytest.mark.parametrize("base", ["raw", "normal"])
def test_training_that_diverged_is_refused(base, epochs):
    encoding = TableVAE(3, (8,), epochs=epochs, lr=1e30, base=base)
    with pytest.raises(InputError, match=r"training diverged.*lower lr"):
        MixupSynthesizer(encoding=encoding, random_state=0).fit(np.random.default_rng(0).normal(size=(40, 3)))


@pytest.mark.parametrize(("part", "value"), [("encoder", np.nan), ("decoder", np.inf), ("decoder", 1e300)])
def test_a_map_of_another_training_that_diverged_is_refused(part, value):
    rows = np.random.default_rng(0).normal(size=(40, 3))
    trained = TableVAE(2, (4,), epochs=1, base="raw").fit(rows, np.empty((40, 0), np.int32), (), 0)
    MixupSynthesizer(encoding=trained, random_state=0).fit(rows)
    broken = tuple(
        (np.full_like(weights, value), np.full_like(bias, 1e300)) for weights, bias in getattr(trained, part)
    )
    with pytest.raises(InputError, match=r"TableVAE.*not finite: its training diverged"):
        MixupSynthesizer(encoding=replace(trained, **{part: broken}), random_state=0).fit(rows)


def test_what_the_caller_does_to_arithmetic_does_not_reach_training():
    def trained():
        rows = np.random.default_rng(0).normal(size=(60, 3))
        return TableVAE(2, (8,), epochs=2, base="raw").fit(rows, np.empty((60, 0), np.int32), (), 0)

    expected = trained()
    for around in (torch.autocast("cpu", dtype=torch.bfloat16), torch.inference_mode(), torch.no_grad()):
        with around:
            found = trained()
        for (a, b), (c, d) in zip(found.encoder + found.decoder, expected.encoder + expected.decoder, strict=True):
            np.testing.assert_array_equal(a, c)
            np.testing.assert_array_equal(b, d)
        np.testing.assert_array_equal(found.error, expected.error)


def test_a_real_table(data_file):
    real = pd.read_csv(data_file("concrete"))
    encoding = TableVAE(8, (32,), epochs=40, lr=3e-3)
    synthesizer = MixupSynthesizer("rotation", encoding=encoding, random_state=0).fit(real, target="strength")
    rows = synthesizer.sample(len(real))
    given = synthesizer.certificate(rows)
    assert map_of(synthesizer).error.mean() < 0.3
    assert given["covariance"].error < 0.6
    assert given["marginals"].realised < 0.3
    assert next(s for s in given.statements if s.space == "latent" and s.name == "covariance").error < 1e-12
