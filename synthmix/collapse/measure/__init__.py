"""Measure every generation of a chain against the real table and the generation before."""

from synthmix.collapse.measure.measurement import METRICS, Measurement
from synthmix.collapse.measure.ruler import Ruler

__all__ = ["METRICS", "Measurement", "Ruler"]
