"""Model files that were made to do harm: nothing runs, nothing is allocated on a promise, nothing is read beyond."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from benchmarks.hardening.files import small_table
from synthmix import MixupSynthesizer, ModelFileError, load
from synthmix.drift import Reference
from synthmix.drift.saved import FORMAT
from synthmix.model_file import read_model, write_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A file of a chained model with a key, and one of a raw rotation."""
    folder = tmp_path_factory.mktemp("models")
    table = small_table(24)
    table["id"] = [f"k{i}" for i in range(len(table))]
    MixupSynthesizer(random_state=1, columns={"id": "key"}).fit(table).save(folder / "chained")
    scores = MixupSynthesizer("epbeta", "random", discrete="scores", random_state=1, columns={"id": "key"})
    scores.fit(table).save(folder / "scores")
    return folder


def by_hand(path, members, *, compression=zipfile.ZIP_STORED):
    """Write an archive whose manifest has right hashes for whatever bytes stand for arrays."""
    arrays = {name: {"sha256": hashlib.sha256(data).hexdigest()} for name, data in members.items()}
    body = {"format": "synthmix-model", "schema_version": 2, "arrays": arrays, "meta": {}}
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("manifest.json", json.dumps({**body, "sha256": digest}))
        for name, data in members.items():
            archive.writestr(f"arrays/{name}.npy", data)


def npy(shape, dtype, data=b""):
    stream = io.BytesIO()
    described = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, described)
    return stream.getvalue() + data


class Bomb:
    """What would write a file if it were unpickled."""

    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return os.mkdir, (str(self.place),)


def test_pickled_objects_are_not_unpickled(tmp_path):
    place = tmp_path / "executed"
    pickled = pickle.dumps(np.array([Bomb(place)], dtype=object))
    for header in (npy((1,), "|O"), npy((), "|O"), b"\x93NUMPY\x02\x00" + npy((1,), "|O")[8:], b""):
        by_hand(tmp_path / "m", {"latent": header + pickled})
        with pytest.raises(ModelFileError, match=r"array 'latent'.*is damaged"):
            load(tmp_path / "m")
    assert not place.exists()
    pickle.loads(pickled)
    assert place.exists()  # the control: unpickling would have made it


@pytest.mark.parametrize(
    "data",
    [
        npy((10**15,), "<f8"),
        npy((2**40, 2**40), "<f8"),
        npy((-1,), "<f8"),
        npy((3,), "<f8", b"\0" * 23),
        npy((3,), "<f8", b"\0" * 25),
        npy((1,), "<U100000000"),
        npy((2,), [("a", "<f8")], b"\0" * 16),
        b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535,
        b"\x93NUMPY\x01\x00",
    ],
    ids=["large", "overflow", "negative", "short", "long", "text", "record", "nested", "cut"],
)
def test_an_array_is_the_bytes_that_are_there(tmp_path, data):
    by_hand(tmp_path / "m", {"latent": data})
    with pytest.raises(ModelFileError, match=r"array 'latent'.*is damaged"):
        load(tmp_path / "m")


def test_compressed_and_doubled_members_are_refused(tmp_path):
    bomb = npy((2**24,), "|u1", bytes(2**24))
    by_hand(tmp_path / "m", {"latent": bomb}, compression=zipfile.ZIP_DEFLATED)
    assert (tmp_path / "m").stat().st_size < 2**16
    with pytest.raises(ModelFileError, match="its parts are compressed"):
        load(tmp_path / "m")
    data = npy((2000,), "|u1", bytes(2000))
    by_hand(tmp_path / "m", {"a": data, "b": data})
    with zipfile.ZipFile(tmp_path / "m") as archive:
        first, second = (archive.getinfo(f"arrays/{name}.npy").header_offset for name in "ab")
    whole = (tmp_path / "m").read_bytes()
    told = whole[:second] + whole[second:].replace(second.to_bytes(4, "little"), first.to_bytes(4, "little"))
    shorter = told[:second] + told[told.index(b"PK\x01\x02") :]  # the second one is no longer there
    end = shorter.rindex(b"PK\x05\x06")
    place = shorter.index(b"PK\x01\x02").to_bytes(4, "little")
    (tmp_path / "m").write_bytes(shorter[: end + 16] + place + shorter[end + 20 :])
    with pytest.raises(ModelFileError, match="says that it holds"):
        load(tmp_path / "m")


def test_encrypted_members_are_refused(tmp_path):
    by_hand(tmp_path / "m", {"latent": npy((2,), "<f8", bytes(16))})
    data = bytearray((tmp_path / "m").read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + flags] |= 1
            at = data.find(mark, at + 4)
    (tmp_path / "m").write_bytes(data)
    with pytest.raises(ModelFileError, match=r"no readable synthmix manifest.*encrypted"):
        load(tmp_path / "m")


@pytest.mark.parametrize("manifest", ["[" * 100_000, "[]", '{"sha256": 1}', "1" * 5000, "nul", '{"a": NaN}'])
def test_manifests_that_are_none(tmp_path, manifest):
    with zipfile.ZipFile(tmp_path / "m", "w") as archive:
        archive.writestr("manifest.json", manifest)
    with pytest.raises(ModelFileError, match=r"manifest|format None"):
        load(tmp_path / "m")


