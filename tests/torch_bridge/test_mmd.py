"""The squared MMD against closed forms for Gaussians, a naive double loop, and its known bias."""

from __future__ import annotations

import math

import numpy as np
import pytest

from synthmix.errors import InputError, OptionError

torch = pytest.importorskip("torch")

from synthmix.torch.latent.mmd import (  # noqa: E402 - after torch is known to be there
    expected_kernel,
    mmd_squared,
    mmd_squared_of_gaussians,
    reference_width,
    v_statistic_bias,
)


@pytest.mark.parametrize(("square", "value"), [(8.0, 0.096651), (4.0, 0.147999), (1.0, 0.158599)])
def test_closed_form_has_the_published_numbers(square, value):
    found = mmd_squared_of_gaussians([0.5] * 4, 0.6, [0.0] * 4, 1.0, math.sqrt(square))
    assert found == pytest.approx(value, abs=6e-7)


def test_reference_width_is_that_of_the_reference_kernel():
    assert reference_width(4) ** 2 == pytest.approx(8.0)  # d^2 / 2
    assert math.exp(-1.0 / (2 * reference_width(7) ** 2)) == pytest.approx(math.exp(-1.0 / 49))


def test_expected_kernel_agrees_with_quadrature():
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    x, y = 0.3 + 0.7 * nodes[:, None], -0.2 + 1.1 * nodes[None, :]
    quadrature = (weights[:, None] * weights[None, :] * np.exp(-((x - y) ** 2) / (2 * 1.3**2))).sum()
    assert expected_kernel([0.3], 0.7, [-0.2], 1.1, 1.3) == pytest.approx(quadrature, rel=1e-12)


def naive(x, y, width, *, unbiased):
    def mean(a, b, *, same):
        pairs = [(i, j) for i in range(len(a)) for j in range(len(b)) if not (same and unbiased and i == j)]
        return sum(math.exp(-((a[i] - b[j]) ** 2).sum() / (2 * width**2)) for i, j in pairs) / len(pairs)

    return mean(x, x, same=True) + mean(y, y, same=True) - 2 * mean(x, y, same=False)


@pytest.mark.parametrize("statistic", ["V", "U"])
def test_statistics_agree_with_a_double_loop(statistic, device):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(7, 3)), rng.normal(1.0, size=(5, 3))
    found = mmd_squared(torch.tensor(x, device=device), torch.tensor(y, device=device), 1.7, statistic=statistic)
    assert float(found) == pytest.approx(naive(x, y, 1.7, unbiased=statistic == "U"), abs=1e-13)


def test_a_sample_of_gaussians_gives_the_closed_form():
    rng = np.random.default_rng(1)
    values = [
        float(
            mmd_squared(
                torch.tensor(0.5 + 0.6 * rng.normal(size=(400, 4))),
                torch.tensor(rng.normal(size=(400, 4))),
                2.0,
                statistic="U",
            )
        )
        for _ in range(40)
    ]
    error = np.std(values) / math.sqrt(40)
    assert abs(np.mean(values) - 0.147999) < 6 * error
    assert error < 3e-3


def test_v_statistic_has_its_bias_under_the_null():
    bias = v_statistic_bias(200, 200, 4, math.sqrt(8.0))
    assert bias == pytest.approx(0.0036, abs=1e-12)
    rng = np.random.default_rng(2)
    draws = [(torch.tensor(rng.normal(size=(200, 4))), torch.tensor(rng.normal(size=(200, 4)))) for _ in range(60)]
    v = np.array([float(mmd_squared(x, y, math.sqrt(8.0))) for x, y in draws])
    u = np.array([float(mmd_squared(x, y, math.sqrt(8.0), statistic="U")) for x, y in draws])
    assert abs(v.mean() - bias) < 6 * v.std() / math.sqrt(60)
    assert abs(u.mean()) < 6 * u.std() / math.sqrt(60)
    assert v.mean() > 6 * v.std() / math.sqrt(60)  # "no bias" would be refuted


def test_gradients_are_right():
    x = torch.randn(4, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    y = torch.randn(5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1), requires_grad=True)
    assert torch.autograd.gradcheck(lambda a, b: mmd_squared(a, b, 1.5), (x, y))
    assert torch.autograd.gradcheck(lambda a, b: mmd_squared(a, b, 1.5, statistic="U"), (x, y))


def test_wrong_arguments_are_refused():
    x = torch.zeros(3, 2)
    with pytest.raises(InputError, match="as many columns"):
        mmd_squared(x, torch.zeros(3, 4), 1.0)
    with pytest.raises(InputError, match="at least 2 rows"):
        mmd_squared(x, x[:1], 1.0, statistic="U")
    with pytest.raises(OptionError, match="statistic='W'"):
        mmd_squared(x, x, 1.0, statistic="W")
    with pytest.raises(OptionError, match="width=0"):
        mmd_squared(x, x, 0.0)
    with pytest.raises(InputError, match="give as many"):
        expected_kernel([0.0], 1.0, [0.0, 0.0], 1.0, 1.0)
