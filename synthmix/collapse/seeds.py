"""Seeds of a study: pure functions of what they are for, so that neither order nor workers matter."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical(value: Any) -> str:
    """Return `value` as JSON text that equal values share."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def sha256_of(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON text of `value`, in hexadecimal."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def seed_of(*what: Any) -> int:
    """Return the 64-bit seed for a purpose, given as JSON-able words and numbers."""
    return int.from_bytes(hashlib.sha256(canonical(list(what)).encode()).digest()[:8], "little")
