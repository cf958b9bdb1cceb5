"""How results show themselves in a line: sizes instead of arrays and tables."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any

_FEW = 4  # numbers or words that are shown; of more only how many there are
_LETTERS = 60


class ShortRepr:
    """Gives a dataclass (with ``repr=False``) a repr of one line, whatever it holds."""

    def __repr__(self) -> str:
        shown = ", ".join(f"{one.name}={short(getattr(self, one.name))}" for one in fields(self) if one.repr)  # type: ignore[arg-type]
        return f"{type(self).__name__}({shown})"


def short(value: Any) -> str:
    """Return a value in a few letters: numbers to four digits, arrays and tables by their shape."""
    if hasattr(value, "shape") and len(value.shape):
        few = len(value.shape) == 1 and value.shape[0] <= _FEW
        return f"[{', '.join(map(short, value.tolist()))}]" if few else f"<{' x '.join(map(str, value.shape))}>"
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()  # a numpy scalar
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, tuple | list | dict) and len(value) > _FEW:
        return f"<{len(value)}>"
    if isinstance(value, tuple | list):
        return f"({', '.join(map(short, value))})"
    text = " ".join(repr(value).split())
    if len(text) <= _LETTERS:
        return text
    return f"<{type(value).__name__}>" if is_dataclass(value) else f"{text[: _LETTERS - 3]}..."


def short_json(value: Any, letters: int = _LETTERS) -> str:
    """Return a plain value as JSON text of at most so many letters."""
    text = json.dumps(value)
    return text if len(text) <= letters else f"{text[: letters - 3]}..."
