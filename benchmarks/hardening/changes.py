"""Changed bytes and changed descriptions: what damage and malice do to files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

Rng = np.random.Generator
Path = tuple[Any, ...]

_WORDS = (0, 1, 0x7F, 0x80, 0xFF, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1)
_TOKENS = (b'"', b'""', b"\n", b"\r", b"\0", b",", b";", b"\xff", b"\xef\xbb\xbf", b"1e999", b"-inf", b"NaN",
           b"9" * 400, b"9999-99-99", b"0001-01-01T00:00:00", b"True", b"\xe2\x80\xa8", b'",\n"', b"PK\x03\x04",
           b"{" * 2000)  # fmt: skip
HOSTILE: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 7, 2**31, 2**63, 2**64, -(2**70), 10**400, 0.5, 1e308),
    *("", "x", "../../etc/passwd", "inf", "0x1p2000", "\0", "é" * 300),
    *("object", "O", "|O8", "float64", "datetime64[ns]", "normal", "raw", "category", "numpy", "polars", "os"),
    *([], [[]], {}, {"x": 1}, [None], ["a", "a"]),
)


def changed_bytes(data: bytes, rng: Rng) -> bytes:
    """Return bytes after one to four changes of the kinds that disks, cables, editors and attackers make."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        _one_change(changed, rng)
    return bytes(changed)


def _one_change(data: bytearray, rng: Rng) -> None:
    n = len(data)
    a, b = sorted(int(x) for x in rng.integers(0, n + 1, 2))
    b = min(b, a + int(rng.integers(1, 65)))
    kind = int(rng.integers(0, 9))
    if n == 0 or kind == 0:
        data[a:a] = rng.bytes(int(rng.integers(1, 65)))
    elif kind == 1:
        data[min(a, n - 1)] ^= 1 << int(rng.integers(0, 8))
    elif kind == 2:
        data[min(a, n - 1)] = int(rng.integers(0, 256))
    elif kind == 3:
        del data[a:]
    elif kind == 4:
        del data[a:b]
    elif kind == 5:
        data[b:b] = data[a:b]
    elif kind == 6:
        size = int(rng.choice([4, 8]))
        word = _WORDS[int(rng.integers(0, len(_WORDS)))] % 2 ** (8 * size)
        data[a : a + size] = word.to_bytes(size, "little")
    elif kind == 7:
        data[a:a] = _TOKENS[int(rng.integers(0, len(_TOKENS)))]
    else:
        data[a:b] = bytes(reversed(data[a:b]))


def changed_json(value: Any, rng: Rng) -> Any:
    """Return a description in which one to three facts are something else, or gone, or those of another place."""
    changed = json.loads(json.dumps(value))
    for _ in range(int(rng.integers(1, 4))):
        paths = [path for path in _paths(changed) if path]
        if not paths:
            return changed
        path, other = (paths[int(i)] for i in rng.integers(0, len(paths), 2))
        holder = _at(changed, path[:-1])
        kind = int(rng.integers(0, 6))
        if kind == 0:
            del holder[path[-1]]
        elif kind == 1:
            holder[path[-1]] = json.loads(json.dumps(_at(changed, other)))
        else:
            holder[path[-1]] = HOSTILE[int(rng.integers(0, len(HOSTILE)))]
    return changed


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    yield path
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _paths(item, (*path, key))


def _at(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


def changed_arrays(arrays: dict[str, np.ndarray], rng: Rng) -> dict[str, np.ndarray]:
    """Return arrays of which one is lost, has another dtype, shape or length, or numbers that it never had."""
    changed = dict(arrays)
    name, other = (sorted(arrays)[int(i)] for i in rng.integers(0, len(arrays), 2))
    array = np.array(arrays[name])
    kind = int(rng.integers(0, 7))
    if kind == 0:
        del changed[name]
        return changed
    if kind == 1:
        array = arrays[other]
    elif kind == 2:
        with np.errstate(all="ignore"):
            array = array.astype(rng.choice(["<f4", "<i8", "|u1", "|b1", "<f8", ">f8"]))
    elif kind == 3:
        array = array.reshape(-1)[: int(rng.integers(0, array.size + 1))]
    elif kind == 4:
        array = array[..., np.newaxis]
    elif array.size and array.dtype.kind in "iuf":
        if array.dtype.kind == "f":
            extremes: list[Any] = [0, 1, -1, 2**31 - 1, -(2**31), 1e300, -1e300, np.nan, np.inf]
        else:
            extremes = [0, 1, np.iinfo(array.dtype).max, np.iinfo(array.dtype).min]
        places = rng.integers(0, array.size, int(rng.integers(1, 4)))
        array.reshape(-1)[places] = extremes[int(rng.integers(0, len(extremes)))]
    else:
        array = np.concatenate([array.reshape(-1), array.reshape(-1)])
    changed[name] = array
    return changed
