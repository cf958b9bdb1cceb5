"""Model files: a zip of plain arrays and one JSON manifest. Loading executes nothing.

The manifest names the format, the schema version, the parameters and, for every array, its dtype, shape and
SHA-256. A model file holds the real rows of the table that was fitted: treat it like the table itself.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import FileError, InputError, ModelFileError
from synthmix.io.atomic import atomic_write

FORMAT = "synthmix-model"
SCHEMA_VERSION = 2
_MANIFEST = "manifest.json"
_NUMBERS = "biuf"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # a fixed time stamp, so that equal models are equal files


def write_model(path: str | Path, meta: dict[str, Any], arrays: dict[str, NDArray[Any]], *, kind: str = FORMAT) -> None:
    """Write `meta` (JSON-able) and `arrays` to `path`, whole or not at all; `kind` names the format."""
    payload: dict[str, bytes] = {}
    described: dict[str, dict[str, Any]] = {}
    for name, array in arrays.items():
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
        payload[name] = buffer.getvalue()
        described[name] = {
            "dtype": array.dtype.str,
            "shape": list(array.shape),
            "sha256": hashlib.sha256(payload[name]).hexdigest(),
        }
    body = {"format": kind, "schema_version": SCHEMA_VERSION, "arrays": described, "meta": meta}
    manifest = {**body, "sha256": _digest(body)}
    with atomic_write(path) as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(_MANIFEST, _EPOCH), json.dumps(manifest, indent=1, allow_nan=False))
        for name, data in payload.items():
            archive.writestr(zipfile.ZipInfo(f"arrays/{name}.npy", _EPOCH), data)


def read_model(path: str | Path, *, kind: str = FORMAT) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return meta and arrays of a model file of one format, every hash checked.

    Raises
    ------
    FileError
        When the file cannot be opened.
    ModelFileError
        When it is not a model file, is damaged, or has another schema version.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_more_than_the_file(path, archive)
            manifest = _read_manifest(path, archive, kind)
            arrays = {name: _read_array(path, archive, name, spec) for name, spec in manifest["arrays"].items()}
    except ModelFileError:
        raise
    except OSError as error:
        raise FileError(f"cannot read the model file {str(path)!r}: {error.strerror or error}") from error
    except _DAMAGE as error:
        raise ModelFileError(
            f"{str(path)!r} is not a synthmix model file or is truncated ({error}); give a file that save() wrote"
        ) from error
    meta: dict[str, Any] = manifest["meta"]
    return meta, arrays


# What zipfile raises for bytes that are no archive, or one of a kind that is never written: encrypted, of a version to
# come, of names that are no text.
_DAMAGE = (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error)


def _refuse_more_than_the_file(path: str | Path, archive: zipfile.ZipFile) -> None:
    """Refuse members that would take more memory than the file has bytes: packed ones, and one that is told twice."""
    members = archive.infolist()
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise ModelFileError(f"{str(path)!r} is no synthmix model file: its parts are compressed; write it with save()")
    told, room = sum(member.file_size for member in members), Path(path).stat().st_size
    if told > room:
        raise ModelFileError(
            f"{str(path)!r} says that it holds {told} bytes and is a file of {room}: it is damaged; fit and save again"
        )


@contextmanager
def told_as_damage(what: str, remedy: str) -> Iterator[None]:
    """Turn whatever the facts of a changed file cause into an error that says `what` is wrong and what to do.

    Raises
    ------
    ModelFileError
        For any error but that of a package that is not installed.
    """
    try:
        yield
    except (ModelFileError, MemoryError):
        raise
    except Exception as error:  # a changed fact may turn up anywhere, as any error
        if isinstance(error, InputError) and isinstance(error.__cause__, ModuleNotFoundError):
            raise
        raise ModelFileError(f"{what} ({type(error).__name__}: {error}); {remedy}") from error


def _digest(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _read_manifest(path: str | Path, archive: zipfile.ZipFile, kind: str) -> dict[str, Any]:
    try:
        manifest = json.loads(archive.read(_MANIFEST))
        stated = manifest.pop("sha256")
    except (KeyError, AttributeError, TypeError, RecursionError, *_DAMAGE) as error:
        raise ModelFileError(f"{str(path)!r} holds no readable synthmix manifest ({error})") from error
    if manifest.get("format") != kind:
        raise ModelFileError(f"{str(path)!r} has format {manifest.get('format')!r}, not {kind!r}")
    if manifest.get("schema_version") != SCHEMA_VERSION:
        raise ModelFileError(
            f"{str(path)!r} has schema version {manifest.get('schema_version')!r}, this synthmix reads "
            f"{SCHEMA_VERSION}; use the synthmix that wrote it, or fit and save again"
        )
    if not _is_whole(manifest, stated):
        raise ModelFileError(f"the manifest of {str(path)!r} was changed after it was written (its hash differs)")
    checked: dict[str, Any] = manifest
    return checked


def _is_whole(manifest: dict[str, Any], stated: Any) -> bool:
    """Return whether a manifest has its parts and its hash; numbers that JSON does not have are of nobody's writing."""
    try:
        same = _digest(manifest) == stated
    except ValueError:
        return False
    arrays, meta = manifest.get("arrays"), manifest.get("meta")
    described = isinstance(arrays, dict) and all(isinstance(spec, dict) for spec in arrays.values())
    return same and described and isinstance(meta, dict)


def _read_array(path: str | Path, archive: zipfile.ZipFile, name: str, spec: dict[str, Any]) -> NDArray[Any]:
    try:
        data = archive.read(f"arrays/{name}.npy")
    except (KeyError, *_DAMAGE) as error:
        raise ModelFileError(f"array {name!r} of {str(path)!r} is missing or damaged ({error})") from error
    if hashlib.sha256(data).hexdigest() != spec.get("sha256"):
        raise ModelFileError(f"array {name!r} of {str(path)!r} is damaged (its hash differs); fit and save again")
    try:
        return _array_of(data)
    except _NO_ARRAY as error:
        raise ModelFileError(f"array {name!r} of {str(path)!r} is damaged ({error}); fit and save again") from error


# What numpy raises for a header that is none; a header is read as a literal, which may be nested too deeply.
_NO_ARRAY = (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, OverflowError, EOFError)


def _array_of(data: bytes) -> NDArray[Any]:
    """Return the array of a ``.npy`` file. The bytes must be those of its shape: nothing is allocated on a promise."""
    stream = io.BytesIO(data)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("its format is not version 1.0 of npy")
    shape, by_columns, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.kind not in _NUMBERS or by_columns or min(shape, default=0) < 0:
        raise ValueError(f"an array of {dtype} in this order is never written")
    at = stream.tell()
    if math.prod(shape) * dtype.itemsize != len(data) - at:
        raise ValueError(f"{len(data) - at} bytes are not an array of shape {shape} and {dtype}")
    return np.frombuffer(data, dtype, offset=at).reshape(shape).copy()
