"""Donors on a device are those of the kernels, ties included, and permutations of the members."""

from __future__ import annotations

import numpy as np
import pytest
from kernels.kernels_oracle import batched, unbatched
from scipy.optimize import linear_sum_assignment

from synthmix.kernels import donors as kernels
from synthmix.kernels.records import BATCH
from synthmix.kernels.rotation import any_rotations

torch = pytest.importorskip("torch")

from synthmix.torch.plan.donors import best_donors, largest_donors, random_donors, squared_donors  # noqa: E402
from synthmix.torch.plan.rounding import round_doubly_stochastic  # noqa: E402

SEED = 2**64 - 3
COUNTS = {1: 64, 2: 64, 3: 32_000, 4: 6400, 5: 3200, 6: 1600, 9: 160, 16: 32}


def matrices(k, strength):
    count = COUNTS[k]
    q = np.empty(count * k * k)
    if k < 3:
        return np.broadcast_to(np.eye(k), (count, k, k)).copy()
    any_rotations(np.uint64(1), np.arange(count), count // BATCH, k, strength, q)
    return unbatched(q, k, k)


def kernel_best(q):
    chosen = np.full(q.shape[0] * q.shape[1], -1)
    kernels.best_donors(batched(q), q.shape[1], q.shape[0], chosen)
    return unbatched(chosen, q.shape[1], 1)[:, :, 0]


def kernel_random(q, units):
    chosen = np.full(q.shape[0] * q.shape[1], -1)
    kernels.random_donors(batched(q), q.shape[1], q.shape[0], np.uint64(SEED), units, chosen)
    return unbatched(chosen, q.shape[1], 1)[:, :, 0]


def on(device, q):
    return torch.from_numpy(np.ascontiguousarray(q.transpose(1, 2, 0))).to(device)


# At strength 1/2 the identity and a cycle are equally good for half of the groups of three, up to rounding.
@pytest.mark.parametrize("k", COUNTS)
@pytest.mark.parametrize("strength", [1.0, 0.5])
def test_best_donors_are_those_of_the_kernel(k, strength, device):
    q = matrices(k, strength)
    found = best_donors(on(device, q)).cpu().numpy().T
    np.testing.assert_array_equal(found, kernel_best(q))
    truth = [matrix[linear_sum_assignment(-matrix)].sum() for matrix in q[:200]]
    total = np.take_along_axis(q[:200], found[:200, :, np.newaxis], axis=2).sum(axis=(1, 2))
    assert np.abs(total - truth).max() < 1e-12
    if k > 3:
        assert (found != q.argmax(axis=2)).any()  # greedy donors are something else


@pytest.mark.parametrize("k", [3, 4, 6, 9])
def test_ties_are_broken_as_in_the_kernel(k, device):
    q = np.random.default_rng(k).integers(0, 3, (320, k, k)).astype(float)
    found = best_donors(on(device, q)).cpu().numpy().T
    np.testing.assert_array_equal(found, kernel_best(q))
    mirrored = best_donors(on(device, q[:, ::-1])).cpu().numpy().T[:, ::-1]
    assert (mirrored != found).any()  # there are ties, and they depend on the order of the rows


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 6, 9])
def test_random_donors_are_those_of_the_kernel(k, device):
    q = matrices(k, 1.0)[: 6400 // k**2 // 16 * 16]
    units = 2**32 - 100 + np.arange(q.shape[0])
    named = torch.from_numpy(units).to(device)
    found = random_donors(on(device, q), SEED, named).cpu().numpy().T
    np.testing.assert_array_equal(found, kernel_random(q, units))
    assert (np.sort(found, axis=1) == np.arange(k)).all()
    if k > 2:
        assert (found != random_donors(on(device, q), SEED, named + 1).cpu().numpy().T).any()


def test_lone_entries_are_made_whole(device):
    # Row and column sums are wrong by more than snapping hides, as rounding errors of large groups can be.
    p = np.random.default_rng(2).dirichlet(np.ones(4), (320, 4))
    units = np.arange(320)
    whole = round_doubly_stochastic(on(device, p), SEED, torch.from_numpy(units).to(device))
    assert ((whole == 0) | (whole == 1)).all()
    found = random_donors(on(device, np.sqrt(p)), SEED, torch.from_numpy(units).to(device)).cpu().numpy().T
    np.testing.assert_array_equal(found, kernel_random(np.sqrt(p), units))


def test_donors_of_single_rows_are_those_of_the_host(device):
    rng, m, first = np.random.default_rng(0), 20_000, 2**32 - 500
    parents, weights = rng.integers(0, 1000, (4, m)), rng.normal(size=(4, m)).round(1)
    expected = np.empty(m, np.int64)
    kernels.squared_donors(parents, weights, np.uint64(SEED), first, expected)
    on_device = [torch.from_numpy(array).to(device) for array in (parents, weights)]
    rows = torch.arange(first, first + m, device=device)
    np.testing.assert_array_equal(squared_donors(*on_device, SEED, rows).cpu().numpy(), expected)
    largest = np.take_along_axis(parents, weights.argmax(axis=0)[np.newaxis], axis=0)[0]
    np.testing.assert_array_equal(largest_donors(*on_device).cpu().numpy(), largest)
    assert (largest != expected).any()
    last = np.take_along_axis(parents[::-1], weights[::-1].argmax(axis=0)[np.newaxis], axis=0)[0]
    assert (largest != last).any()  # there are ties, and the first one counts
