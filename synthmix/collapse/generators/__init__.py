"""Generators of a collapse study: anything that can be fitted to a table and asked for rows."""

from __future__ import annotations

from synthmix.collapse.generators.base import Generator, Made
from synthmix.collapse.generators.bootstrap import Bootstrap, IndependentColumns
from synthmix.collapse.generators.density import Density
from synthmix.collapse.generators.gaussian import GaussianRefit
from synthmix.collapse.generators.mixup import Mixup
from synthmix.collapse.generators.outside import FitSample, Function
from synthmix.collapse.generators.resolve import resolve_generator

__all__ = [
    "Bootstrap",
    "Density",
    "FitSample",
    "Function",
    "GaussianRefit",
    "Generator",
    "IndependentColumns",
    "Made",
    "Mixup",
    "resolve_generator",
]
