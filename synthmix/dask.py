"""Synthesis on a cluster by Dask; needs the extra: ``pip install 'synthmix[dask]'``."""

from __future__ import annotations

try:
    from synthmix.scale.dask import fit, rotate, sample, to_parquet
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        f"synthmix.dask needs Dask, of which {error.name} is not installed; pip install 'synthmix[dask]'",
        name=error.name,
    ) from error

__all__ = ["fit", "rotate", "sample", "to_parquet"]
