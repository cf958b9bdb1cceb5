"""The page of rare classes is what its kept results say, and its standard errors are those of the formula."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks.augment.__main__ import PAGE, RESULT, summary
from benchmarks.augment.page import page


def test_the_page_is_made_from_the_kept_results():
    assert PAGE.read_text(encoding="utf-8") == page(json.loads(RESULT.read_text(encoding="utf-8")))


def test_differences_and_their_errors():
    values = {"nothing": [0.5, 0.6, 0.7, 0.4], "other": [0.6, 0.6, 0.9, 0.3]}
    rows = [
        {"way": way, "learner": "one", "fold": fold, "score": value}
        for way, all_values in values.items()
        for fold, value in enumerate(all_values)
    ]
    other = summary(rows)[1]
    assert other["mean"] == pytest.approx(0.6)
    assert other["gap"] == pytest.approx(0.05)
    assert other["se"] == pytest.approx(np.sqrt(np.var([0.1, 0.0, 0.2, -0.1], ddof=1) * (0.25 + 0.25)))
