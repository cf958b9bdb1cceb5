"""Synthesis on a cluster by Dask; needs the extra: ``pip install 'synthmix[dask]'``."""

from __future__ import annotations

try:
    from synthmix.scale.dask import fit, rotate, sample, to_parquet
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        f"synthmix.dask needs Dask, of which {_error.name} is not installed; pip install 'synthmix[dask]'",
        name=_error.name,
    ) from _error

__all__ = ["fit", "rotate", "sample", "to_parquet"]
