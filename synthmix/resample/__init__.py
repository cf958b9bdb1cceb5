"""More rows of rare classes, made by mixing rows of the same class; it fits into pipelines of imbalanced-learn."""

from __future__ import annotations

from synthmix.resample.resampler import MixupResampler

__all__ = ["MixupResampler"]
