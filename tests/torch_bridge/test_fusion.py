"""Three fusions of Gaussian codes, their numbers, and the laws of their draws."""

from __future__ import annotations

import numpy as np
import pytest

from synthmix.errors import InputError, OptionError

torch = pytest.importorskip("torch")

from synthmix.torch import fuse_gaussians, latent_mix  # noqa: E402 - after torch is known to be there

NUMBERS = {"mean": (1.4, 0.0), "sample": (1.4, 0.41), "log-linear": (0.7368421052631579, 0.42105263157894735)}


def codes(n=1, device="cpu", dtype=torch.float64):
    return [torch.full((n, 1), value, device=device, dtype=dtype) for value in (0.0, 0.2, 2.0, 0.8)]


@pytest.mark.parametrize("fusion", NUMBERS)
def test_fusions_have_their_numbers(fusion, device):
    mean, variance = fuse_gaussians(*codes(device=device), 0.3, fusion)
    assert float(mean) == pytest.approx(NUMBERS[fusion][0], abs=1e-14)
    assert float(variance) == pytest.approx(NUMBERS[fusion][1], abs=1e-14)


def test_log_linear_is_the_normalised_product_of_powers():
    grid = np.linspace(-12, 12, 200_001)
    density = np.exp(-0.3 * grid**2 / (2 * 0.2) - 0.7 * (grid - 2.0) ** 2 / (2 * 0.8))
    density /= density.sum()
    mean = (density * grid).sum()
    found = fuse_gaussians(*codes(), 0.3, "log-linear")
    assert float(found[0]) == pytest.approx(mean, abs=1e-9)
    assert float(found[1]) == pytest.approx((density * (grid - mean) ** 2).sum(), abs=1e-9)


@pytest.mark.parametrize("fusion", ["sample", "log-linear"])
def test_draws_have_the_fused_law(fusion, device):
    n = 40_000
    generator = torch.Generator(device).manual_seed(3)
    z = latent_mix(*codes(n, device), 0.3, fusion, generator=generator).cpu().numpy()
    mean, variance = NUMBERS[fusion]
    assert abs(z.mean() - mean) < 6 * np.sqrt(variance / n)
    assert abs(z.var() / variance - 1.0) < 6 * np.sqrt(2 / n)


def test_weights_may_differ_by_row_and_swap_with_the_partner(device):
    m_i, v_i, m_j, v_j = (torch.rand(5, 2, 3, device=device) + 0.1 for _ in range(4))
    lam = torch.linspace(0, 1, 5, device=device)
    for fusion in NUMBERS:
        found = fuse_gaussians(m_i, v_i, m_j, v_j, lam, fusion)
        swapped = fuse_gaussians(m_j, v_j, m_i, v_i, 1 - lam, fusion)
        alone = fuse_gaussians(m_i[3:4], v_i[3:4], m_j[3:4], v_j[3:4], float(lam[3]), fusion)
        for a, b, c in zip(found, swapped, alone, strict=True):
            torch.testing.assert_close(a, b)
            torch.testing.assert_close(a[3:4], c)
        torch.testing.assert_close(found[0][4], m_i[4])
        torch.testing.assert_close(found[0][0], m_j[0])


def test_gradients_pass_through_draws():
    given = [tensor.clone().requires_grad_() for tensor in codes(3)]

    def mixed(*parts):
        return latent_mix(*parts, 0.3, "log-linear", generator=torch.Generator().manual_seed(0))

    assert torch.autograd.gradcheck(mixed, given)


def test_it_compiles_into_one_graph():
    lam = torch.linspace(0, 1, 4)
    compiled = torch.compile(lambda *parts: fuse_gaussians(*parts, "log-linear"), backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(*codes(4), lam), fuse_gaussians(*codes(4), lam, "log-linear"))


def test_wrong_arguments_are_refused():
    m_i, v_i, m_j, v_j = codes(4)
    with pytest.raises(OptionError, match="fusion='product'"):
        latent_mix(m_i, v_i, m_j, v_j, 0.5, "product")
    with pytest.raises(OptionError, match="generator="):
        latent_mix(m_i, v_i, m_j, v_j, 0.5, "sample")
    with pytest.raises(InputError, match="of one shape"):
        latent_mix(m_i, v_i[:2], m_j, v_j, 0.5)
    with pytest.raises(InputError, match="one weight a row"):
        latent_mix(m_i, v_i, m_j, v_j, torch.ones(3))
