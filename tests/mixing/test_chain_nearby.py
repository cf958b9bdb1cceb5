"""Moves inside leaves: the smallest in units of their widths, and what they spare."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from synthmix import MixupSynthesizer
from synthmix.mixing.chain import margins, nearby, restore
from synthmix.mixing.chain.executor import ChainExecutor
from synthmix.mixing.chain.nearby import Step, step_towards
from synthmix.mixing.chain.transport import transport
from synthmix.pairing import Chained

Array = NDArray[np.float64]


def _rows(n: int = 300, d: int = 4, seed: int = 0) -> tuple[Array, NDArray[np.float32]]:
    """Return correlated rows, and widths that depend on them."""
    random = np.random.Generator(np.random.Philox(seed))
    rows = random.normal(size=(n, d)) @ (np.eye(d) + 0.3 * random.normal(size=(d, d)))
    rows /= rows.std(axis=0)
    widths = np.exp(random.normal(size=(n, d)) - 0.5 * np.abs(rows)).astype(np.float32)
    return rows, np.maximum(widths, nearby.LEAST)


def _conditions(rows: Array, moves: Array) -> Array:
    """Return the changes of mean and covariance to first order, the upper triangle."""
    centred = rows - rows.mean(axis=0)
    cross = centred.T @ moves / len(rows)
    return np.concatenate([moves.mean(axis=0), (cross + cross.T)[np.triu_indices(rows.shape[1])]])


def _smallest(rows: Array, widths: NDArray[np.float32], wanted: Array) -> Array:
    """Return the moves of the quadratic program, solved as it stands: one unknown for each value."""
    units = np.eye(rows.size).reshape(rows.size, *rows.shape)
    matrix = np.stack([_conditions(rows, unit) for unit in units], axis=1)
    root = np.sqrt(widths.astype(np.float64)).ravel()
    return (root * np.linalg.lstsq(matrix * root, wanted, rcond=None)[0]).reshape(rows.shape)


def test_moves_are_the_smallest_in_units_of_widths() -> None:
    """T19 (1) against least squares over all values; other widths are the control.

    The change is so small that what moves add by themselves is nothing; all numbers are in millionths.
    """
    rows, widths = _rows(60, 3)
    random = np.random.Generator(np.random.Philox(1))
    shift, change = random.normal(size=3) / 1e8, random.normal(size=(3, 3)) / 1e8
    change = change + change.T
    step = step_towards(rows, widths, rows.mean(axis=0), shift, change, np.inf)
    assert step is not None
    moves = 1e6 * step.move(rows, widths)
    wanted = 1e6 * np.concatenate([shift, change[np.triu_indices(3)]])
    np.testing.assert_allclose(_conditions(rows, moves), wanted, atol=1e-5)
    np.testing.assert_allclose(moves, _smallest(rows, widths, wanted), atol=2e-4)
    assert np.abs(moves - _smallest(rows, np.ones_like(widths), wanted)).max() > 1e-2
    np.testing.assert_allclose(step.matrix, step.matrix.T, atol=1e-12)


def test_what_is_left_is_of_third_order() -> None:
    """T19 (4): half the change, an eighth of the remainder; of the mean nothing is left, but for the solver's error."""
    rows, widths = _rows()
    random = np.random.Generator(np.random.Philox(2))
    shift, change = random.normal(size=4) / 200, random.normal(size=(4, 4)) / 200
    change, left = change + change.T, []
    for part in (1.0, 0.5):
        step = step_towards(rows, widths, rows.mean(axis=0), part * shift, part * change, np.inf)
        assert step is not None
        moved = rows + step.move(rows, widths)
        np.testing.assert_allclose(moved.mean(axis=0) - rows.mean(axis=0), part * shift, atol=1e-6)
        left.append(np.abs(np.cov(moved.T, bias=True) - np.cov(rows.T, bias=True) - part * change).max())
    assert left[0] < 0.01 * np.abs(change).max()
    assert 6.0 < left[0] / left[1] < 10.0


def test_equal_widths_give_the_smallest_map_to_second_order() -> None:
    """T19 (5): T18's map less the identity, nearly; its derivative is two hundred times as far off."""
    rows, widths = _rows()
    made = np.cov(rows.T, bias=True)
    random = np.random.Generator(np.random.Philox(3))
    change = random.normal(size=(4, 4)) / 300
    change = change + change.T
    step = step_towards(rows, np.ones_like(widths), rows.mean(axis=0), np.zeros(4), change, np.inf)
    assert step is not None
    away, tiny = transport(made, made + change) - np.eye(4), 1e-6
    derivative = (transport(made, made + tiny * change) - np.eye(4)) / tiny
    off = np.abs(step.matrix - away).max()
    assert off < 2e-7
    assert off < np.abs(derivative - away).max() / 200


