"""Numeric columns that every row has, their scales, and how finely they were released."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from synthmix.audit.privacy.ground import Ground
from synthmix.audit.privacy.precision import last_bit, step_of
from synthmix.drift.joint.pool import Floats
from synthmix.errors import InputError, OptionError, did_you_mean

_LEAST = 1e-150  # of a standard deviation, below which squares vanish and a column counts as constant


@dataclass(frozen=True)
class Numeric:
    """Numbers of the three tables in columns without gaps that vary.

    Attributes
    ----------
    names : tuple of str
    real, synthetic : array of float64, shape (n, p) and (m, p)
        In the data's own units.
    holdout : array of float64 or None
    scale : array of float64, shape (p,)
        Standard deviations of real and holdout rows.
    steps : array of float64, shape (p,)
        Released step of each column, 0 where it was released in full precision.
    rounding : array of float64, shape (p,)
        How far a released value may be from the computed one: half a step, or the last bit.
    """

    names: tuple[str, ...]
    real: Floats
    synthetic: Floats
    holdout: Floats | None
    scale: Floats
    steps: Floats
    rounding: Floats

    @property
    def reach(self) -> float:
        """How far, in scaled units, rounding may have moved a row: a whole step, since rounding may be random."""
        moved = np.where(self.steps > 0.0, self.steps, self.rounding) / self.scale
        return float(np.sqrt((moved * moved).sum()))


def numeric_of(ground: Ground, released: Mapping[str, float] | None = None) -> Numeric:
    """Return the numeric columns that all rows of all tables have.

    Parameters
    ----------
    ground : Ground
    released : mapping of str to float, optional
        Column to the step to which it was released, 0 for full precision. By default the coarsest power of ten of which
        all synthetic values are multiples, from 1 to 1e-6, else full precision.

    Raises
    ------
    InputError, OptionError
        For a column that is not compared, or a negative step.
    """
    tables, steps = ground.tables, dict(released or {})
    for name, step in steps.items():
        if name not in tables.names:
            raise InputError(f"released names {name!r}, which is no numeric column{did_you_mean(name, tables.names)}")
        if not step >= 0.0:
            raise OptionError(f"released[{name!r}]={step!r}: give a step, or 0 for full precision")
    sides = [side.numbers for side in (tables.real, tables.synthetic, tables.holdout) if side is not None]
    kept = [c for c in range(len(tables.names)) if all(_usable(side[:, c]) for side in sides)]
    real_rows = np.concatenate([sides[0], *sides[2:]])
    kept = [c for c in kept if real_rows.size and real_rows[:, c].std() > _LEAST]
    parts = [np.ascontiguousarray(side[:, kept]) for side in sides]
    names = tuple(tables.names[c] for c in kept)
    found = np.array([steps.get(name, step_of(parts[1][:, c])) for c, name in enumerate(names)], np.float64)
    bits = np.array([last_bit(column) for column in parts[1].T], np.float64)
    rounding = np.where(found > 0.0, 0.5 * found, bits)
    holdout = parts[2] if tables.holdout is not None else None
    return Numeric(names, parts[0], parts[1], holdout, real_rows[:, kept].std(axis=0), found, rounding)


def _usable(column: Floats) -> bool:
    return bool(np.isfinite(column).all())
