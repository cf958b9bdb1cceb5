"""Rows in the caller's memory, and rows in single precision."""

import warnings

import numpy as np
import pandas as pd
import pytest

from synthmix import InputError, MixupSynthesizer, OptionError, SynthmixWarning, load
from synthmix.weights import Rotation


def numbers(n=700, d=7, dtype=np.float64):
    return np.random.default_rng(3).gamma(2.0, size=(n, d)).astype(dtype)


@pytest.mark.parametrize("encoding", ["raw", "normal"])
@pytest.mark.parametrize("weights", ["uniform", "rotation", "sphere"])
def test_rows_are_written_to_the_callers_array(weights, encoding):
    synthesizer = MixupSynthesizer(weights, "random", encoding, random_state=1).fit(numbers())
    fresh = synthesizer.sample(1000)
    out = np.full((1000, 7), np.nan)
    assert synthesizer.sample(1000, out=out) is out
    assert np.array_equal(out, fresh)
    part = np.full((60, 7), np.nan)
    assert synthesizer.sample_rows(690, 750, out=part) is part
    assert np.array_equal(part, fresh[690:750])
    assert not np.array_equal(part, fresh[:60])


@pytest.mark.parametrize("pairing", ["random", "cyclic"])
@pytest.mark.parametrize(("d", "dtype"), [(20, "float64"), (21, "float64"), (20, "float32"), (22, "float32")])
def test_rows_of_a_large_sample_are_those_of_small_ones(d, dtype, pairing):
    # Large samples are written past the caches where rows are aligned: 20 columns are, 21 and 22 of float32 are not.
    x = numbers(5000, d, dtype)
    synthesizer = MixupSynthesizer("epbeta", pairing, "raw", dtype=dtype, random_state=4).fit(x)
    whole = synthesizer.sample(220_000)
    assert whole.nbytes > 2**24
    for a in (0, 4990, 107_003, 219_000):
        assert np.array_equal(whole[a : a + 1000], synthesizer.sample_rows(a, a + 1000))
    shifted = np.zeros(whole.size + 1, dtype)[1:].reshape(whole.shape)
    assert np.array_equal(synthesizer.sample(220_000, out=shifted), whole)


@pytest.mark.parametrize(
    "out",
    [
        np.empty((10, 7)),
        np.empty((20, 6)),
        np.empty((20, 7), np.float32),
        np.empty((20, 7), order="F"),
        np.empty((40, 7))[::2],
        [[0.0] * 7] * 20,
    ],
    ids=["rows", "columns", "dtype", "order", "strides", "list"],
)
def test_an_array_that_does_not_fit_is_refused_whole(out):
    synthesizer = MixupSynthesizer("uniform", "random", "raw", random_state=1).fit(numbers())
    before = np.array(out)
    with pytest.raises(OptionError, match=r"numpy\.empty\(\(20, 7\), dtype='float64'\)"):
        synthesizer.sample(20, out=out)
    assert np.array_equal(np.array(out), before, equal_nan=True)


@pytest.mark.parametrize("encoding", ["raw", "normal"])
@pytest.mark.parametrize("dtype", [">f8", ">f4", "<f2", "<f4"])
def test_floats_of_every_length_and_order_come_back(dtype, encoding):
    x = numbers(60, 3).astype(dtype)
    synthetic = MixupSynthesizer("uniform", "random", encoding, grid="source", random_state=1).fit(x).sample(90)
    assert synthetic.dtype == x.dtype.newbyteorder("=")
    assert synthetic.shape == (90, 3)
    assert (synthetic >= x.min(axis=0)).all()
    assert (synthetic <= x.max(axis=0)).all()


def test_a_read_only_array_is_refused():
    out = np.zeros((20, 7))
    out.setflags(write=False)
    with pytest.raises(OptionError, match="writeable"):
        MixupSynthesizer("uniform", "random", "raw", random_state=1).fit(numbers()).sample(20, out=out)


@pytest.mark.parametrize("table", [pd.DataFrame(numbers()), numbers().astype(int)], ids=["frame", "integers"])
def test_out_is_for_arrays_of_floats(table):
    synthesizer = MixupSynthesizer("uniform", "random", "normal", random_state=1).fit(table)
    with pytest.raises(OptionError, match="array of floats"):
        synthesizer.sample(20, out=np.empty((20, 7)))


