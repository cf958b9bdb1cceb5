"""Parents of mixed rows: lines, lattices, triples, against slow ways and known parents."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from audit.privacy_worlds import WHOLE, mixed, neighbours_mixed, on_grid, population, tables_of

from synthmix.audit.privacy.collinear import Classes, collinear_triples, expected_triples
from synthmix.audit.privacy.ground import Ground
from synthmix.audit.privacy.lattice import lattice, lattice_of, solutions
from synthmix.audit.privacy.lines import lines_through, points_of
from synthmix.audit.privacy.numeric import Numeric, numeric_of
from synthmix.audit.privacy.parent_exposure import exposed, parent_exposure
from synthmix.audit.privacy.precision import last_bit, step_of


def numeric(train, synthetic, holdout=None, released=None) -> Numeric:
    frames = [
        one if isinstance(one, pd.DataFrame) or one is None else frame(one) for one in (train, synthetic, holdout)
    ]
    return numeric_of(Ground(tables_of(*frames), 0, 1), released)


def frame(rows: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[f"x{c}" for c in range(rows.shape[1])])


def pairs_of(rows: np.ndarray, rng: np.random.Generator, count: int, k: int = 2) -> np.ndarray:
    chosen = np.stack([rng.choice(len(rows), k, replace=False) for _ in range(count)])
    return (rng.dirichlet(np.ones(k), size=count)[:, :, None] * rows[chosen]).sum(axis=1)


# --- precision ---


def test_steps_are_seen_through_float_rounding():
    assert step_of(np.array([1.0, -3.0, np.nan])) == 1.0
    assert step_of(np.array([0.1 + 0.2, 7.5])) == 0.1
    assert step_of(np.array([1234567.25])) == 0.01
    assert step_of(np.array([1 / 3, 0.5])) == 0.0
    assert step_of(np.array([1e17])) == 0.0  # a last bit of 16 tells no whole numbers
    assert last_bit(np.array([1 / 3, 10.0])) == pytest.approx(10 * 2.0**-52)
    assert last_bit(np.array([1 / 3, 10.0], np.float32).astype(float)) == pytest.approx(10 * 2.0**-23)


# --- lines ---


def slow_lines(row, points, tolerance=1e-8):
    units = [(p - row) / np.linalg.norm(p - row) for p in points if (p != row).any()]
    close = [min(np.linalg.norm(a - b), np.linalg.norm(a + b)) < tolerance for a, b in itertools.combinations(units, 2)]
    return sum(close)


@pytest.mark.parametrize("p", [2, 3, 6])
def test_lines_are_those_of_all_pairs(p):
    rng = np.random.default_rng(p)
    points = np.unique(rng.integers(-4, 5, size=(60, p)).astype(float), axis=0)
    for row in [points[3], points[0] / 2 + points[1] / 2, rng.normal(size=p)]:
        assert lines_through(row, points_of(points, 0), 0.0, widest=0.1, columns=1) == slow_lines(row, points)
    outside = 1.7 * points[4] - 0.7 * points[9]  # parallel directions instead of opposite ones
    assert lines_through(outside, points_of(points, 0), 1e-15, widest=0.1, columns=1) >= 1


def test_parents_of_two_are_known_and_of_three_are_not():
    rng = np.random.default_rng(1)
    train, holdout = rng.normal(size=(2, 400, 4))
    for k, low, high in ((2, 0.999, 1.0), (3, 0.0, 0.004)):
        known = numeric(train, pairs_of(train, rng, 250, k), holdout)
        share = exposed(known.synthetic, known.real, known).mean()
        assert low <= share <= high
        assert exposed(known.synthetic, known.holdout, known).mean() <= 0.004  # false positives


def test_noise_hides_parents():
    rng = np.random.default_rng(2)
    train, holdout = rng.normal(size=(2, 400, 4))
    made = pairs_of(train, rng, 250)
    made += 0.1 * rng.normal(size=made.shape)
    found = parent_exposure(numeric(train, made, holdout))
    assert found[0].variant == "excess"
    assert found[0].value == 0.0


def test_exposure_takes_released_precision_into_account():
    rng = np.random.default_rng(3)
    train, holdout = rng.normal(size=(2, 200, 8))
    made = np.round(pairs_of(train, rng, 150), 2)
    seen = parent_exposure(numeric(train, made, holdout))[0]
    assert seen.value > 0.8  # eight columns: two decimals hide nothing from who has the candidates
    blind = parent_exposure(numeric(train, made, holdout, {f"x{c}": 0.0 for c in range(8)}))[0]
    assert blind.value == 0.0  # an attacker who takes the rounded digits for exact ones


def test_exposure_without_a_holdout_has_other_real_rows_as_control():
    rng = np.random.default_rng(4)
    train = rng.normal(size=(300, 4))
    found = parent_exposure(numeric(train, pairs_of(train, rng, 100)))[0]
    assert found.value == 1.0
    assert "other real rows" in found.note
    assert "two numeric columns" in parent_exposure(numeric(train[:, :1], train[:, :1]))[0].note


def test_exposure_without_a_holdout_says_nothing_where_columns_lie_on_a_grid():
    """Rounded strangers lie on lines of other real rows more often than real rows do: no honest control is there."""
    train, strangers = (np.rint(4.0 * np.random.default_rng(seed).normal(size=(300, 4))) for seed in (5, 6))
    excess, plain = parent_exposure(numeric(train, strangers))
    assert np.isnan(excess.value)
    assert excess.note.startswith("no holdout: cannot be concluded; columns of whole numbers")
    assert plain.variant == "share"
    assert plain.value > 0.0


# --- triples ---


def slow_triples(rows):
    count = 0
    for a, b, c in itertools.combinations(rows, 3):
        u, v = (b - a) / np.linalg.norm(b - a), (c - a) / np.linalg.norm(c - a)
        count += min(np.linalg.norm(u - v), np.linalg.norm(u + v)) < 1e-8
    return count


def test_triples_are_those_of_all_triples():
    rng = np.random.default_rng(5)
    train = rng.normal(size=(12, 3))
    made = pairs_of(train, rng, 60)
    _, count = collinear_triples(numeric(train, made))
    assert count.value == pytest.approx(slow_triples(made))
    assert count.null_center == expected_triples(60, 12)
    assert count.p_value > 1e-3  # Poisson around 60 * 59 * 58 / 6 / 66^2


def test_random_pairs_give_as_many_triples_as_expected():
    rng = np.random.default_rng(6)
    train = rng.normal(size=(50, 4))
    seen = sum(collinear_triples(numeric(train, pairs_of(train, rng, 500)))[1].value for _ in range(4))
    mean = 4 * expected_triples(500, 50)
    assert mean == pytest.approx(4 * 13.8, rel=0.01)
    assert abs(seen - mean) < 5 * np.sqrt(mean) * 1.1


def test_partners_that_are_neighbours_are_caught_and_far_ones_are_not():
    rng = np.random.default_rng(7)
    train = rng.normal(size=(200, 4))
    near = collinear_triples(numeric(train, neighbours_mixed(train, 1000, 5, 1)))
    assert near[0].ci_low > 0.01
    assert 300 < near[1].value < 900  # 493 in expectation for equally likely pairs, more for shared ones
    assert near[1].p_value < 1e-12
    far = collinear_triples(numeric(train, pairs_of(train, rng, 200)))
    assert far[0].ci_high < 0.05
    assert far[1].p_value > 1e-3
    noisy = neighbours_mixed(train, 1000, 5, 1) + 1e-3 * rng.normal(size=(1000, 4))
    assert collinear_triples(numeric(train, noisy))[0].value == 0.0


def test_sampled_rows_estimate_the_same_count():
    train = np.random.default_rng(8).normal(size=(200, 3))
    made = numeric(train, neighbours_mixed(train, 1200, 5, 2))
    whole, part = (collinear_triples(made, rows=rows)[1].value for rows in (1200, 400))
    assert part == pytest.approx(whole, rel=0.25)


def test_triples_inside_of_classes():
    rng = np.random.default_rng(9)
    train, labels = rng.normal(size=(200, 3)), np.repeat([0, 1], [180, 20])
    made = np.concatenate([pairs_of(train[:180], rng, 180), pairs_of(train[180:], rng, 120)])
    classes = Classes(labels, np.repeat([0, 1], [180, 120]), ("many", "few"))
    known = numeric(train, made)
    classes = Classes(
        *(sorted_like(*pair) for pair in ((known.real, train, labels), (known.synthetic, made, classes.synthetic))),
        classes.labels,
    )
    found = {one.level: one for one in collinear_triples(known, classes) if one.variant == "count"}
    assert found["few"].value > 3 > found["many"].value
    assert found["few"].p_value > 1e-3  # 120 rows of 190 pairs: as many as chance gives, and too many


def sorted_like(rows, source, labels):
    places = {tuple(row): label for row, label in zip(source, labels, strict=True)}
    return np.array([places[tuple(row)] for row in rows])


def test_honest_lines_of_coarse_tables_say_nothing():
    rng = np.random.default_rng(10)
    train, made = rng.integers(0, 6, size=(2, 150, 3)).astype(float)
    found = collinear_triples(numeric(train, made))
    assert all(np.isnan(one.value) and "honest lines" in one.note for one in found)


def test_lines_between_whole_numbers_are_seen_off_the_grid_only():
    rng = np.random.default_rng(13)
    train = np.unique(rng.integers(0, 12, size=(220, 4)), axis=0).astype(float)[:200]
    made = neighbours_mixed(train, 1000, 5, 3)
    found = collinear_triples(numeric(train, made))[0]
    assert found.ci_low > 0.01
    assert "off it" in found.note
    assert not collinear_triples(numeric(train, np.rint(made)))[0].value > 0.05


# --- lattice ---


def slow_solutions(values, ranges):
    count = 0
    grids = [range(low, high + 1) for low, high in ranges]
    for a, b in itertools.product(grids[0], grids[0]):
        if a > b and b <= values[0] <= a:
            share = (values[0] - b) / (a - b)
            ways = 1
            for value, grid in zip(values[1:], grids[1:], strict=True):
                ways *= sum(abs(value - d - share * (c - d)) < 1e-9 * abs(c - d) + 1e-9 for c in grid for d in grid)
            count += ways
    return count


def test_solutions_are_those_of_all_pairs():
    rng = np.random.default_rng(11)
    ranges = ((0, 9), (2, 14), (0, 20))
    corners = np.array([[low, high] for low, high in ranges], float).T
    for _ in range(12):
        parents = np.array([[rng.integers(low, high + 1) for low, high in ranges] for _ in range(2)], float)
        values = rng.dirichlet([1, 1]) @ parents
        grid = lattice_of(numeric(np.concatenate([corners, parents]), np.concatenate([values[None], corners])))
        assert grid.columns == (0, 1, 2)
        found = solutions(values, grid)
        if np.isfinite(found) and (values != np.rint(values)).all():
            assert found == slow_solutions(values, ranges)
            assert found >= 1


@pytest.mark.parametrize(("columns", "low", "high"), [(2, 0.2, 0.55), (3, 0.5, 0.85), (4, 0.65, 1.0)])
def test_two_to_four_whole_columns_give_parents_away(columns, low, high):
    """About 37, 67 and 83 % of the rows, with ranges 74, 100, 16 and 401."""
    rng = np.random.default_rng(12)
    ends = np.array([74, 100, 16, 401])[:columns]
    train = np.rint(rng.random((400, columns)) * ends)
    found = lattice(numeric(train, pairs_of(train, rng, 150)))
    assert low < found.value < high


def test_the_found_parents_are_the_true_ones_only_on_the_grid_of_the_source():
    train = population(300, 1)
    made = mixed(train, 150, 2)
    assert lattice(numeric(train, made)).value > 0.4
    assert lattice(numeric(train, on_grid(made))).value == 0.0
    coarse = made.assign(**{name: made[name].round(2) for name in WHOLE})
    assert lattice(numeric(train, coarse)).value < 0.02  # two decimals: hundreds of candidates
    three = lattice(numeric(train, mixed(train, 150, 3, parents=3)))
    assert three.value < 0.35  # no pair, but a lattice point may fit by chance
    assert "fewer than two" in lattice(numeric(train[["income", "age"]], made[["income", "age"]])).note
