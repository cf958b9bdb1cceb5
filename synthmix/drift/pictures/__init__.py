"""Pictures of two tables beside each other. No row is drawn: only bins and levels that hold five rows or more."""

from __future__ import annotations

from synthmix.drift.pictures.associations import draw_associations
from synthmix.drift.pictures.columns import draw_columns
from synthmix.drift.pictures.components import draw_components
from synthmix.drift.pictures.quantiles import draw_quantiles
from synthmix.drift.pictures.radius import draw_radius

__all__ = ["draw_associations", "draw_columns", "draw_components", "draw_quantiles", "draw_radius"]
