"""Cells separate classes and patterns of missing values; cells that are too small are pooled or copied."""

from itertools import pairwise

import numpy as np
import pytest

from synthmix.mixing.cells import build_cells, label_rows


def cells_of(classes, patterns, smallest=3, small="merge", nothing=None):
    classes, patterns = np.asarray(classes), np.asarray(patterns)
    nothing = np.zeros(patterns.max() + 1, bool) if nothing is None else np.asarray(nothing)
    plan = build_cells(classes, patterns, nothing, smallest, small)
    starts, order = plan.cells.starts, plan.cells.order
    assert np.array_equal(np.sort(order), np.arange(classes.size))
    return plan, [set(order[a:b].tolist()) for a, b in pairwise(starts)]


def test_label_rows_numbers_distinct_rows():
    labels = label_rows(np.array([[1, 0], [1, 1], [1, 0], [0, 1]]))
    assert labels[0] == labels[2]
    assert len(set(labels.tolist())) == 3
    assert np.array_equal(label_rows(np.zeros((4, 0))), np.zeros(4))


def test_large_cells_stay_apart():
    plan, parts = cells_of([0] * 4 + [1] * 4, [0, 0, 0, 0, 0, 0, 0, 0])
    assert parts == [{0, 1, 2, 3}, {4, 5, 6, 7}]
    assert not plan.mixed_class.any()
    assert not plan.mixed_pattern.any()


def test_rare_patterns_are_pooled_within_their_class():
    classes = [0] * 6 + [1] * 7
    patterns = [0, 0, 0, 1, 1, 2] + [0] * 3 + [1, 1, 2, 2]
    plan, parts = cells_of(classes, patterns)
    assert {3, 4, 5} in parts
    assert {9, 10, 11, 12} in parts
    assert plan.mixed_pattern.sum() == 2
    assert not plan.mixed_class.any()
    assert plan.rows_in(plan.mixed_pattern) == 7


def test_rare_classes_are_pooled_over_classes():
    plan, parts = cells_of([0] * 5 + [1, 2, 3], [0] * 8)
    assert {5, 6, 7} in parts
    assert plan.rows_in(plan.mixed_class) == 3


def test_a_pool_that_is_still_too_small_joins_the_smallest_cell():
    plan, parts = cells_of([0] * 5 + [1] * 4 + [2], [0] * 10)
    assert {5, 6, 7, 8, 9} in parts
    assert plan.rows_in(plan.mixed_class) == 5


def test_copy_keeps_small_cells_and_counts_them():
    plan, parts = cells_of([0] * 5 + [1, 1, 2], [0] * 8, small="copy")
    assert {5, 6} in parts
    assert {7} in parts
    assert plan.copied_rows == 3


def test_rows_with_nothing_to_mix_are_a_cell_of_their_own():
    plan, parts = cells_of([0] * 6, [0, 0, 0, 0, 1, 1], nothing=[False, True])
    assert {4, 5} in parts
    assert not plan.mixed_pattern.any()
    with pytest.raises(AssertionError):
        assert {4, 5} in cells_of([0] * 6, [0, 0, 0, 0, 1, 1])[1]


@pytest.mark.parametrize("reach", [2, 40, 10**12])
@pytest.mark.parametrize("width", [1, 3, 30])
def test_labels_are_the_order_of_distinct_rows(reach, width):
    rng = np.random.default_rng(width)
    rows = rng.integers(-reach, reach, (400, width))[rng.integers(0, 50, 400)]
    for columns in (rows, rows > 0, rows.astype(float)):
        expected = np.unique(columns, axis=0, return_inverse=True)[1].reshape(-1)
        assert np.array_equal(label_rows(columns), expected)
        if len(set(expected.tolist())) > 1:  # negative control: the last column first
            reverse = label_rows(columns[:, ::-1])
            assert width == 1 or reach == 2 or not np.array_equal(reverse, expected)