def test_names_that_lead_elsewhere_are_names_of_members_only(tmp_path):
    by_hand(tmp_path / "m", {"../../../../outside": npy((2,), "<f8", bytes(16))})
    with pytest.raises(ModelFileError, match="describes no synthesizer"):
        load(tmp_path / "m")
    assert not (tmp_path.parent / "outside.npy").exists()


def level_out_of_reach(meta, arrays):
    arrays["codes"][3, 0] = 10**6


def negative_level(meta, arrays):
    arrays["codes"][0, 0] = -5


def class_out_of_reach(meta, arrays):
    arrays["labels"][0] = 10**9


def fewer_rows(meta, arrays):
    arrays["codes"] = arrays["codes"][:5]


def infinite(meta, arrays):
    arrays["latent"][0, 0] = np.inf


def disordered(meta, arrays):
    name = next(name for name in arrays if name.endswith(".quantiles"))
    arrays[name] = arrays[name][::-1].copy()


def fewer_quantiles(meta, arrays):
    name = next(name for name in arrays if name.endswith(".quantiles"))
    arrays[name] = arrays[name][:3]


def lane_out_of_reach(meta, arrays):
    next(column for column in meta["encoder"]["columns"] if column.get("lane") == "latent")["index"] = 99


def two_columns_in_a_lane(meta, arrays):
    first, second = [c for c in meta["encoder"]["columns"] if c.get("lane") == "latent"][:2]
    second["index"] = first["index"]


def unknown_donor(meta, arrays):
    meta["state"]["donor"] = "../../etc/passwd"


def unknown_frame(meta, arrays):
    meta["encoder"]["layout"]["frame"] = "os"


def long_counts(meta, arrays):
    meta["encoder"]["columns"][0]["info"]["n_distinct"] = "many"


def a_seed_that_is_none(meta, arrays):
    meta["state"]["seed"] = -1


def no_columns(meta, arrays):
    meta["encoder"]["columns"] = []


CHANGES = [
    *(level_out_of_reach, negative_level, class_out_of_reach, fewer_rows, infinite, disordered, fewer_quantiles),
    *(lane_out_of_reach, two_columns_in_a_lane, unknown_donor, unknown_frame, long_counts, a_seed_that_is_none),
    no_columns,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_does_not_fit_is_refused_though_every_hash_is_right(model, tmp_path, change):
    meta, arrays = read_model(model / "chained")
    arrays = {name: array.copy() for name, array in arrays.items()}
    write_model(tmp_path / "m", meta, arrays)
    load(tmp_path / "m")  # the control
    change(meta, arrays)
    write_model(tmp_path / "m", meta, arrays)
    with pytest.raises(ModelFileError):
        load(tmp_path / "m")


@pytest.mark.parametrize(("name", "value"), [("order", 99), ("order", -1), ("ends", 2**40), ("ends", -1)])
def test_scores_of_levels_that_are_not_there_are_refused(model, tmp_path, name, value):
    meta, arrays = read_model(model / "scores")
    changed = next(key for key in sorted(arrays) if key.endswith(f".{name}"))
    arrays[changed] = arrays[changed].copy()
    arrays[changed][-1] = value
    write_model(tmp_path / "m", meta, arrays)
    with pytest.raises(ModelFileError):
        load(tmp_path / "m")


def test_a_reference_with_levels_beyond_its_labels_is_refused(tmp_path):
    Reference.of(small_table(60)).save(tmp_path / "r")
    meta, arrays = read_model(tmp_path / "r", kind=FORMAT)
    name = next(f"column_{j}" for j, column in enumerate(meta["columns"]) if column["kind"] == "discrete")
    arrays[name] = arrays[name] + 1000
    write_model(tmp_path / "r", meta, arrays, kind=FORMAT)
    with pytest.raises(ModelFileError, match="is damaged"):
        Reference.load(tmp_path / "r")
    write_model(tmp_path / "r", {"columns": [{}]}, arrays, kind=FORMAT)
    with pytest.raises(ModelFileError, match="describes no reference"):
        Reference.load(tmp_path / "r")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is bounded by a limit that Linux has")
def test_a_promise_of_much_takes_no_memory(tmp_path):
    by_hand(tmp_path / "huge", {"latent": npy((2**28,), "<f8")})
    by_hand(tmp_path / "bomb", {"latent": npy((2**28,), "|u1", bytes(2**28))}, compression=zipfile.ZIP_DEFLATED)
    code = (
        "import resource, sys; import synthmix; from synthmix import load, ModelFileError\n"
        "now = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (now + 2**27,) * 2)\n"
        "for path in sys.argv[1:]:\n"
        "    try: load(path)\n"
        "    except ModelFileError as error: print('refused')\n"
        "try: bytearray(2**28)\n"
        "except MemoryError: print('bounded')\n"
    )
    paths = [str(tmp_path / "huge"), str(tmp_path / "bomb")]
    done = subprocess.run([sys.executable, "-c", code, *paths], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["refused", "refused", "bounded"], done.stderr
