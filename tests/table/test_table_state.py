"""The encoder as JSON and arrays: complete, safe, and refused when damaged."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from synthmix.errors import ModelFileError
from synthmix.table import TableEncoder, encode_table
from synthmix.table.levels import pack_texts, unpack_texts

# The tables here have keys that nobody declared; that they are told is tested in test_keys_and_constants.py.
pytestmark = pytest.mark.filterwarnings("ignore:column .* looks like a key:synthmix.errors.SynthmixWarning")


@pytest.mark.parametrize(("encoding", "discrete"), [("raw", "donor"), ("normal", "donor"), ("normal", "scores")])
def test_everything_about_the_encoder_survives(mixed, reloaded, encoding, discrete):
    encoded = encode_table(mixed, encoding=encoding, discrete=discrete, seed=2)
    before, after = encoded.encoder, reloaded(encoded.encoder)
    names = ("columns", "latent_names", "code_names", "n_levels", "feature_names", "n_features_in", "encoding", "grid")
    for name in names:
        assert getattr(after, name) == getattr(before, name)
    for name in before.feature_names:
        assert after.levels(name) == before.levels(name)
    latent = np.nan_to_num(encoded.latent) * 0.8
    missing = np.isnan(encoded.latent)
    for encoder in (before, after):
        table = encoder.decode(latent, missing, encoded.codes, start=3, seed=4)
        pd.testing.assert_frame_equal(table, before.decode(latent, missing, encoded.codes, start=3, seed=4))
    for found, wanted in zip(after.table_to_values(table), before.table_to_values(table), strict=True):
        np.testing.assert_array_equal(found, wanted)
    assert json.dumps(after.to_state()[0]) == json.dumps(before.to_state()[0])


def test_texts_of_every_kind_survive():
    import pyarrow as pa

    texts = pa.array(["", "\0", "é", "a" * 1000, "日本", "x\ny"], pa.large_string())
    for part in (texts, texts.slice(2, 3), texts.slice(6)):
        assert unpack_texts(pack_texts(part)).to_pylist() == part.to_pylist()


def damage_column(meta, arrays):
    meta["columns"][0].pop("layout")


def damage_kind(meta, arrays):
    meta["columns"][0]["codec"] = "os.system"


def damage_frame(meta, arrays):
    meta["layout"]["frame"] = "unheard of"


def damage_arrays(meta, arrays):
    arrays.clear()


def damage_texts(meta, arrays):
    name = next(name for name in arrays if name.endswith("text_ends"))
    arrays[name] = arrays[name] + 10**6


@pytest.mark.parametrize("damage", [damage_column, damage_kind, damage_frame, damage_arrays, damage_texts])
def test_a_damaged_state_is_refused(mixed, damage):
    meta, arrays = encode_table(mixed, encoding="normal", discrete="scores").encoder.to_state()
    meta = json.loads(json.dumps(meta))
    TableEncoder.from_state(meta, arrays)
    damage(meta, arrays)
    with pytest.raises(ModelFileError, match=r"fit and save the model again|saved by a newer synthmix"):
        TableEncoder.from_state(meta, arrays)
