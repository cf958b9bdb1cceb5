"""Numbers at the ends of float64: refused by name, or no part of what needs their squares."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthmix.audit.privacy import privacy_findings
from synthmix.drift.reference import Reference
from synthmix.drift.tables import align
from synthmix.errors import InputError


def test_values_whose_squares_overflow_are_named() -> None:
    table = pd.DataFrame({"a": np.arange(50.0), "x": np.arange(50.0) * 1e299})
    with pytest.raises(InputError, match=r"column 'x' holds .* whose square overflows; rescale"):
        align(Reference.of(table), table)


def test_columns_whose_squares_vanish_take_no_part_in_attacks_on_lines() -> None:
    table = pd.DataFrame({"a": np.arange(60.0), "b": np.arange(60.0) ** 2, "x": np.arange(60.0) * 1e-310})
    found = privacy_findings(align(Reference.of(table), table), level="quick")  # a warning would be an error
    assert all(np.isfinite(one.value) or one.note for one in found)