@pytest.mark.parametrize("pairing", ["random", "cyclic", "nearest"])
@pytest.mark.parametrize("weights", ["uniform", "rotation", "sphere", Rotation(8)], ids=str)
def test_single_precision_is_the_same_plan_in_shorter_numbers(weights, pairing):
    x = numbers(dtype=np.float32)
    double = MixupSynthesizer(weights, pairing, "raw", random_state=2).fit(x)
    single = MixupSynthesizer(weights, pairing, "raw", dtype="float32", random_state=2).fit(x)
    long, short = double.sample(1500), single.sample(1500)
    assert long.dtype == np.float64
    assert short.dtype == np.float32
    np.testing.assert_allclose(short, long, rtol=2e-5, atol=2e-5)
    assert not np.array_equal(short, long.astype(np.float32))
    assert np.array_equal(short[100:900], single.sample_rows(100, 900))
    assert np.array_equal(short, single.set_params(n_jobs=2).sample(1500))


def test_single_precision_keeps_moments_to_its_own_rounding():
    x = numbers(dtype=np.float32)
    synthesizer = MixupSynthesizer("rotation", "random", "raw", dtype="float32", random_state=2).fit(x)
    y = synthesizer.sample(700).astype(np.float64)
    before, after = (np.cov(part.T, bias=True) for part in (x.astype(np.float64), y))
    error = np.abs(after - before).max() / np.abs(before).max()
    assert 1e-12 < error < 1e-5
    certificate = synthesizer.certificate(synthesizer.sample(700))
    statement = next(s for s in certificate.statements if s.name == "covariance")
    assert statement.status == "exact"
    assert 1e-7 < statement.expected_error < 1e-5
    assert statement.error < statement.expected_error


@pytest.mark.parametrize("pairing", ["random", "nearest"])
def test_single_precision_survives_a_file(tmp_path, pairing):
    x = numbers()
    x[::7, 3] = np.nan
    synthesizer = MixupSynthesizer("rotation", pairing, "raw", dtype="float32", random_state=2).fit(x)
    synthesizer.save(tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.dtype == "float32"
    assert np.array_equal(again.sample(900), synthesizer.sample(900), equal_nan=True)


def test_a_certificate_knows_rows_in_single_precision():
    x = np.round(numbers(), 1)
    synthesizer = MixupSynthesizer("rotation", "random", "raw", grid="source", dtype="float32", random_state=2).fit(x)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        synthesizer.certificate(synthesizer.sample(700))
    with pytest.warns(SynthmixWarning, match="not made of those rows"):
        synthesizer.certificate(synthesizer.sample(700) * np.float32(1.001))


def test_numbers_that_single_precision_cannot_hold_are_refused():
    x = numbers()
    x[5, 2] = 1e38
    with pytest.raises(InputError, match=r"'x2' holds 1e\+38 in row 5"):
        MixupSynthesizer("rotation", "random", "raw", dtype="float32").fit(x)
    MixupSynthesizer("rotation", "random", "raw").fit(x)


def test_a_masked_array_is_refused():
    synthesizer = MixupSynthesizer("uniform", "random", "raw", random_state=1).fit(numbers())
    with pytest.raises(OptionError, match=r"numpy\.empty"):
        synthesizer.sample(20, out=np.ma.zeros((20, 7)))


def test_single_precision_of_a_frame_comes_back_in_its_columns():
    frame = pd.DataFrame(numbers(), columns=list("abcdefg"))
    synthetic = MixupSynthesizer("rotation", "random", "raw", dtype="float32", random_state=2).fit(frame).sample(50)
    assert (synthetic.dtypes == np.float64).all()
    assert np.array_equal(synthetic.to_numpy(), synthetic.to_numpy().astype(np.float32).astype(np.float64))


def test_single_precision_is_for_raw_numbers():
    with pytest.raises(OptionError, match="encoding='raw'"):
        MixupSynthesizer(dtype="float32").fit(numbers())
    with pytest.raises(OptionError, match="float64"):
        MixupSynthesizer(dtype="float16", encoding="raw").fit(numbers())


def test_missing_values_of_an_array_go_where_their_donor_has_them():
    x = numbers()
    x[::5, 2] = np.nan
    synthesizer = MixupSynthesizer("rotation", "random", "raw", random_state=2).fit(x)
    out = np.zeros((700, 7))
    synthetic = synthesizer.sample(700, out=out)
    assert np.isnan(synthetic[:, 2]).sum() == np.isnan(x[:, 2]).sum()
    assert not np.isnan(np.delete(synthetic, 2, axis=1)).any()
