"""Synthesis on a cluster by Dask; needs the extra: ``pip install 'synthmix[dask]'``."""

from __future__ import annotations

from synthmix.scale.dask import fit, rotate, sample, to_parquet

__all__ = ["fit", "rotate", "sample", "to_parquet"]
