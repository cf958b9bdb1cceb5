"""Directions and sphere weights on a device have the bits of the kernels, and the sums that the laws promise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from synthmix.kernels import directions as kernels
from synthmix.kernels import laws
from synthmix.kernels.philox import WEIGHTS
from synthmix.kernels.records import BATCH

torch = pytest.importorskip("torch")

from synthmix.torch.plan.directions import batch_words, fill_directions, lift, words_of_direction  # noqa: E402
from synthmix.torch.plan.sphere import sphere_weights  # noqa: E402

SEED = 2**64 - 5


def kernel_direction(units, s):
    """Return words (w, m) and directions (s, m) of the kernels."""
    count = words_of_direction(s)
    blocks = (count + 3) // 4
    words, x = np.empty(4 * BATCH * blocks, np.uint32), np.empty(BATCH * (s + 2))
    all_words, found = [], []
    for first in range(0, units.size, BATCH):
        kernels.batch_words(np.uint64(SEED), units, first, WEIGHTS, blocks, words)
        kernels.fill_directions(words, 0, s, x)
        all_words.append(words.reshape(-1, BATCH)[:count].copy())
        found.append(x.reshape(-1, BATCH)[:s].copy())
    return np.concatenate(all_words, axis=1), np.concatenate(found, axis=1)


@pytest.mark.parametrize("s", [*range(1, 10), 12, 17, 40])
def test_words_and_directions_are_those_of_the_kernels(s, device):
    units = np.concatenate([np.arange(6400), 2**32 - 800 + np.arange(1600)])
    words, expected = kernel_direction(units, s)
    found = batch_words(SEED, torch.from_numpy(units).to(device), int(WEIGHTS), words_of_direction(s))
    np.testing.assert_array_equal(found.cpu().numpy(), words)
    x = fill_directions(found, s).cpu().numpy()
    np.testing.assert_array_equal(x, expected)
    assert np.abs((x**2).sum(axis=0) - 1).max() < 1e-14
    if s > 2:  # the words are used, each for what it is for
        assert np.abs(fill_directions(found.flip(0), s).cpu().numpy() - x).max() > 0.1


def test_lift_is_the_helmert_basis(device):
    s = 6
    basis = np.zeros((s, s + 1))
    for a in range(1, s + 1):
        basis[a - 1, :a] = 1 / math.sqrt(a * (a + 1))
        basis[a - 1, a] = -a / math.sqrt(a * (a + 1))
    x = np.random.default_rng(0).normal(size=(s, 50))
    found = lift(torch.from_numpy(x).to(device)).cpu().numpy()
    assert np.abs(found - basis.T @ x).max() < 1e-14
    assert np.abs(found - basis.T @ x[::-1]).max() > 0.1


# 3 to 9 parents, 112,000 rows in all
@pytest.mark.parametrize("k", [*range(3, 10), 24])
@pytest.mark.parametrize("top", [math.nan, 0.8])
def test_sphere_weights_are_those_of_the_kernel(k, top, device):
    m, first = 8000, 2**33 + 12345
    expected = np.empty((k, m))
    laws.sphere_weights(np.uint64(SEED), first, top, expected)
    w = sphere_weights(SEED, torch.arange(first, first + m, device=device), k, top).cpu().numpy()
    np.testing.assert_array_equal(w, expected)
    assert np.abs(w.sum(axis=0) - 1).max() < 1e-14
    assert np.abs((w**2).sum(axis=0) - 1).max() < 1e-14
    assert math.isnan(top) or (w[0] == top).all()
    other = sphere_weights(SEED - 1, torch.arange(first, first + m, device=device), k, top).cpu().numpy()
    assert np.abs(other - expected).max() > 0.1


def test_rows_may_be_asked_for_in_any_order(device):
    rows = torch.randperm(1000, generator=torch.Generator().manual_seed(0)).to(device)
    whole = sphere_weights(3, torch.arange(1000, device=device), 5, math.nan)
    assert torch.equal(sphere_weights(3, rows, 5, math.nan), whole[:, rows])
    assert not torch.equal(sphere_weights(3, rows, 5, math.nan), whole)
