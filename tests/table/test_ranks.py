"""Order, sorted values and ties of a column, against sorts by numpy that know nothing of words."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthmix.kernels.draws import tie_keys
from synthmix.table.cells import Numbers, float_numbers
from synthmix.table.ranks import order_of_runs, order_of_words, ranked, words_of

SEED = 20240601


def naive_rows(values, number):
    """Return the observed rows by value, ties by the uniform of their row: two full sorts."""
    rows = np.flatnonzero(~np.isnan(values))
    ties = tie_keys(SEED, rows, number)
    return rows[np.lexsort((ties, values[rows]))]


def found(values, decimals=None, number=3):
    return ranked(values, float_numbers(values), decimals, SEED, number, np.empty(values.size))


def columns():
    rng = np.random.default_rng(1)
    heavy = np.sinh(rng.normal(size=3000) * 3)
    gaps = np.round(rng.normal(size=3000), 1)
    gaps[::9] = np.nan
    return {
        "distinct": heavy,
        "few ties": np.concatenate([heavy, heavy[:40]]),
        "one tie": np.array([2.0, 1.0, 2.0]),
        "two decimals": np.round(heavy, 2),
        "gaps": gaps,
        "far from zero": 1e15 + rng.integers(0, 50, 3000),
        "neighbours": np.nextafter(np.where(rng.random(3000) < 0.5, 1.0, -1.0), np.inf * rng.choice([-1, 1], 3000)),
        "signed zeros": rng.choice([-0.0, 0.0, 1.0, -1.0], 500),
        "tiny and huge": rng.choice([5e-324, -5e-324, 1e150, -1e150, 0.0], 500),
    }


@pytest.mark.parametrize("name", columns())
def test_ranks_equal_two_full_sorts(name):
    values = columns()[name]
    ranks, rows = found(values), naive_rows(values, 3)
    assert np.array_equal(ranks.rows, rows)
    assert ranks.ordered.tobytes() == values[rows].tobytes()  # of -0.0 and 0.0 the sign as well
    assert ranks.n_distinct == np.unique(values[~np.isnan(values)]).size
    if ranks.n_distinct < rows.size:  # Negative controls: the keys of another column, and ties in row order.
        assert not np.array_equal(ranks.rows, naive_rows(values, 4)) or name == "one tie"
        assert not np.array_equal(ranks.rows, np.argsort(values, kind="stable")[: rows.size]) or name == "one tie"


@pytest.mark.parametrize(("name", "decimals"), [("two decimals", 2), ("gaps", 1), ("far from zero", 0)])
def test_a_short_grid_gives_the_same_ranks(name, decimals):
    values = columns()[name]
    rows = naive_rows(values, 3)
    ranks = found(values, decimals)
    assert np.array_equal(ranks.rows, rows)
    assert np.array_equal(ranks.ordered, values[rows])
    assert ranks.n_distinct == np.unique(values[~np.isnan(values)]).size
    if name == "gaps":  # Negative control: on a grid that is too coarse different values are tied.
        assert not np.array_equal(found(values, 0).rows, rows)


def test_missing_values_are_not_looked_at():
    values = np.array([3.0, 7.0, 1.0, 2.0])
    cells = Numbers(values, np.array([False, True, False, False]))
    assert ranked(values, cells, None, SEED, 0, np.empty(4)).rows.tolist() == [2, 3, 0]


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=60))
def test_words_are_ordered_like_values(values):
    column = np.array(values)
    words = words_of(column)
    assert np.array_equal(words[:, None] < words, column[:, None] < column)
    assert np.array_equal(words[:, None] == words, column[:, None] == column)
    assert column.tobytes() == np.array(values).tobytes()


@given(
    st.lists(st.integers(0, 2**64 - 1), max_size=40)
    | st.lists(st.integers(2**63 - 9, 2**63 + 9) | st.sampled_from([0, 2**64 - 1]), max_size=300)
)
def test_words_are_sorted_stably(keys):
    words = np.array(keys, dtype=np.uint64)
    assert np.array_equal(order_of_words(words), np.argsort(words, kind="stable"))


@pytest.mark.parametrize("spread", [1, 50, 2**20])
def test_bits_that_do_not_fit_are_put_right(spread):
    rng = np.random.default_rng(spread)
    low = rng.integers(0, spread, 20_000).astype(np.uint64)
    keys = low + (rng.integers(0, 2**64 - 2**21, 20_000, dtype=np.uint64) if spread > 1 else np.uint64(0))
    keys[:9] = [0, 2**64 - 1, 7, 6, 5, 7, 6, 5, 7]  # the whole range, so that fifteen bits are lost
    assert np.array_equal(order_of_words(keys), np.argsort(keys, kind="stable"))
    kept = (keys >> np.uint64(15)) << np.uint64(15)  # Negative control: without repair
    assert not np.array_equal(np.argsort(kept, kind="stable"), np.argsort(keys, kind="stable"))


def test_runs_are_shuffled_within_themselves():
    runs = np.random.default_rng(2).integers(0, 5, 4000)
    rows = np.arange(4000)
    order = order_of_runs(runs, rows, SEED, 0)
    assert np.array_equal(np.sort(order), rows)
    assert (np.diff(runs[order]) >= 0).all()
    moved = [np.corrcoef(rows[: part.size], part)[0, 1] for part in (order[runs[order] == run] for run in range(5))]
    assert max(map(abs, moved)) < 0.2  # 5.6 standard errors of about 800 rows
    assert not np.array_equal(order, order_of_runs(runs, rows, SEED, 1))
