"""k-mixup: blocks of rows are matched optimally."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from synthmix.errors import InputError, OptionError

torch = pytest.importorskip("torch")
pytest.importorskip("ot")

from synthmix.torch import KMixup, mixup_batch  # noqa: E402
from synthmix.torch.batch.transport import matching  # noqa: E402


def source(device, seed=0):
    return torch.Generator(device).manual_seed(seed)


def points(n, d=3, seed=0):
    return torch.randn(n, d, generator=source("cpu", seed), dtype=torch.float64)


@pytest.mark.parametrize("m", [1, 2, 5, 16, 33])
def test_matchings_are_optimal(m, device):
    for seed in range(5):
        a, b = points(m, seed=seed), points(m, seed=100 + seed)
        cost = ((a[:, None] - b[None]) ** 2).sum(-1).numpy()
        found = matching(a.to(device), b.to(device)).cpu().numpy()
        assert sorted(found) == list(range(m))
        rows, best = linear_sum_assignment(cost)
        assert cost[np.arange(m), found].sum() == pytest.approx(cost[rows, best].sum(), rel=1e-12)
        if m > 5:  # the control: any matching would not do
            assert cost[np.arange(m), np.arange(m)].sum() > 1.2 * cost[rows, best].sum()


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, 16, 33])
@pytest.mark.parametrize("k", [1, 4, 16])
def test_every_row_is_a_partner_once_and_never_its_own(n, k, device):
    partner = KMixup(k)(points(n).to(device), None, source(device)).cpu()
    assert sorted(partner.tolist()) == list(range(n))
    assert n < 2 or not bool((partner == torch.arange(n)).any())


def test_larger_blocks_pair_nearer_rows(device):
    x = points(256).to(device)
    distance = [float((x - x[KMixup(k)(x, None, source(device))]).square().sum(1).mean()) for k in (1, 4, 16, 64)]
    assert distance == sorted(distance, reverse=True)
    assert distance[0] == pytest.approx(6.0, abs=1.5)  # independent rows: twice the trace of the covariance


def test_equal_rows_are_matched_too(device):
    x = torch.zeros(8, 2, device=device)
    assert sorted(KMixup(4)(x, None, source(device)).tolist()) == list(range(8))


def test_as_a_pairing(device):
    x = points(12).to(device)
    mixed = mixup_batch(x, None, 10.0, pairing=KMixup(4), generator=source(device))
    lam = mixed.lam[:, None]
    torch.testing.assert_close(mixed.x, lam * x + (1 - lam) * x[mixed.partner])
    with pytest.raises(InputError, match="lambda x, y, g"):
        mixup_batch({"a": x}, None, 1, pairing=KMixup(4), generator=source(device))


@pytest.mark.parametrize("k", [0, 2.0, True])
def test_block_sizes_that_are_none(k):
    with pytest.raises(OptionError, match="no block size"):
        KMixup(k)


def test_without_the_solver_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ot", None)
    with pytest.raises(ModuleNotFoundError, match="pip install POT"):
        KMixup(2)(points(4), None, source("cpu"))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_rows_without_a_distance_are_refused(bad):
    x = torch.zeros(6, 2)
    x[3, 1] = bad
    with pytest.raises(InputError, match="NaN or infinite"):
        KMixup(2)(x, None, torch.Generator().manual_seed(0))