def _plane(thin: float, seed: int, n: int = 400) -> Array:
    """Return rows near a plane."""
    rows = np.random.Generator(np.random.Philox(seed)).normal(size=(n, 3))
    rows[:, 2] = (rows[:, 0] + rows[:, 1]) / np.sqrt(2) + thin * rows[:, 2]
    return rows


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_step_of_first_order_is_there_where_that_of_second_order_goes_too_far(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moves of unequal widths leave a thin plane, and no small moves take that back; where rows fill space they do."""
    widths = np.exp(np.random.Generator(np.random.Philox(9 + seed)).normal(size=(400, 3))).astype(np.float32)

    def steps(thin: float) -> list[Step | None]:
        rows, other = _plane(thin, seed), _plane(thin, seed + 3)
        made, wanted = np.cov(rows.T, bias=True), np.cov(other.T, bias=True)
        away, shift = transport(made, wanted) - np.eye(3), other.mean(axis=0) - rows.mean(axis=0)
        far = float(np.sqrt(shift @ shift + np.einsum("ij,jk,ik->", away, made, away)))
        given = (rows, widths, rows.mean(axis=0), shift, wanted - made, far)
        found = [step_towards(*given)]
        with monkeypatch.context() as only_once:
            only_once.setattr(nearby, "_TIMES", 1)
            return [*found, step_towards(*given)]

    for thin, same in ((1e-3, True), (1e-4, True), (1.0, False)):
        both, first = steps(thin)
        assert both is not None
        assert first is not None
        assert np.array_equal(both.matrix, first.matrix) == same


def test_a_step_that_goes_too_far_is_left_out() -> None:
    """A variance that widths do not let change: the rows that could move would have to go very far."""
    rows, widths = _rows()
    change = np.zeros((4, 4))
    change[0, 0] = 0.1
    assert step_towards(rows, widths, rows.mean(axis=0), np.zeros(4), change, 0.05) is not None
    widths[:, 0] = np.where(np.arange(300) < 3, 1.0, 0.0)
    assert step_towards(rows, widths, rows.mean(axis=0), np.zeros(4), change, 0.05) is None


def _curve(n: int = 800) -> Array:
    random = np.random.Generator(np.random.Philox(4))
    x = random.uniform(-1.0, 1.0, n)
    return np.stack([x, x**2 + 0.002 * random.normal(size=n), random.normal(size=n) + x], axis=1)


def _off(rows: Array) -> float:
    """Return how far rows typically lie off the curve."""
    return float(np.median(np.abs(rows[:, 1] - rows[:, 0] ** 2)))


@pytest.mark.parametrize(("encoding", "times"), [("raw", 1.25), ("normal", 1.7)])
def test_rows_stay_near_a_thin_curve(encoding: str, times: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Covariances are exact either way; the linear map alone takes rows farther off the curve.

    Without margins, which leave less to move.
    """
    table = _curve()
    monkeypatch.setattr(margins.Margins, "move", lambda *_: None)

    def made() -> tuple[Any, Array]:
        synthesizer = MixupSynthesizer(pairing=Chained(), encoding=encoding, random_state=1).fit(table)
        return synthesizer, synthesizer.sample(8 * 800)

    synthesizer, near = made()
    assert synthesizer.certificate(near)["covariance"].error < 1e-10
    monkeypatch.setattr(restore, "step_towards", lambda *_: None)
    synthesizer, far = made()
    assert synthesizer.certificate(far)["covariance"].error < 1e-10
    assert _off(far) > times * _off(near)


def test_widths_do_not_depend_on_where_zero_is() -> None:
    """Sums of squares of large numbers would be rounding errors."""
    widths = []
    for offset in (0.0, 2.0**27):
        synthesizer = MixupSynthesizer(pairing=Chained(), encoding="raw", random_state=1).fit(_curve() + offset)
        executor = synthesizer._executor
        assert isinstance(executor, ChainExecutor)
        widths.append(executor.chain().widths[2].mixed)
    assert widths[0].max() > 0.1
    np.testing.assert_allclose(widths[0], widths[1], atol=1e-3)


def test_atoms_of_scores_are_not_seen_to_move() -> None:
    """Zeros stay zeros, and as many: copied scores are free to move, copied numbers are not."""
    random = np.random.Generator(np.random.Philox(6))
    x = random.normal(size=1000)
    amount = np.where(x + random.normal(size=1000) > 0.5, random.gamma(2.0, size=1000) + 1.0, 0.0)
    table = np.stack([x, amount], axis=1)
    for encoding, free in (("normal", True), ("raw", False)):
        executor = MixupSynthesizer(pairing=Chained(), encoding=encoding, random_state=0).fit(table)._executor
        assert isinstance(executor, ChainExecutor)
        widths = executor.chain().widths[1]
        assert (widths.copied == 1.0).all() == free
        assert np.array_equal(widths.copied, widths.mixed) != free
    rows = MixupSynthesizer(random_state=0).fit(table).sample(4000)[:, 1]
    assert abs((rows == 0.0).mean() - (amount == 0.0).mean()) < 0.05
    assert not ((rows > 0.0) & (rows < 0.9)).any()


def test_a_step_moves_nothing_where_widths_are_least() -> None:
    """Moves are in proportion to widths."""
    step = Step(np.zeros(2), np.ones(2), np.zeros((2, 2)))
    widths = np.array([[1.0, 0.0], [0.5, 2.0]], np.float32)
    np.testing.assert_allclose(step.move(np.zeros((2, 2)), widths), [[1.0, nearby.LEAST], [0.5, 2.0]])
