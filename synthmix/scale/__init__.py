"""Tables beyond memory: rows to files in bounded memory, from sources that fit and from sources that do not."""

from __future__ import annotations

from synthmix.scale.run import Streamed, stream

__all__ = ["Streamed", "stream"]
