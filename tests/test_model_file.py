"""A model file gives back the same synthesizer, executes nothing, and damage is told."""

import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from synthmix import FileError, MixupSynthesizer, ModelFileError, load
from synthmix.pairing import Nearest, WithinClass
from synthmix.weights import Custom, EpBeta, Hybrid

KEY = {"id": "key"}


def table(n=80):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=n).round(2),
            "i": pd.array(rng.integers(0, 9, n), "Int64"),
            "c": pd.Categorical(rng.choice(["a", "b"], n), ["a", "b", "unused"], ordered=True),
            "b": rng.random(n) < 0.4,
            "t": pd.Timestamp("2024-01-01", tz="Europe/Paris") + pd.to_timedelta(rng.integers(0, 99, n), unit="h"),
            "s": rng.choice(["red", "blue", None], n),
            "id": [f"k{i:04d}" for i in range(n)],
            "one": 1.5,
        }
    )
    frame.loc[3:9, "i"] = pd.NA
    return frame


@pytest.mark.parametrize("encoding", ["raw", "normal"])
@pytest.mark.parametrize(
    ("weights", "pairing"),
    [
        ("rotation", "nearest"),
        (EpBeta(delta=0.02), WithinClass("c", Nearest(leaf=9))),
        (Hybrid(kurtosis=2.0), "cyclic"),
        (Custom(weights=np.array([[0.5, 0.5], [1.1, -0.1]])), "random"),
    ],
    ids=repr,
)
def test_the_same_rows_come_back(tmp_path, weights, pairing, encoding):
    first = MixupSynthesizer(weights, pairing, encoding, columns=KEY, random_state=5).fit(table(), target="c")
    first.save(tmp_path / "m.synthmix")
    second = load(tmp_path / "m.synthmix")
    sample = first.sample(200)
    assert_frame_equal(second.sample(200), sample, check_exact=True)
    assert str(second.certificate(sample)) == str(first.certificate(sample))
    assert second.seed_ == first.seed_
    second.save(tmp_path / "again.synthmix")
    assert (tmp_path / "again.synthmix").read_bytes() == (tmp_path / "m.synthmix").read_bytes()


def test_the_file_is_plain_data(tmp_path):
    MixupSynthesizer(columns=KEY, random_state=5).fit(table()).save(tmp_path / "m")
    with zipfile.ZipFile(tmp_path / "m") as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert manifest["format"] == "synthmix-model"
        assert manifest["schema_version"] == 2
        for name in manifest["arrays"]:
            with archive.open(f"arrays/{name}.npy") as stream:
                np.lib.format.read_array(stream, allow_pickle=False)


def rewrite(path, change):
    """Rewrite a model file with `change` applied to its {name: bytes}."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    change(content)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)


def edit_manifest(**changes):
    def change(content):
        manifest = json.loads(content["manifest.json"])
        manifest.update(changes)
        content["manifest.json"] = json.dumps(manifest).encode()

    return change


def flip(content):
    data = bytearray(content["arrays/latent.npy"])
    data[-1] ^= 1
    content["arrays/latent.npy"] = bytes(data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (flip, "array 'latent'.*damaged"),
        (lambda content: content.pop("arrays/codes.npy"), "array 'codes'.*missing or damaged"),
        (lambda content: content.pop("manifest.json"), "no readable synthmix manifest"),
        (edit_manifest(format="other"), "format 'other'"),
        (edit_manifest(schema_version=99), "schema version 99"),
        (edit_manifest(meta={}), "was changed after it was written"),
    ],
)
def test_damage_and_foreign_files_are_told(tmp_path, change, message):
    path = tmp_path / "m"
    MixupSynthesizer(columns=KEY, random_state=5).fit(table()).save(path)
    load(path)
    rewrite(path, change)
    with pytest.raises(ModelFileError, match=message):
        load(path)


def test_truncated_missing_and_foreign_files(tmp_path):
    path = tmp_path / "m"
    MixupSynthesizer(columns=KEY, random_state=5).fit(table()).save(path)
    data = path.read_bytes()
    for part in (data[: len(data) // 2], b"", b"a,b\n1,2\n"):
        path.write_bytes(part)
        with pytest.raises(ModelFileError, match="not a synthmix model file or is truncated"):
            load(path)
    with pytest.raises(FileError, match="cannot read the model file"):
        load(tmp_path / "absent")


def test_save_into_a_missing_folder(tmp_path):
    with pytest.raises(FileError, match="nowhere"):
        MixupSynthesizer(columns=KEY, random_state=5).fit(table()).save(tmp_path / "nowhere" / "m")
