"""What the files of every study hold, looked at before anything follows them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

MOST_CHAINS = 10_000_000
_ADDRESS = re.compile(r"[0-9a-f]{8,128}")


def is_manifest(found: dict[str, Any]) -> bool:
    """Return whether a manifest has every part, of the right kind, and names no place outside its folder."""
    return (
        all(name in found and kind(found[name]) for name, kind in _MANIFEST.items())
        and all(name in found["study"] and kind(found["study"][name]) for name, kind in _STUDY.items())
        and all(cell in found["cells"].values() for cell in found["order"])
        and len(found["order"]) * found["study"]["data_draws"] * found["study"]["replicates"] <= MOST_CHAINS
    )


def is_ended(said: Any) -> bool:
    """Return whether this is how a chain ended."""
    if not isinstance(said, dict) or not _is_count(said.get("generations")) or not _are_texts(said.get("warned")):
        return False
    error = said.get("error", "")
    told = isinstance(error, dict) and _is_count(error.get("generation")) and isinstance(error.get("error"), str)
    return error is None or (told and isinstance(error.get("traceback"), str))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _are_words(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


def _is_cell(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 3 and _are_texts(value[:2]) and _is_count(value[2])


def _or_none(kind: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or kind(value)


def _is_a(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kinds)


_MANIFEST: dict[str, Callable[[Any], bool]] = {
    "study": _is_a(dict),
    "cells": lambda cells: (
        isinstance(cells, dict) and all(map(_ADDRESS.fullmatch, cells)) and all(map(_is_cell, cells.values()))
    ),
    "order": lambda order: isinstance(order, list) and all(map(_is_cell, order)),
    "words": _are_words,
    "starts": lambda starts: isinstance(starts, dict) and all(isinstance(one, dict) for one in starts.values()),
    "source": _or_none(_is_a(str)),
    "versions": lambda versions: _are_words(versions) and "synthmix" in versions,
}
_STUDY: dict[str, Callable[[Any], bool]] = {
    "data": lambda data: isinstance(data, dict) and _is_count(data.get("rows")) and _are_words(data.get("kinds")),
    "fresh": _or_none(_is_a(str)),
    "generators": _is_a(dict),
    "regimes": _is_a(dict),
    "n": lambda sizes: isinstance(sizes, list) and all(map(_is_count, sizes)),
    "generations": _is_count,
    "replicates": _is_count,
    "data_draws": _is_count,
    "metrics": _or_none(_are_texts),
    "monitors": _or_none(
        lambda found: isinstance(found, dict) and all(isinstance(one, float) for one in found.values())
    ),
    "keep": _is_a(str),
    "seed": _is_a(int),
    "target": _or_none(_is_a(str)),
    "schema": _are_words,
    "controls": _are_texts,
    "has_controls": _is_a(bool),
    "ruler": lambda _: True,
}
