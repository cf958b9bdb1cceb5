"""Networks row by row: the numbers of a matrix product, and bits that depend on the row alone."""

import numpy as np
import pytest

from synthmix.kernels.dense import dense, pick_levels


def layer(rows, weights, bias, *, rectify):
    out = np.full((rows.shape[0], bias.size), np.nan)
    dense(rows, weights, bias, rectify, out)
    return out


@pytest.fixture
def net():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(301, 37)) * (rng.random((301, 37)) < 0.7)
    return rows, rng.normal(size=(37, 19)), rng.normal(size=19)


def test_it_is_a_matrix_product(net):
    rows, weights, bias = net
    expected = rows @ weights + bias
    np.testing.assert_allclose(layer(*net, rectify=False), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(layer(*net, rectify=True), np.maximum(expected, 0.0), rtol=0, atol=1e-12)


def test_the_bits_of_a_row_depend_on_that_row_alone(net):
    rows, weights, bias = net
    whole = layer(*net, rectify=True)
    for a, b in ((0, 1), (5, 6), (17, 300), (0, 256)):
        np.testing.assert_array_equal(layer(rows[a:b], weights, bias, rectify=True), whole[a:b])
    other = layer(np.ascontiguousarray(rows[:, ::-1]), np.ascontiguousarray(weights[::-1]), bias, rectify=True)
    assert not np.array_equal(other, whole)  # another order of the sum has other bits, and the test sees them


def test_sums_run_in_the_order_of_the_inputs(net):
    rows, weights, bias = net
    expected = np.tile(bias, (rows.shape[0], 1))
    for k in range(rows.shape[1]):
        expected = expected + rows[:, k : k + 1] * weights[k]
    np.testing.assert_array_equal(layer(*net, rectify=False), expected)


def test_no_inputs_leave_the_bias():
    np.testing.assert_array_equal(
        layer(np.empty((2, 0)), np.empty((0, 3)), np.arange(3.0), rectify=False)[1], [0, 1, 2]
    )


def test_levels_have_the_shares_of_their_logits():
    logits = np.array([[0.3, -1.0, 2.0], [800.0, 800.0, -800.0], [5.0, 5.0, 5.0]])
    units = (np.arange(3000) + 0.5) / 3000
    for logit in logits:
        chosen = np.empty(units.size, np.int32)
        pick_levels(np.tile(logit, (units.size, 1)), units, chosen)
        share = np.exp(logit - logit.max())
        share /= share.sum()
        np.testing.assert_array_equal(chosen, np.minimum(np.searchsorted(np.cumsum(share), units, side="right"), 2))
        np.testing.assert_allclose(np.bincount(chosen, minlength=3) / units.size, share, atol=1e-3)


def test_the_ends_of_the_unit_interval_are_levels():
    chosen = np.empty(2, np.int32)
    pick_levels(np.zeros((2, 4)), np.array([0.0, 1.0 - 2.0**-53]), chosen)
    assert chosen.tolist() == [0, 3]
