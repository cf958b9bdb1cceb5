"""Decoding is a function of the row: any slice, any number of threads, the same cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthmix.errors import InputError
from synthmix.table import encode_table

# The tables here have keys that nobody declared; that they are told is tested in test_keys_and_constants.py.
pytestmark = pytest.mark.filterwarnings("ignore:column .* looks like a key:synthmix.errors.SynthmixWarning")

CASES = [
    ("raw", "donor", "full"),
    ("raw", "donor", "source"),
    ("normal", "donor", "source"),
    ("normal", "scores", "full"),
]


def mixed_rows(encoded, m, seed=1):
    """Return rows between two source rows, with gaps and codes of the first."""
    rng = np.random.default_rng(seed)
    first, second = rng.integers(0, encoded.n_rows, (2, m))
    latent = np.nan_to_num(0.7 * encoded.latent[first] + 0.3 * encoded.latent[second])
    return latent, np.isnan(encoded.latent[first]), encoded.codes[first]


@pytest.mark.parametrize(("encoding", "discrete", "grid"), CASES)
def test_a_slice_is_the_slice_of_the_whole(mixed, encoding, discrete, grid):
    encoded = encode_table(mixed, encoding=encoding, discrete=discrete, grid=grid, seed=1)
    encoder = encoded.encoder
    latent, missing, codes = mixed_rows(encoded, 500)
    whole = encoder.decode(latent, missing, codes, start=7, seed=2)
    numbers = encoder.decode_values(latent, missing, start=7, seed=2)
    for a, b in [(0, 1), (1, 8), (8, 8), (8, 300), (300, 500)]:
        for threads in (1, 2):
            rows = (latent[a:b], missing[a:b], codes[a:b])
            part = encoder.decode(*rows, start=7 + a, seed=2, threads=threads)
            pd.testing.assert_frame_equal(part, whole.iloc[a:b].reset_index(drop=True), check_exact=True)
        part_numbers = encoder.decode_values(latent[a:b], missing[a:b], start=7 + a, seed=2)
        assert np.array_equal(part_numbers, numbers[a:b], equal_nan=True)
    # Negative control: a wrong start gives other keys, and other roundings where there are any.
    other = encoder.decode(latent[8:300], missing[8:300], codes[8:300], start=0, seed=2)
    with pytest.raises(AssertionError):
        pd.testing.assert_frame_equal(other, whole.iloc[8:300].reset_index(drop=True), check_exact=True)


@pytest.mark.parametrize(("encoding", "discrete", "grid"), CASES)
def test_the_numbers_are_those_of_the_table(mixed, encoding, discrete, grid):
    encoded = encode_table(mixed, encoding=encoding, discrete=discrete, grid=grid, seed=1)
    latent, missing, codes = mixed_rows(encoded, 400)
    table = encoded.encoder.decode(latent, missing, codes, start=0, seed=2)
    values, read_codes = encoded.encoder.table_to_values(table)
    numbers = encoded.encoder.decode_values(latent, missing, start=0, seed=2)
    np.testing.assert_allclose(values, numbers, rtol=1e-12, atol=1e-12)
    assert np.array_equal(np.isnan(values), missing)
    assert np.array_equal(read_codes, codes)
    assert not np.allclose(values, encoded.encoder.decode_values(latent[::-1], missing[::-1], start=0, seed=2))


def test_gaps_follow_the_flags(mixed):
    encoded = encode_table(mixed, encoding="normal")
    latent, missing, codes = mixed_rows(encoded, 300)
    table = encoded.encoder.decode(latent, missing, codes, start=0, seed=2)
    for j, name in enumerate(encoded.encoder.latent_names):
        assert np.array_equal(table[name].isna(), missing[:, j])
    for j, (name, size) in enumerate(zip(encoded.encoder.code_names, encoded.encoder.n_levels, strict=True)):
        gap = codes[:, j] == size - 1 if None in encoded.encoder.levels(name) else np.zeros(300, bool)
        assert np.array_equal(table[name].isna(), gap)


def test_arrays_of_wrong_shape_or_content_are_refused(mixed):
    encoded = encode_table(mixed, encoding="normal")
    encoder, missing = encoded.encoder, np.isnan(encoded.latent)

    def decode(latent=encoded.latent, flags=missing, codes=encoded.codes):
        return encoder.decode(latent, flags, codes, start=0, seed=1)

    decode()
    with pytest.raises(InputError, match="must both have shape"):
        decode(latent=encoded.latent[:, 1:])
    with pytest.raises(InputError, match="codes has shape"):
        decode(codes=encoded.codes[:, 1:])
    with pytest.raises(InputError, match="'bool' reach beyond its 2 levels"):
        decode(codes=encoded.codes + 1)
    with pytest.raises(InputError, match="'real' is missing in row 0, but the source has no missing"):
        decode(flags=np.ones_like(missing))
    nan = encoded.latent.copy()
    nan[3, encoder.latent_names.index("decimals")] = np.nan
    with pytest.raises(InputError, match="'decimals' is missing in row 3"):
        decode(latent=nan)


def test_tables_without_numbers_or_without_levels():
    words = pd.DataFrame({"x": ["a", "b", "a"], "k": [1, 1, 1]})
    encoded = encode_table(words)
    assert encoded.latent.shape == (3, 0)
    back = encoded.encoder.decode(np.empty((2, 0)), np.empty((2, 0), bool), encoded.codes[1:], start=0, seed=0)
    assert back.to_dict("list") == {"x": ["b", "a"], "k": [1, 1]}
    numbers = encode_table(np.arange(6.0).reshape(3, 2))
    assert numbers.codes.shape == (3, 0)
    empty = numbers.encoder.decode(
        np.empty((0, 2)), np.empty((0, 2), bool), np.empty((0, 0), np.int32), start=0, seed=0
    )
    assert empty.shape == (0, 2)


def test_encoded_arrays_are_ready_for_kernels(mixed):
    encoded = encode_table(mixed, encoding="normal")
    assert encoded.latent.dtype == np.float64
    assert encoded.latent.flags.c_contiguous
    assert encoded.codes.dtype == np.int32
    assert encoded.codes.flags.c_contiguous
    assert encoded.n_rows == len(mixed) == len(encoded.latent) == len(encoded.codes)
