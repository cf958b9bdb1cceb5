"""The folder of a study: a manifest, and for every chain its numbers, in files that appear whole or not at all."""

from __future__ import annotations

from synthmix.collapse.store.manifest import MANIFEST, read_manifest
from synthmix.collapse.store.store import Store

__all__ = ["MANIFEST", "Store", "read_manifest"]
