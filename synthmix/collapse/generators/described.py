"""What identifies an object that somebody else wrote, as JSON-able data."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np


def described(value: Any) -> Any:
    """Return `value` as JSON-able data: plain values as they are, arrays and functions by a hash of what they hold.

    An object is its class and its public attributes. What cannot be told apart like this (open files, compiled
    functions) is described by its class alone.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return {"array": hashlib.sha256(value.tobytes()).hexdigest(), "shape": list(value.shape)}
    if isinstance(value, Mapping):
        return {str(key): described(item) for key, item in sorted(value.items(), key=lambda pair: str(pair[0]))}
    if isinstance(value, list | tuple):
        return [described(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((described(item) for item in value), key=repr)
    if isinstance(value, type):
        return f"{value.__module__}.{value.__qualname__}"
    if inspect.isroutine(value):
        return {"function": f"{value.__module__}.{value.__qualname__}", "code": _code_of(value)}
    return {"object": described(type(value)), "holds": _attributes(value)}


def _attributes(value: Any) -> Any:
    attributes = getattr(value, "__dict__", {})
    plain = {}
    for name, item in sorted(attributes.items()):
        if not name.startswith("_") and isinstance(
            item, bool | int | float | str | np.ndarray | np.generic | list | tuple | None
        ):
            plain[name] = described(item)
    return plain


def _code_of(function: Any) -> str | None:
    """Return a hash of a function's source, so that a store notices when it is edited."""
    try:
        text = inspect.getsource(function)
    except (OSError, TypeError):
        return None
    return hashlib.sha256(text.encode()).hexdigest()
