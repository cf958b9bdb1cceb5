"""Codecs as JSON-able facts and arrays, and back."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from numpy.typing import NDArray

from synthmix.errors import ModelFileError
from synthmix.model_file import told_as_damage
from synthmix.table.cells import Layout
from synthmix.table.codec import Arrays, Codec
from synthmix.table.constant import ConstantCodec
from synthmix.table.continuous import ContinuousCodec
from synthmix.table.discrete import DiscreteCodec
from synthmix.table.frames import native_labels
from synthmix.table.key import KeyCodec


def codecs_to_state(codecs: Sequence[Codec]) -> tuple[list[dict[str, Any]], Arrays]:
    """Return the state of each codec; array names carry the column's place."""
    states: list[dict[str, Any]] = []
    arrays: Arrays = {}
    for place, codec in enumerate(codecs):
        state, own = codec.to_state()
        states.append(state)
        arrays |= {f"column{place}.{name}": array for name, array in own.items()}
    return states, arrays


def codec_from_state(states: Sequence[dict[str, Any]], arrays: Arrays, frame: Layout) -> list[Codec]:
    """Return the codecs of :func:`codecs_to_state` for a table of layout `frame`."""
    return [_one(state, own_arrays(arrays, f"column{place}."), frame) for place, state in enumerate(states)]


def guarded() -> AbstractContextManager[None]:
    """Turn whatever a damaged state causes into a ModelFileError."""
    what = "the table part of the model is damaged or of another version"
    return told_as_damage(what, "fit and save the model again")


def own_arrays(arrays: Arrays, prefix: str) -> dict[str, NDArray[Any]]:
    """Return the arrays whose names begin with `prefix`, without it."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _one(state: dict[str, Any], arrays: Arrays, frame: Layout) -> Codec:
    kind = state["codec"]
    if kind == "continuous":
        return ContinuousCodec.from_state(state, arrays)
    if kind == "key":
        return KeyCodec.from_state(state, arrays)
    native = native_labels(state["layout"], frame) if state["levels"]["form"] == "native" else ()
    if kind == "discrete":
        return DiscreteCodec.from_state(state, arrays, native)
    if kind == "constant":
        return ConstantCodec.from_state(state, arrays, native)
    raise ModelFileError(f"the model holds a column of the unknown kind {kind!r}; it was saved by a newer synthmix")
