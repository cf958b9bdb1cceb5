"""Rotations on a device have the bits of the kernels, are orthogonal and fix the ones."""

from __future__ import annotations

import numpy as np
import pytest
from kernels.kernels_oracle import unbatched

from synthmix.kernels.records import BATCH, USUAL
from synthmix.kernels.rotation import any_rotations, usual_rotations

torch = pytest.importorskip("torch")

from synthmix.torch.plan.rotations import rotation_rows, rotations  # noqa: E402 - after torch is known to be there

SEED = 2**64 - 5


def kernel_rotations(units, k, strength):
    q = np.empty(units.size * k * k)
    if k <= USUAL and strength == 1.0:
        usual_rotations(np.uint64(SEED), units, units.size // BATCH, k, q)
    else:
        any_rotations(np.uint64(SEED), units, units.size // BATCH, k, strength, q)
    return unbatched(q, k, k).transpose(1, 2, 0)


# 3 to 9 rows and three strengths: 100,800 units in all
@pytest.mark.parametrize("k", [*range(3, 10), 17])
@pytest.mark.parametrize("strength", [0.25, 0.7, 1.0])
def test_rotations_are_those_of_the_kernels(k, strength, device):
    units = np.concatenate([np.arange(3200), 2**40 + np.arange(1600)]) if k < 10 else np.arange(320)
    named = torch.from_numpy(units).to(device)
    q = rotations(SEED, named, k, strength)
    np.testing.assert_array_equal(q.cpu().numpy(), kernel_rotations(units, k, strength))
    own = named % k
    assert torch.equal(rotation_rows(SEED, named, own, k, strength), q[own, :, torch.arange(len(units))].T)
    assert not torch.equal(rotation_rows(SEED, named, (own + 1) % k, k, strength), q[0])


@pytest.mark.parametrize("k", [*range(2, 10), 24])
@pytest.mark.parametrize("strength", [0.25, 0.7, 1.0])
def test_orthogonal_and_fixes_the_ones(k, strength, device):
    q = rotations(7, torch.arange(500, device=device), k, strength).permute(2, 0, 1).cpu().numpy()
    for matrix in (q, q.transpose(0, 2, 1)):
        assert np.abs(matrix @ matrix.transpose(0, 2, 1) - np.eye(k)).max() < 1e-14
        assert np.abs(matrix.sum(axis=2) - 1).max() < 1e-14
    wrong = q * (1 + 1e-13)
    assert np.abs(wrong @ wrong.transpose(0, 2, 1) - np.eye(k)).max() > 1e-14
    if k > 2 and strength < 1:  # the trace of a partial rotation does not vary, that of a full one does
        trace = np.einsum("gii->g", q)
        assert np.abs(trace / k - (1 - strength * (1 - 1 / k))).max() < 1e-14
    elif k > 2:
        assert np.einsum("gii->g", q).std() > 0.5
